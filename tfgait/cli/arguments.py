"""A dataclass of options as command-line flags and a YAML file: defaults < `--config` < flags."""

import dataclasses
import re
import typing

import jsonargparse

from tfgait.cli.published_flags import REFUSED, RENAMED
from tfgait.core.errors import ConfigError, nearest
from tfgait.core.recipes import recipe_path


def parse(options, argv, prog, summary, example, command=""):
    """Return an instance of the dataclass `options` from arguments.

    Flags may be written with hyphen or underscore; lists with commas; a boolean field `x` is `--x` or `--no_x`.
    `--config` takes a file or the name of a recipe. Of `command`, flags that Embedded-Gait has and this toolkit has
    not are refused with the reason, those of another name here are taken as that one.

    Raises:
        ConfigError: an unknown flag or key, or a value of the wrong type; the nearest right one is named.
    """
    known = [field.name for field in dataclasses.fields(options)]
    parser = _parser(options, prog, summary, example)
    renamed = RENAMED.get(command, {})
    argv = _config_first([_renamed(_underscored(a), renamed) for a in argv])
    try:
        namespace = parser.parse_args(argv)
    except jsonargparse.ArgumentError as error:
        raise ConfigError(_one_line(error, argv, known, REFUSED.get(command, {}))) from error
    return options(**{name: namespace[name] for name in known})


def _parser(options, prog, summary, example):
    parser = jsonargparse.ArgumentParser(
        prog=prog,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"example: {prog} {example}",
        exit_on_error=False,
        formatter_class=jsonargparse.DefaultHelpFormatter,
    )
    parser.add_argument("--config", action="config", help="YAML file of these options, or a recipe; flags override")
    texts = _documented(options)
    types = typing.get_type_hints(options)
    for field in dataclasses.fields(options):
        kind = {"help": texts.get(field.name, ""), "default": field.default}
        if types[field.name] in (bool, bool | None):
            kind["action"] = jsonargparse.ActionYesNo
        elif typing.get_origin(types[field.name]) is tuple:
            kind["type"] = _ListOf(typing.get_args(types[field.name])[0])
        else:
            kind["type"] = types[field.name]
        parser.add_argument(f"--{field.name}", **kind)
    return parser


def _documented(options):
    """Read `name: text` entries below ``Args:`` of the class docstring."""
    block = (options.__doc__ or "").partition("Args:")[2]
    entries = re.findall(r"^\s+(\w+): (.+(?:\n(?!\s+\w+: ).+)*)", block, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


class _ListOf:
    """Turn ``a,b`` or a YAML list into a tuple; the help shows it by its representation."""

    def __init__(self, kind):
        self._kind = kind

    def __call__(self, value):
        parts = value if isinstance(value, (list, tuple)) else str(value).strip("[]()").split(",")
        return tuple(self._kind(str(part).strip()) for part in parts if str(part).strip())

    def __repr__(self):
        return f"{self._kind.__name__}, with commas"


def _underscored(argument):
    if not argument.startswith("--"):
        return argument
    name, equals, value = argument.partition("=")
    return "--" + name[2:].replace("-", "_") + equals + value


def _renamed(argument, names):
    flag, equals, value = argument.partition("=")
    return f"--{names[flag[2:]]}{equals}{value}" if flag[2:] in names and flag.startswith("--") else argument


def _config_first(argv):
    """Move ``--config file`` to the front, so that flags override it wherever they stand; a recipe becomes its file."""
    first, rest = [], list(argv)
    for i, argument in enumerate(argv):
        if argument == "--config":
            first, rest = [argument, *map(recipe_path, argv[i + 1 : i + 2])], argv[:i] + argv[i + 2 :]
        elif argument.startswith("--config="):
            first, rest = ["--config", recipe_path(argument.partition("=")[2])], argv[:i] + argv[i + 1 :]
    return first + rest


def _one_line(error, argv, known, refused):
    text = " ".join(str(error).split())
    flags = [a[2:].partition("=")[0] for a in argv if a.startswith("--")]
    admitted = {*known, "config", "help", *(f"no_{k}" for k in known)}
    unknown = [f for f in flags if f not in admitted] or re.findall(r"Option '([\w.]+)' is not accepted", text)
    if unknown and unknown[0] in refused:
        return f"--{unknown[0]} of Embedded-Gait is not taken here: {refused[unknown[0]]}"
    if unknown:
        return f"no option is called --{unknown[0]}.{nearest(unknown[0], known)}"
    return text.partition(" Got value")[0] if len(text) > 500 else text
