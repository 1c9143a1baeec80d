import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.deploy.formats import check_format
from tfgait.deploy.parity import Parity, ParityError, check_parity, compare


def test_lowest_cosine_and_largest_error():
    reference = np.array([[[3.0, 4.0]], [[1.0, 0.0]], [[0.0, 0.0]]])
    candidate = np.array([[[3.0, 4.0]], [[0.6, 0.8]], [[0.0, 0.0]]])
    found = compare(reference, candidate)
    np.testing.assert_allclose([found.cosine, found.max_abs_error, found.largest], [0.6, 0.8, 4.0])
    assert found.sequences == 3


def test_zero_beside_another_is_as_far_as_can_be():
    assert compare(np.zeros((1, 1, 2)), np.ones((1, 1, 2))).cosine == 0


@pytest.mark.parametrize("candidate", [np.ones((2, 1, 3)), np.full((2, 1, 2), np.nan), np.full((2, 1, 2), np.inf)])
def test_what_cannot_be_compared_is_named(candidate):
    with pytest.raises(DataError, match="embeddings to compare"):
        compare(np.ones((2, 1, 2)), candidate)


def test_beyond_tolerance_says_by_how_much():
    with pytest.raises(ParityError, match=r"cosine 0.98 of Keras. Received: 0.900000, 0.080000 too low"):
        check_parity(Parity(0.9, 1.0, 2.0, 5), check_format("tflite", "int8"))
    with pytest.raises(ParityError, match=r"within 0.0002 of Keras. Received: 0.001, 5.0 times"):
        check_parity(Parity(1.0, 0.001, 2.0, 5), check_format("onnx"))
    check_parity(Parity(0.9, 1.0, 2.0, 5), check_format("tflite", "int8"), min_cosine=0.8)
    check_parity(Parity(1.0, 0.0001, 2.0, 5), check_format("onnx"))
