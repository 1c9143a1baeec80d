"""ONNX to a TensorRT engine by TensorRT's Python, of version 8.2 to 11."""

from pathlib import Path

from tfgait.core.errors import DataError
from tfgait.core.files import whole_file
from tfgait.deploy.trtexec import MEMORY_POOLS
from tfgait.runtime.cuda import Cuda
from tfgait.runtime.tensorrt import logger_of

FLAGS = {"fp32": (), "fp16": ("FP16",), "int8": ("INT8", "FP16"), "best": ("INT8", "FP16")}


def build(spec, onnx, port, calibration=None, timing_cache=None):
    """Return (bytes of an engine, ``{"gpu", "capability", "tensorrt"}``), as of `build_engine`.

    Raises:
        ConfigError: there is no GPU.
        DataError: TensorRT cannot read the file, or cannot build an engine of it.
    """
    import tensorrt as trt

    cuda = Cuda()
    logger = logger_of(trt)
    builder = trt.Builder(logger)
    # Gone in TensorRT 11, which knows nothing else.
    explicit = getattr(trt.NetworkDefinitionCreationFlag, "EXPLICIT_BATCH", None)
    network = builder.create_network(0 if explicit is None else 1 << int(explicit))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(Path(onnx).read_bytes()):
        raise DataError(f"TensorRT cannot read {onnx}: {parser.get_error(0)}")
    config = builder.create_builder_config()
    _configure(trt, config, spec)
    if spec.free_batch:
        name, shape = port
        profile = builder.create_optimization_profile()
        profile.set_shape(name, *((size, *shape[1:]) for size in spec.batch))
        config.add_optimization_profile(profile)
    if spec.calibrated:
        config.int8_calibrator = _reader_of(trt, Path(calibration).read_bytes())
    cache = _timing_cache(config, timing_cache) if timing_cache else None
    built = builder.build_serialized_network(network, config)
    if built is None:
        raise DataError(f"TensorRT could not build an engine of {onnx}: {logger.last or 'it said nothing'}")
    if cache is not None:
        with whole_file(timing_cache) as temporary:
            temporary.write_bytes(bytes(cache.serialize()))
    return bytes(built), {"gpu": cuda.name, "capability": cuda.capability, "tensorrt": trt.__version__}


def _configure(trt, config, spec):
    for flag in () if spec.typed else FLAGS[spec.precision]:
        config.set_flag(getattr(trt.BuilderFlag, flag))
    if spec.workspace and spec.version >= MEMORY_POOLS:
        config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, spec.workspace << 20)
    elif spec.workspace:
        config.max_workspace_size = spec.workspace << 20
    if spec.dla >= 0:
        config.default_device_type = trt.DeviceType.DLA
        config.DLA_core = spec.dla
        config.set_flag(trt.BuilderFlag.GPU_FALLBACK)


def _timing_cache(config, path):
    path = Path(path)
    cache = config.create_timing_cache(path.read_bytes() if path.is_file() else b"")
    config.set_timing_cache(cache, ignore_mismatch=False)
    return cache


def _reader_of(trt, content):
    """Return a calibrator that has nothing but a finished cache."""

    class Reader(trt.IInt8EntropyCalibrator2):
        def get_batch_size(self):
            return 1

        def get_batch(self, names):
            return None

        def read_calibration_cache(self):
            return content

        def write_calibration_cache(self, cache):
            return None

    return Reader()
