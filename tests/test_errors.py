"""Errors and warnings: their wording from fields, and the line that a warning names."""

import warnings

import numpy as np
import pandas as pd
import pytest

from divecast.data import Panel, Recordings, Scale, Windows, WindowShape, align, as_panel
from divecast.data.parts import ByRecording, split
from divecast.errors import ConfigError, DataError, DataWarning, DivecastError

STAMPS = pd.date_range("2024-01-01", periods=6, freq="h")
TABLE = pd.DataFrame({"ds": STAMPS, "a": np.arange(6.0)})
LONG = TABLE.rename(columns={"a": "y"}).assign(unique_id="a")
PANEL = Panel.from_array(np.zeros((6, 2)), "2024-01-01", "1h", ["a", "b"])


def short_recordings():
    recordings = Recordings.from_arrays([np.zeros((n, 1), np.float32) for n in (2, 20, 20, 20, 20)])
    part = split(recordings, ByRecording(3, 1, 1)).train
    scale = Scale(np.zeros(1, np.float32), np.ones(1, np.float32))
    whole = type(part)(recordings.offsets[:-1], recordings.offsets[1:])
    return Windows.of(recordings, whole, np.empty((82, 0), np.int16), scale, WindowShape(4, 2), "fit")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (DataError("No window fits"), "No window fits"),
        (DataError(expected="3 channels", found="2"), "Expected 3 channels, got 2"),
        (DataError("A panel", found="5"), "A panel: got 5"),
        (DataError("No window fits", hint="Use a shorter {lookback}"), "No window fits. Use a shorter lookback=."),
        (DataError("No column 'x'", hint="Did you mean 'y'?"), "No column 'x'. Did you mean 'y'?"),
        (
            ConfigError("It diverged", hint="Lower {training.learning_rate}"),
            "It diverged. Lower training.learning_rate.",
        ),
    ],
)
def test_the_wording_of_an_error(error: DivecastError, text: str):
    assert str(error) == text


def test_each_face_spells_the_arguments_itself():
    error = DataError("No window fits", hint="Use a shorter {lookback} or {horizon}", argument="lookback")
    assert error.worded(lambda name: f"--{name}") == "No window fits. Use a shorter --lookback or --horizon."
    assert error.argument == "lookback"


@pytest.mark.parametrize(
    "act",
    [
        lambda: as_panel(TABLE.drop(index=3)),
        lambda: Panel.from_wide(TABLE.iloc[::-1]),
        lambda: as_panel(pd.concat([TABLE, TABLE.iloc[-1:]])),
        lambda: as_panel(LONG.iloc[::-1]),
        lambda: align(PANEL, ["b"]),
        lambda: align(PANEL, ["b", "a"]),
        short_recordings,
    ],
)
def test_warnings_name_the_line_of_the_user(act):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        act()
    assert [(one.category, one.filename) for one in caught] == [(DataWarning, __file__)]
    assert caught[0].lineno in range(act.__code__.co_firstlineno, act.__code__.co_firstlineno + 7)
