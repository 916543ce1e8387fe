"""Hourly demand of the United States, 2020 to 2024, as several studies read it."""

import csv
from pathlib import Path

from divecast import Panel


def eia_panel(folder: Path) -> Panel:
    """Read the 112 recommended series, MW, in UTC."""
    with (folder / "demand_2020_2024_series.csv").open() as file:
        names = [row["series"] for row in csv.DictReader(file) if row["recommended"] == "True"]
    return Panel.read(folder / "demand_2020_2024.parquet").select(names)
