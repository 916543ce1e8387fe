"""Hourly demand of the United States, 2020 to 2024 (Ruggles et al., Scientific Data 7, 155, 2020)."""

import csv
from pathlib import Path

from divecast.data import Panel
from divecast.errors import DataError

ZONE = "America/New_York"
_DEMAND, _SERIES = "demand_2020_2024.parquet", "demand_2020_2024_series.csv"
_FORMAT = (
    f"a folder with {_DEMAND} (a column time, UTC hour by hour, and one of MW for each series) and {_SERIES} (columns "
    "series, tz, recommended, mean_mw)"
)


def read_eia(path: Path, n_series: int = 24) -> tuple[Panel, str]:
    """Read the largest recommended series of one time zone, MW, hour by hour.

    The zone is that of New York, which has most of them; a series is recommended in the table that comes with the data
    if few of its values were filled in and it neither stands still nor jumps.

    Args:
        path: the folder of both files.
        n_series: how many, by mean demand.

    Returns:
        The panel, its clock in UTC; and a line about it.

    Raises:
        DataError: a file is missing or is not what it should be.
    """
    missing = [name for name in (_DEMAND, _SERIES) if not (path / name).is_file()]
    if missing:
        inside = sorted(entry.name for entry in path.iterdir())[:12] if path.is_dir() else []
        found = f"with {inside or 'nothing'} in it" if path.is_dir() else "which is no folder"
        raise DataError(f"expected {_FORMAT}; got {path}, {found}")
    names = _largest(path / _SERIES, n_series)
    panel = Panel.read(path / _DEMAND).select(names)
    return panel, f"the {len(names)} largest recommended series of {ZONE}, {len(panel.values)} hours of 2020 to 2024"


def _largest(file: Path, n_series: int) -> list[str]:
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines, restval=""))
        fit = [row for row in rows if row["tz"] == ZONE and row["recommended"] == "True"]
        fit.sort(key=lambda row: -float(row["mean_mw"]))
        names = [row["series"] for row in fit[:n_series]]
    except (KeyError, ValueError, OSError, csv.Error) as error:
        raise DataError(
            f"expected UTF-8 text with columns series, tz, recommended and mean_mw in {file.name}, got {error}"
        ) from error
    if len(names) < n_series:
        raise DataError(f"expected {n_series} recommended series of {ZONE} in {file.name}, got {len(names)}")
    return names
