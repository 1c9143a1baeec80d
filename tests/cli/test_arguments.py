import dataclasses

import pytest

from tfgait.cli.arguments import parse
from tfgait.core.errors import ConfigError


@dataclasses.dataclass(frozen=True)
class Options:
    """Options.

    Args:
        use3d: take the network over
            time and space.
        percentile: 10 % of them.
        views: some of them.
        seq_per_subject: how many.
    """

    use3d: bool = False
    percentile: float = 10.0
    views: tuple[str, ...] = ()
    seq_per_subject: int = 10


def read(*argv):
    return parse(Options, list(argv), "tfgait x", "do it", "--use3d")


def test_defaults_and_flags():
    assert read() == Options()
    assert read("--use3d", "--views", "000,090", "--percentile=20") == Options(True, 20.0, ("000", "090"))
    assert read("--no_use3d").use3d is False


def test_hyphen_and_underscore_are_one():
    assert read("--seq-per-subject", "3") == read("--seq_per_subject=3") == Options(seq_per_subject=3)


def test_flags_override_the_file_wherever_they_stand(tmp_path):
    file = tmp_path / "x.yaml"
    file.write_text("seq_per_subject: 7\nuse3d: true\nviews: ['018', '036']\n")
    assert read("--seq-per-subject", "3", "--config", str(file)) == Options(True, 10.0, ("018", "036"), 3)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--percentle", "3"], "no option is called --percentle. Did you mean 'percentile'"),
        (["--percentile", "many"], "percentile.*float.*many"),
        (["--percentile"], "expected one argument"),
        (["--config", "absent.yaml"], "absent.yaml"),
        (["stray"], "stray"),
    ],
)
def test_a_wrong_argument_is_one_clear_line(argv, message):
    with pytest.raises(ConfigError, match=message) as raised:
        read(*argv)
    assert "\n" not in str(raised.value)


def test_an_unknown_key_of_a_file_names_the_nearest(tmp_path):
    (tmp_path / "x.yaml").write_text("percentil: 7\n")
    with pytest.raises(ConfigError, match="percentil. Did you mean 'percentile'"):
        read("--config", str(tmp_path / "x.yaml"))


def test_yaml_makes_no_objects(tmp_path):
    (tmp_path / "x.yaml").write_text("percentile: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(ConfigError):
        read("--config", str(tmp_path / "x.yaml"))


def test_help_tells_what_the_docstring_tells(capsys):
    with pytest.raises(SystemExit) as left:
        read("--help")
    text = capsys.readouterr().out
    assert left.value.code == 0
    assert "take the network over" in text and "10 % of them" in text and "example: tfgait x --use3d" in text
