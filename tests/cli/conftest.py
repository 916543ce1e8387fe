"""A small panel on disk, tiny settings, and the command run in this process."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from divecast.cli import main
from divecast.data import to_frame, write_frame

SIZES = """
[model.encoder]
n_mixtures = 2
time_features = 4
width = 8

[model.code]
n_conditional = 2

[model.decoder]
token_width = 8
n_heads = 2
n_loadings = 2
width = 8
depth = 1
channel_features = 2

[training]
epochs = 1
batch_size = 256
"""
TINY = f"""
horizon = 6
lookback = 24
factors = ["hour"]
{SIZES}"""
ROWS = 400


@dataclass(frozen=True)
class Result:
    """What a run of the command left: exit code, stdout and stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self):
        """The one line on stderr of a run that failed for a user's mistake."""
        assert self.code == 2, (self.code, self.out, self.err)
        assert self.out == ""
        lines = [line for line in self.err.splitlines() if not line.startswith("Read ")]  # how the data were read
        assert len(lines) == 1, lines
        assert lines[0].startswith("divecast: ")
        return lines[0]


def columns(rows=ROWS):
    """A clock, two channels with a daily cycle, and a label that is known for most rows."""
    hours = np.arange(rows)
    noise = np.random.default_rng(0).normal(size=(2, rows))
    shift = np.where(hours % 8 < 4, "early", "late").astype(object)
    shift[::10] = None
    return {
        "time": np.datetime64("2024-01-01", "s") + hours * np.timedelta64(3600, "s"),
        "north": np.sin(hours * 2 * np.pi / 24) + 0.1 * noise[0],
        "south": 5 + np.cos(hours * 2 * np.pi / 24) + 0.1 * noise[1],
        "shift": shift,
    }


def write_panel(path, *, rows=ROWS, names=("time", "north", "south")):
    """Write a table with these columns, in this order."""
    table = columns(rows)
    return write_frame(to_frame({name: table[name] for name in names}, "pyarrow"), path)


@pytest.fixture
def run(capsys):
    def run_main(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Result(code, said.out, said.err)

    return run_main


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder with panel.csv, shifts.csv (with a label column), tiny.toml and, of its sizes alone, sizes.toml."""
    place = tmp_path_factory.mktemp("cli")
    write_panel(place / "panel.csv")
    write_panel(place / "shifts.csv", names=columns())
    (place / "tiny.toml").write_text(TINY)
    (place / "sizes.toml").write_text(SIZES)
    return place


@pytest.fixture(scope="session")
def model(folder) -> Path:
    """A model of panel.csv with the factor hour."""
    out = folder / "model.safetensors"
    assert (
        main(["fit", str(folder / "panel.csv"), "--config", str(folder / "tiny.toml"), "--out", str(out), "--json"])
        == 0
    )
    return out
