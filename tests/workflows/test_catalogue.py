import subprocess
import sys

from tfgait.compress import CRITERIA
from tfgait.workflows.catalogue import CatalogueOptions, catalogue
from tfgait.workflows.sanity import SanityOptions, sanity


def test_the_catalogue_names_what_commands_take():
    found = catalogue(CatalogueOptions())
    assert {"cnn2d", "cnn3d", "gaitset"} <= set(found.networks)
    assert found.presets["gaitset_walkers"] == "gaitset"
    assert found.datasets["casia_b"]["splits"][0] == "74/50"
    assert found.criteria["l1"] == "mean of its absolute weights" and list(found.criteria) == list(CRITERIA)
    assert {"fp32", "dynamic", "int8"} == set(found.formats["tflite"])


def test_listing_names_imports_nothing_heavy():
    code = (
        "import sys; from tfgait.workflows.catalogue import CatalogueOptions, catalogue; catalogue(CatalogueOptions());"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_step_of_every_network_lowers_its_loss():
    found = sanity(SanityOptions())
    assert {n["preset"] for n in found.networks} == {"cnn2d_tiny", "cnn3d_tiny", "cnn2plus1d_tiny", "gaitset_tiny"}
    for network in found.networks:
        assert network["loss_after"] < network["loss_before"], network
    assert "CPU" in found.devices and found.extras["train"] == []
