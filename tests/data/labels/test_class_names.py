"""A day or month may be named in full."""

import calendar
import re

import pytest

from divecast import ConfigError
from divecast.data.labels.class_names import class_place
from divecast.data.time.calendar import CALENDAR_CLASSES

FULL = {"weekday": list(calendar.day_name), "month": list(calendar.month_name)[1:]}


@pytest.mark.parametrize("factor", FULL)
def test_full_names_are_those_of_the_calendar(factor):
    classes = CALENDAR_CLASSES[factor]
    for names in (classes, FULL[factor]):
        assert [class_place(factor, classes, name) for name in names] == list(range(len(classes)))


def test_a_class_of_that_very_name_comes_first():
    assert class_place("weekday", ("Sun", "Sunday"), "Sunday") == 1
    assert class_place("weekday", ("Fri", "Sun"), "Sunday") == 1


@pytest.mark.parametrize(
    ("classes", "name"),
    [
        (("20230101", "20240102"), 20240102),
        (("0", "1"), "1.0"),
        (("0", "1"), 1.0),
        (("0.5", "0.25"), ".25"),
        (("False", "True"), True),
        (("1", "1.0"), "1.0"),  # text of that very form comes first
        (("0", str(2**60 + 1)), 2**60 + 1),
    ],
)
def test_a_number_or_boolean_is_the_class_that_labels_of_it_have(classes, name):
    assert class_place("code", classes, name) == 1


@pytest.mark.parametrize(
    ("factor", "classes", "name"),
    [
        ("weekday", ("Mon", "Tue"), "Sunday"),  # the training part had no Sunday
        ("weekday", ("Mon", "Sun"), ""),
        ("weekday", ("Mon", "Sun"), "Sund"),
        ("mood", ("Sun", "Moon"), "Sunday"),  # not of the calendar
        ("hour", CALENDAR_CLASSES["hour"], "3"),
        ("hour", CALENDAR_CLASSES["hour"], 3),
        ("hour", CALENDAR_CLASSES["hour"], [3]),
        ("code", ("0", "1"), "nan"),
        ("code", ("0", str(2**60)), str(2**60 + 1)),  # float64 would round it to that class
    ],
)
def test_an_unknown_class_is_refused_with_those_there_are(factor, classes, name):
    with pytest.raises(ConfigError, match=f"no class {re.escape(repr(name))}: expected .*'{classes[-1]}'"):
        class_place(factor, classes, name)
