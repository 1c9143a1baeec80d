"""Every network has its presets, and every preset can be built."""

import ast
from pathlib import Path

import pytest

import tfgait
from tfgait.core.errors import ConfigError
from tfgait.nets import NETWORKS, build
from tfgait.nets.presets import PRESETS

SMALL = [p for p in PRESETS if p not in NETWORKS]


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_has_a_published_a_small_and_a_tiny_preset(network):
    assert PRESETS[network] == (network, {})
    assert PRESETS[f"{network}_small"][0] == PRESETS[f"{network}_tiny"][0] == network


@pytest.mark.parametrize("preset", SMALL)
def test_small_presets_are_small(preset):
    network = build(preset)
    assert network.name == PRESETS[preset][0]
    assert network.count_params() < (5_000 if preset.endswith("tiny") else 700_000)


def test_changes_go_before_the_preset():
    network = build("gaitset_tiny", embedding=5, widths={"frame1": 3})
    assert network.output["embedding"].shape[-1] == 5
    widths = network.get_config()["widths"]
    assert widths["frame1"] == 3 and widths["frame2"] == PRESETS["gaitset_tiny"][1]["widths"]["frame2"]


def test_names_the_nearest_right_one():
    with pytest.raises(ConfigError, match="Did you mean 'gaitset_tiny'"):
        build("gaitset_tini")
    with pytest.raises(ConfigError, match="Did you mean 'embedding'"):
        build("gaitset", embeding=3)
    with pytest.raises(ConfigError, match="Did you mean 'frame1'"):
        build("gaitset", widths={"fram1": 3})


@pytest.mark.parametrize("room", ["layers", "losses", "nets"])
def test_rooms_import_no_backend(room):
    for file in (Path(tfgait.__file__).parent / room).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            roots = {n.partition(".")[0] for n in names}
            assert not roots & {"tensorflow", "jax", "torch", "numpy"}, f"{file.name} imports {roots}"
