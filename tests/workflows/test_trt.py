import json
import os
import subprocess
import sys

import fake_gpu
import pytest

from tfgait.core.errors import ConfigError, DataError, Unfinished
from tfgait.core.files import file_hash
from tfgait.deploy.examples import examples_path, read_examples, write_examples
from tfgait.deploy.parity import ParityError
from tfgait.runtime.sidecar import read_sidecar, sidecar_path
from tfgait.workflows.trt import TrtOptions, convert

# Builds what `fake_gpu` runs, and says what a real one says of its machine.
TRTEXEC = f"""#!{sys.executable}
import json, sys
given = dict(a[2:].partition("=")[::2] for a in sys.argv[1:])
print("&&&& RUNNING TensorRT.trtexec [TensorRT v8601] # trtexec")
if "saveEngine" in given:
    print("[I] Selected Device: {fake_gpu.NAME}\\n[I] Compute Capability: 5.3\\n[I] TensorRT version: 8.6.1")
    shapes = [given[k + "Shapes"].partition(":") for k in ("min", "opt", "max") if k + "Shapes" in given]
    profile = {{shapes[0][0]: [list(map(int, s[2].split("x"))) for s in shapes]}} if shapes else {{}}
    onnx = open(given["onnx"], "rb").read()
    open(given["saveEngine"], "wb").write(b"ENGINE" + json.dumps({{"profile": profile}}).encode() + b"\\n" + onnx)
if "loadEngine" in given:
    import numpy, onnxruntime
    engine = open(given["loadEngine"], "rb").read().partition(b"\\n")[2]
    name, _, file = given["loadInputs"].partition(":")
    shape = given.get("shapes", name + ":1x30x16x12x1").partition(":")[2]
    value = numpy.fromfile(file, numpy.float32).reshape(list(map(int, shape.split("x"))))
    found = onnxruntime.InferenceSession(engine).run(["embedding"], {{name: value}})[0]
    with open(given["exportOutput"], "w") as out:
        values = " , ".join("%g" % number for number in found.ravel())
        out.write('[\\n  {{ "name" : "embedding"\\n  , "values" : [ %s ]\\n  }}\\n]\\n' % values)
"""


@pytest.fixture(autouse=True)
def without_tensorrt(at_home, monkeypatch):
    monkeypatch.setattr("tfgait.deploy.trtexec.find_trtexec", lambda: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)


@pytest.fixture
def trtexec(tmp_path, monkeypatch):
    """TensorRT 8.6.1: `trtexec`, its Python and a GPU."""
    path = tmp_path / "bin" / "trtexec"
    path.parent.mkdir()
    path.write_text(TRTEXEC)
    path.chmod(0o755)
    monkeypatch.setattr("tfgait.deploy.trtexec.find_trtexec", lambda: str(path))
    fake_gpu.install(monkeypatch, "8.6.1")
    return path


