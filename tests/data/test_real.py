"""Five years of hourly demand of 119 areas, where that file is at hand."""

import os
from pathlib import Path

import numpy as np
import pytest

from divecast.data import ByTime, Calendar, Panel, check_seen, encode_labels, fit_vocabularies, split
from divecast.errors import DataError

SHARED = Path(os.environ.get("DIVECAST_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
DEMAND = SHARED / "eia_us_demand_hourly" / "demand_2020_2024.parquet"
pytestmark = pytest.mark.skipif(not DEMAND.is_file(), reason=f"needs {DEMAND.name}, see DIVECAST_SHARED_DATA")
ZONE = "America/New_York"


def test_demand_is_whole_and_follows_the_local_day():
    panel = Panel.read(DEMAND)
    assert panel.values.shape == (43848, 119)
    assert panel.mask.all()
    factors = [Calendar("hour", tz=ZONE), Calendar("weekday", tz=ZONE), Calendar("month", tz=ZONE)]
    parts = split(panel, ByTime())
    vocabularies = fit_vocabularies(panel, factors, parts.train)
    check_seen(panel, factors, vocabularies, parts)
    assert [vocabulary.n_classes for vocabulary in vocabularies] == [24, 7, 12]
    codes = encode_labels(panel, factors, vocabularies)
    demand = panel.values.sum(axis=1)
    by_hour = [demand[codes[:, 0] == hour].mean() for hour in range(24)]
    by_day = [demand[codes[:, 1] == day].mean() for day in range(7)]
    assert int(np.argmin(by_hour)) in range(2, 6)
    assert int(np.argmax(by_hour)) in range(16, 21)
    assert max(by_day[5:]) < min(by_day[:5])


def test_utc_stamps_taken_for_wall_time_are_found_out():
    with pytest.raises(DataError, match=r'never occurred.*"UTC" in tz='):
        Panel.read(DEMAND, tz=ZONE)
