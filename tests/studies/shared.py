"""Real data that some tests ask for, where they are at hand."""

import os
from pathlib import Path

import pytest

_SHARED = Path(os.environ.get("DIVECAST_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
EIA = _SHARED / "eia_us_demand_hourly"
ELECTRICITY = _SHARED / "lstnet_electricity_pieces"
GAIT = _SHARED / "gait_stroke_movingreality"


def needs(folder: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not folder.is_dir(), reason=f"needs {folder.name}, see DIVECAST_SHARED_DATA")
