"""What tests of several commands stand on."""

import pytest
from tiny_run import make_run


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory):
    """The folder of a run of a tiny GaitSet in a home of its own."""
    return make_run(tmp_path_factory.mktemp("home"))


@pytest.fixture
def at_home(tiny_folder, monkeypatch):
    """The home of that run is the toolkit's."""
    monkeypatch.setenv("TFGAIT_HOME", str(tiny_folder.parents[1]))
