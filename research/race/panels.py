"""The data of a track, read by divecast."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from divecast import Calendar, Panel
from divecast.data import CALENDAR_CLASSES, calendar_codes
from divecast.errors import DataError
from research.race.contract import Calendar as Classes
from research.race.heats import Floats
from research.race.tracks import Track

_SMALL_SERIES = 4


def read_panel(track: Track, root: Path, small: bool) -> Panel:
    """Read the rows and series that race.

    Args:
        track: whose.
        root: folder that has the track's file below it.
        small: only a few series.

    Raises:
        DataError: a file is missing, or not what the track says.
    """
    path = root / track.file
    if not path.is_file():
        folders = sorted(entry.name for entry in root.iterdir()) if root.is_dir() else "no such folder"
        raise DataError(
            f"expected {track.file} of the track {track.name} below the folder of data, found {root} with {folders}; "
            "name the folder that has it with --data"
        )
    panel = _undated(path) if track.name == "exchange" else Panel.read(path, covariates=_told(track))
    names = _recommended(path.parent / track.series_table) if track.series_table else panel.channels
    panel = panel.select(names[:_SMALL_SERIES] if small else names)
    n_rows = sum(track.rows)
    if len(panel.values) < n_rows:
        raise DataError(f"expected at least {n_rows} rows in {path}, got {len(panel.values)}")
    panel = panel.rows(0, n_rows)
    panel = _filled(track, panel) if track.filled else panel
    if not np.isfinite(panel.values).all():
        raise DataError(f"expected no missing values in the first {n_rows} rows of {path}; the rivals cannot use them")
    return panel


def known_calendar(track: Track, panel: Panel, n_rows: int) -> Classes:
    """Return (row, column) classes of the calendar for ``n_rows`` rows, beyond the end of the panel too."""
    local = panel.clock.local(np.arange(n_rows), track.zone)
    columns = [calendar_codes(local, Calendar(name)) for name in track.calendar]
    return np.stack(columns, axis=1) if columns else np.empty((n_rows, 0), np.int16)


def known_columns(track: Track, panel: Panel, n_rows: int) -> Floats:
    """Return (row, column) covariates and labels as numbers; rows after the end, no targets, repeat the last one."""
    if not _told(track):
        return np.empty((n_rows, 0), np.float32)
    columns = np.stack([panel.covariate(name) for name in _told(track)], axis=1)
    return np.concatenate([columns, np.repeat(columns[-1:], n_rows - len(columns), axis=0)])


def _told(track: Track) -> tuple[str, ...]:
    return (*track.covariates, *track.labels)


def _filled(track: Track, panel: Panel) -> Panel:
    """Interpolate the gaps of values and covariates."""
    values = np.stack([_interpolated(column) for column in panel.values.T], axis=1)
    covariates = {name: _interpolated(column) for name, column in panel.covariates.items()}
    covariates |= {name: np.rint(covariates[name]) for name in track.labels}
    return replace(panel, values=values, covariates=covariates)


def _interpolated(column: Floats) -> Floats:
    at, seen = np.arange(len(column)), ~np.isnan(column)
    return np.interp(at, at[seen], column[seen]).astype(np.float32)


def n_classes(track: Track) -> tuple[int, ...]:
    """Return how many classes each column of the calendar has."""
    return tuple(len(CALENDAR_CLASSES[name]) for name in track.calendar)


def _recommended(table: Path) -> tuple[str, ...]:
    if not table.is_file():
        raise DataError(f"expected {table.name} beside the data, which says which series race; {table} is not there")
    with table.open(newline="", encoding="utf-8") as lines:
        return tuple(row["series"] for row in csv.DictReader(lines) if row["recommended"] == "True")


def _undated(path: Path) -> Panel:
    """Read a table without time stamps; days are counted from an arbitrary one, and no calendar is made of them."""
    values = np.genfromtxt(path, delimiter=",", skip_header=1, dtype=np.float32)
    return Panel.from_array(values, "1990-01-01", "1D")
