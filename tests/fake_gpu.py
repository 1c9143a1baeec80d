"""A GPU and a TensorRT that are not there: memory is bytes, an engine is its ONNX file, run on the CPU."""

import ctypes
import enum
import json
import sys
from types import ModuleType, SimpleNamespace

import numpy as np

MAGIC = b"ENGINE"
NAME, CAPABILITY = "NVIDIA Tegra X1", (5, 3)


class Driver:
    """libcuda.so.1 with one device; `calls` names what was called, `memory` is {address: bytes}."""

    def __init__(self, room=1 << 30):
        self.calls, self.memory, self.failing, self._room, self._next = [], {}, {}, room, 4096

    def __getattr__(self, name):
        work = getattr(type(self), f"do_{name}", lambda *arguments: None)

        def call(*arguments):
            self.calls.append(name)
            return self.failing.get(name) or work(self, *arguments) or 0

        return call

    def do_cuStreamCreate(self, stream, flags):
        stream._obj.value = 77

    def do_cuDeviceGetName(self, text, size, device):
        assert size.value <= len(text)
        text.value = NAME.encode()

    def do_cuDeviceGetAttribute(self, value, which, device):
        value._obj.value = CAPABILITY[{75: 0, 76: 1}[which.value]]

    def do_cuMemAlloc_v2(self, address, size):
        assert isinstance(size, ctypes.c_size_t)
        if size.value + sum(map(len, self.memory.values())) > self._room:
            return 2
        address._obj.value = self._next
        self.memory[self._next] = bytearray(size.value)
        self._next += 1 << 32  # beyond what an int of C holds
        return 0

    def do_cuMemFree_v2(self, address):
        del self.memory[address.value]

    def do_cuMemcpyHtoD_v2(self, address, source, size):
        assert size.value <= len(self.memory[address.value])
        self.memory[address.value][: size.value] = ctypes.string_at(source.value, size.value)

    def do_cuMemcpyDtoH_v2(self, target, address, size):
        assert self.calls[-2] == "cuStreamSynchronize" or "cuMemcpyDtoH_v2" in self.calls[-3:]
        assert size.value <= len(self.memory[address.value])
        ctypes.memmove(target.value, bytes(self.memory[address.value][: size.value]), size.value)

    def do_cuGetErrorString(self, status, text):
        text._obj.value = {2: b"out of memory", 100: b"no CUDA-capable device is detected"}[status.value]


class Types(enum.Enum):
    FLOAT, HALF, INT8, INT32, BOOL = range(5)


class Engine:
    """What both interfaces of TensorRT look at."""

    def __init__(self, driver, content, kind=Types.FLOAT):
        import onnxruntime

        header, _, onnx = content[len(MAGIC) :].partition(b"\n")
        self.profile, self.kind, self.driver = json.loads(header)["profile"], kind, driver
        self.session = onnxruntime.InferenceSession(onnx)
        self.ports = [*self.session.get_inputs(), *self.session.get_outputs()]
        self.inputs = [port.name for port in self.session.get_inputs()]

    def shape(self, i):
        return tuple(n if isinstance(n, int) else -1 for n in self.ports[i].shape)

    def range(self, name):
        return self.profile[name]

    def create_execution_context(self):
        return Context(self)


class Named(Engine):
    """TensorRT from 8.5 on."""

    @property
    def num_io_tensors(self):
        return len(self.ports)

    def get_tensor_name(self, i):
        return self.ports[i].name

    def get_tensor_mode(self, name):
        return "in" if name in self.inputs else "out"

    def get_tensor_shape(self, name):
        return self.shape([port.name for port in self.ports].index(name))

    def get_tensor_dtype(self, name):
        return self.kind

    def get_tensor_profile_shape(self, name, profile):
        assert profile == 0
        return self.range(name)


class Numbered(Engine):
    """TensorRT before 8.5."""

    @property
    def num_bindings(self):
        return len(self.ports)

    def get_binding_name(self, i):
        return self.ports[i].name

    def binding_is_input(self, i):
        return self.ports[i].name in self.inputs

    def get_binding_shape(self, i):
        return self.shape(i)

    def get_binding_dtype(self, i):
        return self.kind

    def get_profile_shape(self, profile, i):
        assert profile == 0
        return self.range(self.ports[i].name)


