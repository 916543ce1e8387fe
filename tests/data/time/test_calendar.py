"""Calendar classes, checked against the standard library."""

import sys
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.data.factors import Calendar
from divecast.data.time.calendar import CALENDAR_CLASSES, calendar_codes
from divecast.errors import ConfigError


def class_of(moment, factor):
    stamp = np.array([np.datetime64(moment, "s")])
    return CALENDAR_CLASSES[factor.name][calendar_codes(stamp, factor)[0]]


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)))
@settings(max_examples=100)
def test_agrees_with_datetime(moment):
    assert class_of(moment, Calendar("hour")) == moment.strftime("%H")
    assert class_of(moment, Calendar("half_hour")) == f"{moment:%H}:{'00' if moment.minute < 30 else '30'}"
    assert CALENDAR_CLASSES["weekday"].index(class_of(moment, Calendar("weekday"))) == moment.weekday()
    assert class_of(moment, Calendar("weekend")) == ("yes" if moment.isoweekday() > 5 else "no")
    assert CALENDAR_CLASSES["month"].index(class_of(moment, Calendar("month"))) == moment.month - 1


@pytest.mark.parametrize(
    ("day", "season"),
    [
        ("2023-12-01", "winter"),
        ("2024-02-29", "winter"),
        ("2024-03-01", "spring"),
        ("2024-08-31", "summer"),
        ("2024-11-30", "autumn"),
    ],
)
def test_seasons(day, season):
    assert class_of(day, Calendar("season")) == season


@pytest.mark.parametrize(
    ("day", "country", "is_one"),
    [
        ("2024-10-03T18:00", "DE", "yes"),
        ("2024-10-04T00:00", "DE", "no"),
        ("2024-11-01T12:00", "DE", "no"),
        ("2024-11-01T12:00", "DE-BY", "yes"),
        ("2024-07-04T23:59", "US", "yes"),
    ],
)
def test_holidays(day, country, is_one):
    pytest.importorskip("holidays")
    assert class_of(day, Calendar("holiday", country=country)) == is_one


def test_unknown_country():
    pytest.importorskip("holidays")
    with pytest.raises(ConfigError, match="'XX'"):
        class_of("2024-01-01", Calendar("holiday", country="XX"))


def test_without_the_holidays_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(ConfigError, match=r"divecast\[holidays\]"):
        class_of("2024-01-01", Calendar("holiday", country="DE"))
