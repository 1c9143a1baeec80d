"""What computes in the processor's place, by name; and what is not there."""

import ctypes.util

import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder


@pytest.mark.parametrize("delegate", ["", "xnnpack", "none"])
def test_litert_gives_the_same_with_and_without_xnnpack(written, delegate):
    found = Encoder(open_runner(written.paths["tflite", "fp32"], delegate=delegate)).encode(written.sequences)
    np.testing.assert_allclose(found, written.reference, atol=1e-5)


def test_plain_kernels_are_asked_for_by_name(written, monkeypatch):
    from ai_edge_litert import interpreter

    asked, own = [], interpreter.Interpreter
    monkeypatch.setattr(interpreter, "Interpreter", lambda **given: asked.append(given) or own(**given))
    for delegate in ("", "none"):
        open_runner(written.paths["tflite", "fp32"], threads=2, delegate=delegate)
    plain = interpreter.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    assert [a.get("experimental_op_resolver_type") for a in asked] == [None, plain]
    assert [a["num_threads"] for a in asked] == [2, 2]


def test_library_that_is_absent_or_no_delegate_is_named(written):
    for library in ("libabsent.so", ctypes.util.find_library("c")):
        with pytest.raises(ConfigError, match=rf"xnnpack, none, or the library of one. Received: delegate={library}"):
            open_runner(written.paths["tflite", "fp32"], delegate=library)
    with pytest.raises(ConfigError, match="Did you mean 'xnnpack'"):
        open_runner(written.paths["tflite", "fp32"], delegate="xnpack")


@pytest.mark.parametrize("delegate", ["cpu", "CPU", "CPUExecutionProvider"])
def test_provider_of_onnxruntime(written, delegate):
    found = Encoder(open_runner(written.paths["onnx", "fp32"], delegate=delegate)).encode(written.sequences)
    np.testing.assert_allclose(found, written.reference, atol=1e-5)


def test_provider_that_is_not_there_names_those_that_are(written):
    with pytest.raises(ConfigError, match="delegate must be one of .*cpu.*Received: delegate=cpux. Did you mean 'cpu'"):
        open_runner(written.paths["onnx", "fp32"], delegate="cpux")


def test_other_providers_are_asked_before_the_processor():
    from tfgait.runtime.onnx import _providers

    there = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert _providers(there, "cuda") == there
    assert _providers(there, "") == ["CPUExecutionProvider"]


def test_keras_takes_none(written, tmp_path):
    written.network.save(tmp_path / "model.keras")
    with pytest.raises(ConfigError, match="delegate must be left out for a .keras file"):
        open_runner(tmp_path / "model.keras", delegate="xnnpack")
