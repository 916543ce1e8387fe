"""Factors as a user names them."""

import pytest

from divecast.data import Calendar, Label, as_factors
from divecast.errors import ConfigError


def test_names_of_the_calendar_and_others():
    factors = as_factors(["hour", "gait", Calendar("month", tz="Europe/Berlin"), Label("stride", "ordered", bins=4)])
    assert factors == (
        Calendar("hour"),
        Label("gait"),
        Calendar("month", tz="Europe/Berlin"),
        Label("stride", "ordered", bins=4),
    )
    assert [factor.kind for factor in factors] == ["cyclic", "plain", "cyclic", "ordered"]


def test_zone_and_country_within_the_name():
    assert as_factors(["hour@America/New_York", "holiday:US-NY@Asia/Tokyo", "stride:ordered"]) == (
        Calendar("hour", tz="America/New_York"),
        Calendar("holiday", country="US-NY", tz="Asia/Tokyo"),
        Label("stride:ordered"),  # a column may be called so
    )


def test_kinds_of_the_calendar():
    kinds = {name: Calendar(name).kind for name in ("hour", "half_hour", "weekday", "month", "season", "weekend")}
    assert {name for name, kind in kinds.items() if kind != "cyclic"} == {"weekend"}
    assert Calendar("holiday", country="DE").kind == "plain"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Calendar("minute"),
        lambda: Calendar("holiday"),
        lambda: Calendar("hour", country="DE"),
        lambda: Label("a", kind="round"),
        lambda: Label("a", bins=4),
        lambda: Label("a", kind="ordered", bins=1),
        lambda: Label("a", kind="ordered", bins=3, order=("x", "y")),
        lambda: Label("a", order=("x", "y")),
        lambda: Label("a", kind="cyclic", order=("x", "x")),
        lambda: as_factors("hour"),
        lambda: as_factors(["holiday"]),
        lambda: as_factors(["hour:DE"]),
        lambda: as_factors(["hour", "hour"]),
        lambda: as_factors(["hour", Label("hour")]),
        lambda: as_factors([5]),
        lambda: as_factors(None),
    ],
)
def test_what_makes_no_sense(make):
    with pytest.raises(ConfigError, match=r"[Ee]xpected|needs a country|takes no country|more than one"):
        make()