@pytest.fixture(scope="module")
def sent(tiny_folder, tmp_path_factory):
    """A folder of what a board gets: a free batch, float32."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFGAIT_HOME", str(tiny_folder.parents[1]))
        patch.setattr("tfgait.deploy.trtexec.find_trtexec", lambda: None)
        patch.setattr("importlib.util.find_spec", lambda name: None)
        folder = tmp_path_factory.mktemp("sent")
        with pytest.raises(Unfinished):
            convert(TrtOptions(batch=(1, 2, 3), out=f"{folder}/"))
    return folder


def copied(sent, folder):
    for file in sent.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder / "model_b1-2-3.onnx"


def test_without_tensorrt_everything_before_it_is_proven(tmp_path):
    options = TrtOptions(precision="int8", dla=0, batch=(2,), trt_version="8.2.1", workspace=64, out=f"{tmp_path}/")
    with pytest.raises(Unfinished, match="TensorRT is not installed here.*run: trtexec --onnx=model_b2_dla") as found:
        convert(options)
    result, stem = found.value.result, tmp_path / "model_b2_dla.onnx"
    assert result.source == str(stem)
    assert result.cosine > 0.99999
    assert result.rank1_drop == 0
    assert (result.file, result.file_cosine) == ("", None)
    assert result.files == [str(stem), f"{stem}.json", f"{stem}.npz", str(tmp_path / "model_b2_dla_trt8201.calib")]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(file.rpartition("/")[2] for file in result.files)
    engine = "model_b2_int8_calibrated_dla0.engine"
    assert result.left == [
        f"scp {' '.join(result.files)} BOARD:",
        f"trtexec --onnx=model_b2_dla.onnx --saveEngine={engine} --int8 --fp16 --calib=model_b2_dla_trt8201.calib "
        "--useDLACore=0 --allowGPUFallback --workspace=64",
        f"trtexec --loadEngine={engine} --useDLACore=0",
        f"tfgait test_knn --model {engine} --datadir data/walks/silhouettes.h5",
    ]
    assert len(result.notes) == 2
    assert "tfgait trt --model=model_b2_dla.onnx --precision=int8 --batch=2 --dla=0 --workspace=64" in result.notes[1]
    assert "TRT-8201-EntropyCalibration2\n" in (tmp_path / "model_b2_dla_trt8201.calib").read_text()


def test_calibration_is_that_of_training_subjects_alone(tmp_path, monkeypatch):
    from tfgait.deploy import calibration

    drawn, whole = [], calibration.draw

    def spy(store, rows, count, seed):
        drawn.append((set(store.table.subject[rows].tolist()), count))
        return whole(store, rows, count, seed)

    monkeypatch.setattr(calibration, "draw", spy)
    for how in ("qdq", "calibrated"):
        options = TrtOptions(precision="int8", int8=how, calibration=2, trt_version="8.6.1", out=f"{tmp_path}/")
        with pytest.raises(Unfinished):
            convert(options)
    assert drawn == [({"002"}, 2)] * 2
    assert read_sidecar(tmp_path / "model_b1_int8.onnx")["precision"] == "int8"
    assert read_sidecar(tmp_path / "model_b1.onnx")["precision"] == "fp32"


@pytest.mark.usefixtures("trtexec")
def test_engine_is_built_run_and_described(tiny_folder, tmp_path):
    result = convert(TrtOptions(out=f"{tmp_path}/"))
    assert result.file == str(tmp_path / "model_b1_fp16.engine")
    assert result.left == []
    assert result.file_cosine > 0.99999 and result.file_max_abs_error < 1e-5
    record = read_sidecar(result.file)
    assert (record["format"], record["precision"], record["batch"], record["dla"]) == ("tensorrt", "fp16", [1], -1)
    machine = {"gpu": "NVIDIA Tegra X1", "capability": "5.3", "tensorrt": "8.6.1"}
    assert machine.items() <= record["engine"].items()
    assert record["made_of_sha256"] == file_hash(tmp_path / "model_b1.onnx")
    assert record["source"]["model_sha256"] == file_hash(tiny_folder / "model.keras")
    assert record["modality"] == "silhouettes"
    assert record["parity"]["cosine"] == result.file_cosine


@pytest.mark.usefixtures("trtexec")
def test_engine_scores_like_every_model_file(tmp_path):
    from tfgait.workflows.evaluate import EvaluateOptions, evaluate

    engine = convert(TrtOptions(out=f"{tmp_path}/")).file
    options = {"datadir": "data/walks", "knn": 1, "people": "all"}
    of_engine = evaluate(EvaluateOptions(model=engine, out=str(tmp_path / "scores"), **options))
    assert of_engine.rank1 == evaluate(EvaluateOptions(out=str(tmp_path / "keras"), **options)).rank1


@pytest.mark.usefixtures("trtexec")
def test_board_builds_it_of_the_files_that_were_sent(sent, tmp_path, monkeypatch):
    monkeypatch.setattr("tfgait.workflows.trt_source.load_with_data", None)
    result = convert(TrtOptions(model=str(copied(sent, tmp_path)), batch=(1, 2, 3)))
    assert result.file == str(tmp_path / "model_b1-2-3_fp16.engine")
    assert result.file_cosine > 0.99999
    assert read_sidecar(result.file)["source"]["model"] == "tiny"


@pytest.mark.usefixtures("trtexec")
def test_engine_that_does_not_agree_is_not_kept(sent, tmp_path):
    onnx = copied(sent, tmp_path)
    sequences, embeddings = read_examples(onnx)
    write_examples(onnx, sequences, embeddings[::-1])
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ParityError, match="tensorrt with precision=fp16 must keep every embedding"):
        convert(TrtOptions(model=str(onnx), batch=(1, 2, 3)))
    assert sorted(tmp_path.iterdir()) == before


BOARD = """
import dataclasses, json, sys
for name in ("tensorflow", "keras", "tensorrt"):
    sys.modules[name] = None
