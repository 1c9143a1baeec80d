import pytest

from tfgait.core.errors import ConfigError
from tfgait.core.table import SequenceTable
from tfgait.datasets import DATASETS
from tfgait.datasets.protocol import Protocol, Split, natural


def table(*subjects):
    return SequenceTable.from_rows([(s, "nm-01", "090", f"{i}", 1, "") for i, s in enumerate(subjects)])


def test_split_by_names_by_share_and_with_somebody_left_out():
    people = table("10", "9", "2", "2", "1")
    assert Split("x", ("1", "9", "77")).subjects(people) == (["1", "9"], ["2", "10"])
    assert Split("x", 0.5).subjects(people) == (["1", "2"], ["9", "10"])
    assert Split("x", 0.5, left_out=("2", "9")).subjects(people) == (["1"], ["10"])
    assert Split("x", 0.0).subjects(people)[0] == [] and Split("x", 1.0).subjects(people)[1] == []
    with pytest.raises(ConfigError, match="share in"):
        Split("x", 1.5)


def test_natural_order():
    assert sorted(["10", "9", "a2", "a10", "", "a", "2b", "02"], key=natural) == [
        "",
        "02",
        "2b",
        "9",
        "10",
        "a",
        "a2",
        "a10",
    ]


@pytest.mark.parametrize("name", list(DATASETS))
def test_every_data_set_has_the_same_parts(name):
    module = DATASETS[name]
    assert callable(module.index) and callable(module.check) and module.MODALITIES and len(module.__doc__) > 200
    assert module.SPLITS and all(key == split.name for key, split in module.SPLITS.items())
    for key, protocol in module.PROTOCOLS.items():
        assert isinstance(protocol, Protocol) and key == protocol.name and protocol.gallery
        # No sequence is probe and gallery at once.
        assert not set(protocol.gallery) & {c for conditions in protocol.probes.values() for c in conditions}
    one_view = hasattr(module, "VIEW")
    assert {p.cross_view for p in module.PROTOCOLS.values()} == ({False} if one_view else {True, False})
