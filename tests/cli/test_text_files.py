"""Options that say how a text file is written."""

import shlex

import pytest

from divecast.cli.inputs import read_data
from divecast.cli.settings import read_settings
from divecast.cli.trials import build_model

TEXT = "time#Load, kW#b\n" + "".join(f"{day:02}/01/2024#{day},670#?\n" for day in range(1, 13)) + "13/01/2024#1#2\n"
SAID = ["--sep", "#", "--thousands", ",", "--na", "?", "--time-format", "%d/%m/%Y", "--stamps", "end"]


@pytest.fixture
def path(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    return tmp_path / "a.txt"


def test_options_and_settings_read_alike(tmp_path, path):
    (tmp_path / "s.toml").write_text(
        "horizon = 1\nlookback = 2\n[data]\nsep = '#'\nthousands = ','\nna = ['?']\ntime_format = '%d/%m/%Y'\n"
        "stamps = 'end'\nencoding = 'latin-1'\nchannels = ['Load, kW']"
    )
    settings = read_settings(tmp_path / "s.toml", {"decimal": "."})
    panel = read_data(str(path), settings, build_model(settings).plan)
    assert (panel.channels, panel.clock.ends, panel.values[:2, 0].tolist()) == (("Load, kW",), True, [1670, 2670])
    words = settings.reading_options()
    assert shlex.join(SAID[2:4]) in shlex.join(words)
    assert {*SAID, "--encoding", "--decimal", "Load, kW"} <= {*words}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--na "),
        (["--thousands", ",", "--time-format", "%m/%d/%Y"], "another --time-format"),
        (["--decimal", ";"], "decimal"),
        (["--stamps", "middle"], "--stamps"),
        (["--encoding", "klingon"], "klingon"),
    ],
)
def test_mistakes_are_said_by_options(run, tmp_path, path, options, message):
    (tmp_path / "b.txt").write_text(TEXT if options else TEXT.replace(",670", ""))
    arguments = ["--horizon", 1, "--lookback", 2, "--sep", "#", "--out", tmp_path / "m", *options]
    assert message in run("fit", tmp_path / "b.txt", *arguments).error
