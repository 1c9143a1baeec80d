import subprocess
import sys

import pytest

from tfgait.core.errors import ConfigError
from tfgait.core.registry import Registry


def test_names_resolve_when_used():
    registry = Registry("tool", {"join": "os.path:join", "json": "json", "absent": "no.such.module:X"})
    import json
    import os.path

    assert registry["join"] is os.path.join and registry["json"] is json
    assert list(registry) == ["join", "json", "absent"] and "join" in registry and len(registry) == 3


def test_an_unknown_name_names_the_nearest():
    with pytest.raises(ConfigError, match="network must be one of gaitset.* Did you mean 'gaitset'"):
        Registry("network", {"gaitset": "x:y"})["gaiset"]


@pytest.mark.parametrize("room", ["core", "datasets", "evaluation", "runtime", "preprocess", "synthesis"])
def test_the_light_rooms_import_no_tensorflow(room):
    code = (
        f"import importlib, pkgutil, sys, tfgait.{room} as room\n"
        "for m in pkgutil.walk_packages(room.__path__, room.__name__ + '.'): importlib.import_module(m.name)\n"
        "assert not {'tensorflow', 'keras', 'tf_keras'} & set(sys.modules), 'a framework was imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
