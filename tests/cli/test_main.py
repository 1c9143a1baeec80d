import errno
import json
import sys
import types
from dataclasses import dataclass

import pytest

from tfgait.cli import commands, main
from tfgait.core.errors import Unfinished, UserError


@dataclass(frozen=True)
class Options:
    """Options.

    Args:
        fail: how.
    """

    fail: str = ""


@dataclass(frozen=True)
class Result:
    run: str
    score: float


FAILURES = {
    "user": UserError("folder must exist.\nReceived: x."),
    "unfinished": Unfinished("run this on the board", Result("half", 1.0)),
    "stopped": KeyboardInterrupt(),
    "full": OSError(errno.ENOSPC, "No space left on device", "/x/model.keras"),
    "ours": ZeroDivisionError("oops"),
}


def work(options, progress=None):
    if options.fail:
        raise FAILURES[options.fail]
    return Result("runs/x", float("nan"))


@pytest.fixture(autouse=True)
def command(monkeypatch):
    module = types.ModuleType("made_up")
    module.work, module.Options = work, Options
    monkeypatch.setitem(sys.modules, "made_up", module)
    monkeypatch.setitem(commands.COMMANDS, "made_up", commands.Command("made_up:work", "Options", "do it", ""))


def ended(*argv, name="made_up"):
    with pytest.raises(SystemExit) as left:
        main.run(name, list(argv))
    return left.value.code


def test_the_last_line_is_json_without_nan(capsys):
    assert ended() == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"run": "runs/x", "score": None}


@pytest.mark.parametrize(
    ("fail", "code", "words"),
    [
        ("user", 2, "folder must exist. Received: x."),
        ("stopped", 130, "Ctrl-C"),
        ("full", 2, "No space left on device"),
    ],
)
def test_a_failure_is_one_line_and_its_code(capsys, fail, code, words):
    assert ended("--fail", fail) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err and captured.err.count("\n") == 1 and "Traceback" not in captured.err


def test_what_could_be_done_is_told_beside_what_is_left(capsys):
    assert ended("--fail", "unfinished") == 3
    captured = capsys.readouterr()
    assert "run this on the board" in captured.err
    assert json.loads(captured.out.splitlines()[-1])["run"] == "half"


def test_our_own_faults_keep_their_traceback():
    with pytest.raises(ZeroDivisionError):
        main.run("made_up", ["--fail", "ours"])


def test_an_unknown_command_names_the_nearest(capsys):
    assert ended(name="mad_up") == 2
    assert "Did you mean 'made_up'" in capsys.readouterr().err


def test_every_command_has_documented_options():
    import importlib
    from dataclasses import fields

    from tfgait.cli.arguments import _documented

    for name, entry in commands.COMMANDS.items():
        module = importlib.import_module(entry.workflow.partition(":")[0])
        options = getattr(module, entry.options)
        documented = _documented(options)
        assert {f.name for f in fields(options)} <= set(documented), name
        assert options() == options()


def test_every_example_is_understood():
    import importlib

    from tfgait.cli.arguments import parse

    for name, entry in commands.COMMANDS.items():
        module = importlib.import_module(entry.workflow.partition(":")[0])
        parse(getattr(module, entry.options), entry.example.split(), name, entry.summary, entry.example)
