"""Types of time stamps as they came in."""

import pandas as pd
import pytest

from divecast.data.as_read import StampKind


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("12-September-2024 00:00", None),
        ("2024-09-12 00:00:00", None),
        ("Thursday 2024-09-12", None),
        ("2024-09-12T00:00:00Z", "UTC"),
        ("2024-09-12 00:00:00.5+02:00", "UTC"),
        ("20240912T000000-0500", "UTC"),
        ("12-September-2024 00:00 +02", "UTC"),
    ],
)
def test_a_zone_follows_a_time_of_day(text, zone):
    assert StampKind.of(pd.Series([text])) == StampKind(zone=zone)
