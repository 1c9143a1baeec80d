"""Every flag of Embedded-Gait's commands is taken, or refused with a reason."""

import dataclasses
import importlib

import pytest

from tfgait.cli.arguments import parse
from tfgait.cli.commands import COMMANDS
from tfgait.cli.published_flags import REFUSED, RENAMED
from tfgait.core.errors import ConfigError

TRAIN = (
    "debug use3d freezeall nofreeze dropout lr datadir experdir prefix bs epochs extraepochs nclasses model_version "
    "tdim optimizer mod initnet verbose pruning frequency begin_step target_sparsity pstruc"
)
PUBLISHED = {
    "train_singlenet.py": ("train", f"{TRAIN} ftpruning from3dto2d"),
    "train_singlenet_percentil.py": ("train", TRAIN),
    "gaitset_filters_percentil.py": ("prune", "netpath path percentile margin"),
    "test_singlenet_knn.py": ("test_knn", "use3d allcameras datadir model bs nclasses knn camera mod"),
    "test_knn_gaitset_new.py": (
        "test_knn",
        "use3d allcameras lstm cut reshape_output verbose datadir model bs nclasses knn camera mod metrics nframes "
        "model_version patch_size attention_mode cross_weight",
    ),
    "convert_keras_to_onnx.py": ("export", "model_path_gait name_model model_path_save"),
}


def options_of(command):
    entry = COMMANDS[command]
    return getattr(importlib.import_module(entry.workflow.partition(":")[0]), entry.options)


def read(command, *argv):
    return parse(options_of(command), list(argv), "tfgait x", "do it", "", command)


@pytest.mark.parametrize(
    ("command", "flag"), sorted({(c, f) for c, flags in PUBLISHED.values() for f in flags.split()})
)
def test_every_published_flag_is_an_option_or_refused(command, flag):
    known = {field.name for field in dataclasses.fields(options_of(command))}
    if flag in REFUSED[command]:
        assert flag not in known and flag not in RENAMED.get(command, {})
        for spelled in (flag, flag.replace("_", "-")):
            with pytest.raises(ConfigError) as refused:
                read(command, f"--{spelled}", "1")
            assert REFUSED[command][flag] in str(refused.value) and f"--{flag}" in str(refused.value)
    else:
        assert RENAMED.get(command, {}).get(flag, flag) in known


def test_what_is_refused_or_renamed_was_published():
    published = {(command, flag) for command, flags in PUBLISHED.values() for flag in flags.split()}
    for table in (REFUSED, RENAMED):
        assert {(command, flag) for command, flags in table.items() for flag in flags} <= published


def test_another_name_is_taken_as_that_one():
    asked = read("export", "--model-path-gait", "a.h5", "--model_path_save=b.onnx", "--format", "onnx")
    assert (asked.model, asked.out) == ("a.h5", "b.onnx")
    assert read("prune", "--netpath", "a.h5").model == "a.h5"


def test_other_commands_know_nothing_of_it():
    with pytest.raises(ConfigError, match="no option is called --netpath"):
        read("export", "--netpath", "a.h5")
