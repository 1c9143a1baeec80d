import fake_gpu
import pytest

from tfgait.core.errors import DataError
from tfgait.deploy import tensorrt, trtexec
from tfgait.deploy.engine import engine_spec

PORT = ("silhouettes", (None, 30, 16, 12, 1))


@pytest.fixture
def onnx(tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(bytes(200))
    return path


def built(version, onnx, tmp_path, **options):
    numbers = tuple(int(part) for part in version.split("."))
    timing = options.pop("timing_cache", None)
    cache = options.pop("cache", None)
    spec, engine = engine_spec(version=numbers, **options), tmp_path / "m.engine"
    facts = tensorrt.build_engine(tensorrt.Tool("", numbers), spec, onnx, engine, PORT, cache, timing)
    return engine.read_bytes(), facts


@pytest.mark.parametrize("version", ["8.2.1", "8.6.1", "10.3.0", "11.4.1"])
def test_engine_is_built_for_this_machine(onnx, tmp_path, monkeypatch, version):
    _, trt = fake_gpu.install(monkeypatch, version)
    content, facts = built(version, onnx, tmp_path, workspace=64, batch=(1, 2, 4))
    assert content.endswith(bytes(200))
    assert facts == {"gpu": "NVIDIA Tegra X1", "capability": "5.3", "tensorrt": version}
    assert trt.told.flags == ([] if version == "11.4.1" else ["FP16"])
    assert list(trt.told.settings.values()) == [64 << 20]
    assert trt.told.profiles[0].shapes == {"silhouettes": [(size, 30, 16, 12, 1) for size in (1, 2, 4)]}


def test_accelerator_is_chosen_and_the_cache_is_read(onnx, tmp_path, monkeypatch):
    _, trt = fake_gpu.install(monkeypatch)
    (tmp_path / "m.calib").write_text("TRT-8601-EntropyCalibration2\n")
    built("8.6.1", onnx, tmp_path, precision="int8", dla=1, cache=tmp_path / "m.calib")
    assert trt.told.flags == ["INT8", "FP16", "GPU_FALLBACK"]
    calibrator = trt.told.settings.pop("int8_calibrator")
    assert trt.told.settings == {"default_device_type": "dla", "DLA_core": 1}
    assert calibrator.read_calibration_cache() == b"TRT-8601-EntropyCalibration2\n"
    assert calibrator.get_batch([]) is None


def test_timing_cache_is_read_and_added_to(onnx, tmp_path, monkeypatch):
    fake_gpu.install(monkeypatch)
    for wanted in (b"+", b"++"):
        built("8.6.1", onnx, tmp_path, timing_cache=tmp_path / "caches" / "t.cache")
        assert (tmp_path / "caches" / "t.cache").read_bytes() == wanted


def test_refusals_are_told(onnx, tmp_path, monkeypatch):
    _, trt = fake_gpu.install(monkeypatch)
    monkeypatch.setattr(trt.Builder, "refuses", "Conv_3: no implementation", raising=False)
    with pytest.raises(DataError, match="could not build an engine of .*m.onnx: Conv_3: no implementation"):
        built("8.6.1", onnx, tmp_path)
    onnx.write_bytes(b"short")
    with pytest.raises(DataError, match="cannot read .*m.onnx: Failed to parse"):
        built("8.6.1", onnx, tmp_path)


def test_the_tool_is_trtexec_or_else_python(tmp_path, monkeypatch):
    monkeypatch.setattr(trtexec, "find_trtexec", lambda: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert tensorrt.find_tool() is None
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name == "tensorrt")
    fake_gpu.install(monkeypatch, "8.2.1.8")
    assert tensorrt.find_tool() == tensorrt.Tool("", (8, 2, 1))
    monkeypatch.setattr(trtexec, "find_trtexec", lambda: "/bin/trtexec")
    monkeypatch.setattr(trtexec, "version_of", lambda program: (8, 6, 1))
    assert tensorrt.find_tool().name == "/bin/trtexec"