class Context:
    def __init__(self, engine):
        self.engine, self.shapes, self.addresses = engine, {}, {}

    def set_input_shape(self, name, shape):
        least, _, most = self.engine.profile.get(name, [shape] * 3)
        assert least[0] <= shape[0] <= most[0]
        self.shapes[name] = shape
        return True

    def set_binding_shape(self, i, shape):
        return self.set_input_shape(self.engine.ports[i].name, shape)

    def set_tensor_address(self, name, address):
        self.addresses[name] = address
        return True

    def execute_async_v2(self, bindings, stream):
        self.addresses = {port.name: at for port, at in zip(self.engine.ports, bindings, strict=True)}
        return self.execute_async_v3(stream)

    def execute_async_v3(self, stream):
        assert stream == 77
        memory, given = self.engine.driver.memory, {}
        for name, shape in self.shapes.items():
            size = 4 * int(np.prod(shape))
            given[name] = np.frombuffer(bytes(memory[self.addresses[name]][:size]), np.float32).reshape(shape)
        self.engine.driver.calls.append(f"launch {self.shapes[self.engine.inputs[0]][0]}")
        for port, value in zip(self.engine.session.get_outputs(), self.engine.session.run(None, given), strict=True):
            memory[self.addresses[port.name]][: value.nbytes] = value.tobytes()
        return True


def engine_of(onnx, profile=None):
    """Return the bytes of an engine of an ONNX file's bytes; `profile` is {input: [smallest, usual, largest shape]}."""
    return MAGIC + json.dumps({"profile": profile or {}}).encode() + b"\n" + onnx


def tensorrt(driver, version="8.6.1", kind=Types.FLOAT):
    """Return TensorRT's Python of that version; what a builder was told stands in `told`."""
    trt = ModuleType("tensorrt")
    numbers = tuple(int(part) for part in version.split("."))[:2]
    trt.__version__, trt.told = version, SimpleNamespace(flags=[], settings={}, profiles=[])

    class ILogger:
        class Severity(enum.Enum):
            INTERNAL_ERROR, ERROR, WARNING = range(3)

        def __init__(self):
            pass

    class Runtime:
        def __init__(self, logger):
            self.logger = logger

        def deserialize_cuda_engine(self, content):
            driver.calls.append("deserialise")
            if not content.startswith(MAGIC):
                self.logger.log(ILogger.Severity.ERROR, "magic tag does not match")
                return None
            return (Named if numbers >= (8, 5) else Numbered)(driver, content, kind)

    trt.ILogger, trt.Runtime = ILogger, Runtime
    trt.TensorIOMode = SimpleNamespace(INPUT="in", OUTPUT="out")
    _add_builder(trt, numbers)
    return trt


def _add_builder(trt, numbers):
    told = trt.told

    class Config:
        def __init__(self):
            self.__dict__["made"] = True

        def __setattr__(self, name, value):
            assert name != "max_workspace_size" or numbers < (8, 4)
            told.settings[name] = value

        def set_flag(self, flag):
            told.flags.append(flag)

        def set_memory_pool_limit(self, pool, size):
            assert numbers >= (8, 4)
            told.settings[pool] = size

        def create_timing_cache(self, content):
            return SimpleNamespace(serialize=lambda: content + b"+")

        def set_timing_cache(self, cache, ignore_mismatch):
            told.settings["timing_cache"] = cache

        def add_optimization_profile(self, profile):
            told.profiles.append(profile)

    class Builder:
        refuses = ""

        def __init__(self, logger):
            self.logger = logger

        def create_network(self, flags):
            assert flags == (1 if numbers < (11,) else 0)
            return SimpleNamespace()

        def create_builder_config(self):
            return Config()

        def create_optimization_profile(self):
            return Profile()

        def build_serialized_network(self, network, config):
            if Builder.refuses:
                self.logger.log(trt.ILogger.Severity.ERROR, Builder.refuses)
                return None
            profile = {name: shapes for made in told.profiles for name, shapes in made.shapes.items()}
            return engine_of(network.onnx, profile)

    class Profile:
        def __init__(self):
            self.shapes = {}

        def set_shape(self, name, least, usual, most):
            self.shapes[name] = [least, usual, most]

    class OnnxParser:
        def __init__(self, network, logger):
            self.network = network

        def parse(self, content):
            self.network.onnx = content
            return len(content) > 100

        def get_error(self, i):
            return "Failed to parse the model"

    trt.Builder, trt.OnnxParser = Builder, OnnxParser
    flags = ["GPU_FALLBACK", *(["FP16", "INT8"] if numbers < (11,) else [])]
    trt.BuilderFlag = SimpleNamespace(**{flag: flag for flag in flags})
    trt.NetworkDefinitionCreationFlag = SimpleNamespace(**({"EXPLICIT_BATCH": 0} if numbers < (11,) else {}))
    trt.MemoryPoolType, trt.DeviceType = SimpleNamespace(WORKSPACE="workspace"), SimpleNamespace(DLA="dla")
    trt.IInt8EntropyCalibrator2 = type("IInt8EntropyCalibrator2", (), {})


def install(monkeypatch, version="8.6.1", driver=None, kind=Types.FLOAT):
    """Let this process find the GPU and that TensorRT; return (driver, TensorRT's module)."""
    driver = driver or Driver()
    trt = tensorrt(driver, version, kind)
    monkeypatch.setitem(sys.modules, "tensorrt", trt)
    monkeypatch.setattr("tfgait.runtime.cuda.ctypes.CDLL", lambda name: driver)
    return driver, trt