from tfgait.workflows.trt import TrtOptions, convert
print(json.dumps(dataclasses.asdict(convert(TrtOptions(model=sys.argv[1], batch=(1, 2, 3))))))
"""


def test_board_with_trtexec_alone_builds_and_runs_it(sent, trtexec, tmp_path):
    onnx = copied(sent, tmp_path)
    environment = {**os.environ, "PATH": f"{trtexec.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-c", BOARD, onnx], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["file_cosine"] > 0.99999
    # `trtexec` writes six digits.
    assert 0 < result["file_max_abs_error"] < 1e-5
    assert read_sidecar(result["file"])["engine"]["gpu"] == fake_gpu.NAME


def test_tensorrts_python_builds_where_trtexec_is_not(sent, tmp_path, monkeypatch):
    _, trt = fake_gpu.install(monkeypatch, "10.3.0")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name == "tensorrt")
    options = TrtOptions(model=str(copied(sent, tmp_path)), batch=(1, 2, 3), timing_cache=str(tmp_path / "t.cache"))
    assert convert(options).file_cosine > 0.99999
    assert trt.told.flags == ["FP16"]
    assert (tmp_path / "t.cache").is_file()


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": []},
        {"inputs": [{"name": "silhouettes", "dtype": "float32", "shape": [None, 30]}]},
        {"inputs": [{"name": "silhouettes", "dtype": "float32", "shape": [None, 30, "x", 12, 1]}]},
        {"inputs": [{"name": "silhouettes", "dtype": "float32", "shape": [None, -30, 16, 12, 1]}]},
        {"inputs": [{"name": "silhouettes", "dtype": "float32", "shape": [None, 30.5, 16, 12, 1]}]},
        {"inputs": [{"name": "flow", "dtype": "float32", "shape": [None, 30, 16, 12, 1]}]},
        {"parity": {"cosine": float("inf"), "max_abs_error": 0.0, "sequences": 1}},
        {"outputs": [{"name": ["embedding"], "dtype": "float32", "shape": [None, 1, 8]}]},
        {"modality": None},
        {"parity": {"cosine": "1"}},
        {"rank1": {"network": 90.0}},
    ],
)
@pytest.mark.usefixtures("trtexec")
def test_hostile_sidecar_is_named(sent, tmp_path, changes):
    onnx = copied(sent, tmp_path)
    record = json.loads(sidecar_path(onnx).read_text())
    sidecar_path(onnx).write_text(json.dumps(record | changes))
    with pytest.raises(DataError, match="is no sidecar that tfgait wrote for an ONNX file"):
        convert(TrtOptions(model=str(onnx), batch=(1, 2, 3)))


@pytest.mark.usefixtures("trtexec")
def test_files_that_do_not_belong_together_are_named(sent, tmp_path):
    onnx = copied(sent, tmp_path)
    options = {"model": str(onnx), "batch": (1, 2, 3)}
    with pytest.raises(ConfigError, match=r"precision fp32 and batch 2. Received: .* precision fp32 and batch free"):
        convert(TrtOptions(model=str(onnx), batch=(2,)))
    with pytest.raises(ConfigError, match="need an ONNX file of precision int8"):
        convert(TrtOptions(**options, precision="int8"))
    with pytest.raises(DataError, match="must have the calibration cache model_b1-2-3_trt8601.calib beside it"):
        convert(TrtOptions(**options, precision="best"))
    sidecar_path(onnx).unlink()
    with pytest.raises(DataError, match="must have its sidecar model_b1-2-3.onnx.json beside it"):
        convert(TrtOptions(**options))


def test_file_of_another_command_is_named_before_the_board_meets_it(tmp_path):
    from tfgait.workflows.export import ExportOptions, export

    options = {"format": "onnx", "batch": 0, "rank1_sequences": 0}
    plain = export(ExportOptions(**options, out=f"{tmp_path}/plain/")).file
    with pytest.raises(DataError, match="must have its examples model.onnx.npz beside it"):
        convert(TrtOptions(model=plain, batch=(1, 2, 3)))
    free = export(ExportOptions(**options, out=f"{tmp_path}/free/", free_frames=True)).file
    with pytest.raises(ConfigError, match=r"needs fixed frames: .* Received: .*model.onnx, of \[None, None, 16"):
        convert(TrtOptions(model=free, batch=(1, 2, 3)))


@pytest.mark.usefixtures("trtexec")
def test_damaged_files_are_named(sent, tmp_path):
    onnx = copied(sent, tmp_path)
    examples_path(onnx).write_bytes(b"PK")
    with pytest.raises(DataError, match="is not a readable file of examples"):
        convert(TrtOptions(model=str(onnx), batch=(1, 2, 3)))
    onnx.write_bytes(onnx.read_bytes()[:-9])
    with pytest.raises(DataError, match="is not the file its sidecar describes"):
        convert(TrtOptions(model=str(onnx), batch=(1, 2, 3)))


@pytest.mark.usefixtures("trtexec")
def test_another_tensorrt_than_the_one_here_is_refused():
    with pytest.raises(ConfigError, match=r"left out or 8.6.1, the one installed here. Received: trt_version=10.3"):
        convert(TrtOptions(trt_version="10.3"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"engine": "tensorflow"}, "engine must be one of"),
        ({"precision": "fp8"}, "precision must be one of"),
        ({"precision": "fp32", "dla": 0}, "no fp32"),
        ({"batch": (0,)}, "batch=0"),
        ({"calibration": 0}, "calibration=0"),
        ({"sequences": 0}, "sequences=0"),
        ({"trt_version": "ten"}, "trt_version=ten"),
        ({"precision": "best"}, "trt_version must name"),
        ({"engine": "tf-trt", "precision": "best"}, "tf-trt converts"),
        ({"engine": "tf-trt", "batch": (1, 2, 3)}, "batch=1,2,3"),
        ({"engine": "tf-trt", "calibration": 0}, "calibration=0"),
        (
            {"engine": "tf-trt", "dla": 0, "int8": "qdq"},
            "for int8, dla. Received: engine=tf-trt, int8=qdq, dla=0",
        ),
    ],
)
def test_wrong_options_are_named_before_anything_is_loaded(options, told, monkeypatch):
    monkeypatch.setattr("tfgait.workflows.trt_source.load_with_data", None)
    with pytest.raises(ConfigError, match=told):
        convert(TrtOptions(**options))
