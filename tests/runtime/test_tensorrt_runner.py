import gc
import json

import fake_gpu
import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.files import file_hash
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.sidecar import sidecar_path

SHAPE = (30, 16, 12, 1)
OLD_AND_NEW = ("8.2.1.8", "8.6.1", "10.3.0")


@pytest.fixture
def engine(written, tmp_path):
    """An engine of a batch of one."""
    path = tmp_path / "model.engine"
    path.write_bytes(fake_gpu.engine_of(written.paths["onnx", "fp32"].read_bytes()))
    return path


@pytest.fixture(scope="module")
def free(written, tmp_path_factory):
    """An engine that takes batches of 2 to 3."""
    from tfgait.deploy.artefact import export_network
    from tfgait.deploy.formats import check_format

    folder = tmp_path_factory.mktemp("free")
    export_network(written.network, folder / "m.onnx", check_format("onnx"), written.sequences, batch=0)
    profile = {"silhouettes": [[size, *SHAPE] for size in (2, 2, 3)]}
    (folder / "m.engine").write_bytes(fake_gpu.engine_of((folder / "m.onnx").read_bytes(), profile))
    return folder / "m.engine"


def describe(path, **built):
    facts = {"gpu": fake_gpu.NAME, "capability": "5.3", "tensorrt": "8.6.1", "tool": "trtexec"} | built
    record = {"bytes": path.stat().st_size, "sha256": file_hash(path), "engine": facts}
    sidecar_path(path).write_text(json.dumps(record))


@pytest.mark.parametrize("version", OLD_AND_NEW)
def test_engine_gives_the_embeddings_of_keras(written, engine, monkeypatch, version):
    driver, _ = fake_gpu.install(monkeypatch, version)
    runner = open_runner(engine, threads=2)
    assert runner.inputs["silhouettes"].shape == (1, *SHAPE)
    np.testing.assert_allclose(Encoder(runner).encode(written.sequences), written.reference, atol=1e-5)
    assert len(driver.memory) == 2


@pytest.mark.parametrize("version", OLD_AND_NEW)
def test_free_batch_is_run_within_its_limits(written, free, monkeypatch, version):
    driver, _ = fake_gpu.install(monkeypatch, version)
    runner = open_runner(free)
    assert runner.inputs["silhouettes"].shape == (None, *SHAPE)
    found = Encoder(runner, batch=4).encode(written.sequences)
    np.testing.assert_allclose(found, written.reference, atol=1e-5)
    # 6 sequences, 4 at a time: 3 and 1, filled up to the smallest batch, then 2.
    assert [call for call in driver.calls if call.startswith("launch")] == ["launch 3", "launch 2", "launch 2"]
    assert [len(memory) for memory in driver.memory.values()] == [
        3 * 30 * 16 * 12 * 4,
        3 * written.reference[0].size * 4,
    ]


def test_work_goes_up_runs_and_comes_down(engine, monkeypatch):
    driver, _ = fake_gpu.install(monkeypatch)
    runner = open_runner(engine)
    driver.calls.clear()
    runner.run({"silhouettes": np.zeros((1, *SHAPE))})
    assert driver.calls == [
        "cuCtxSetCurrent", "cuMemcpyHtoD_v2", "launch 1", "cuStreamSynchronize", "cuMemcpyDtoH_v2",
    ]  # fmt: skip


def test_memory_is_given_back(engine, monkeypatch):
    driver, _ = fake_gpu.install(monkeypatch)
    runner = open_runner(engine)
    assert driver.memory
    del runner
    gc.collect()
    assert driver.memory == {}


@pytest.mark.parametrize(
    ("built", "told"),
    [
        ({}, None),
        ({"gpu": ""}, None),
        ({"gpu": "Orin", "capability": "8.7"}, "for Orin .8.7.. Received: TensorRT 8.6.1 on NVIDIA Tegra X1 .5.3."),
        ({"tensorrt": "10.3.0"}, "by TensorRT 10.3.0"),
    ],
)
def test_engine_of_another_machine_is_refused_before_it_is_loaded(engine, monkeypatch, built, told):
    driver, _ = fake_gpu.install(monkeypatch, "8.6.1.6")
    describe(engine, **built)
    if told is None:
        open_runner(engine)
    else:
        with pytest.raises(DataError, match=told.replace("8.6.1 on", "8.6.1.6 on")):
            open_runner(engine)
        assert "deserialise" not in driver.calls


def test_damaged_engine_is_named(engine, monkeypatch):
    fake_gpu.install(monkeypatch)
    engine.write_bytes(b"x" + engine.read_bytes())
    with pytest.raises(DataError, match="model.engine cannot be loaded by TensorRT 8.6.1: magic tag does not match"):
        open_runner(engine)
    describe(engine)
    engine.write_bytes(engine.read_bytes()[:-1])
    with pytest.raises(DataError, match="not the file its sidecar describes"):
        open_runner(engine)


def test_sidecar_of_something_else_is_named(engine, monkeypatch):
    fake_gpu.install(monkeypatch)
    describe(engine)
    record = json.loads(sidecar_path(engine).read_text())
    sidecar_path(engine).write_text(json.dumps(record | {"engine": ["Orin"]}))
    with pytest.raises(DataError, match="has a sidecar whose engine is none. Received: .'Orin'."):
        open_runner(engine)


def test_types_that_no_network_has_are_named(engine, monkeypatch):
    fake_gpu.install(monkeypatch, kind=fake_gpu.Types.BOOL)
    with pytest.raises(DataError, match="silhouettes of type BOOL"):
        open_runner(engine)


def test_a_gpu_that_is_full_is_named(engine, monkeypatch):
    fake_gpu.install(monkeypatch, driver=fake_gpu.Driver(room=1000))
    with pytest.raises(DataError, match="no room"):
        open_runner(engine)


def test_what_is_missing_is_named(engine, monkeypatch):
    fake_gpu.install(monkeypatch)
    with pytest.raises(ConfigError, match="threads"):
        open_runner(engine, threads=0)
    monkeypatch.setitem(__import__("sys").modules, "tensorrt", None)
    with pytest.raises(ConfigError, match="needs TensorRT's Python"):
        open_runner(engine)
