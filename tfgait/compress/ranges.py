"""The ranges that quantisation-aware training leaves beside a network."""

from tfgait.compress.fake_quantised import FakeQuantised
from tfgait.core.errors import ConfigError, DataError
from tfgait.core.files import read_json


def with_ranges(network, path):
    """Return the `FakeQuantised` of a network with the ranges of a file.

    Args:
        network: the plain network that was trained with them.
        path: of the ``ranges.json`` beside it, ``{tensor: [low, high]}``.

    Raises:
        DataError: the file is damaged, a range in it is none, or they belong to another network.
        ConfigError: the network has a layer that int8 training does not know.
    """
    record = read_json(path)
    if not isinstance(record, dict) or not all(_is_range(value) for value in record.values()):
        raise DataError(f"{path} is damaged: it must hold two numbers, low and high, for each tensor.")
    quantised = FakeQuantised(network)
    try:
        quantised.ranges = record
    except ConfigError as error:
        raise DataError(f"{path} does not fit its network. {error}") from error
    return quantised


def _is_range(value):
    return isinstance(value, list) and len(value) == 2 and all(type(end) in (int, float) for end in value)
