"""Days that are proposed are those that are meant, and the page says which were kept."""

from dataclasses import asdict

import numpy as np

from divecast import datasets
from divecast.results import AgainstShuffled, FactorProposal, ProposedClass
from research.proposed.labellings import class_of_recordings, days_of, spans_of
from research.proposed.page import page
from worlds import hours


def test_days_are_those_that_are_meant():
    big = days_of("big holidays", 0)
    assert len(big) == 30
    assert {*big} <= {*days_of("federal holidays", 0)}
    assert not {*big} & {*days_of("two weeks after big holidays", 0)}
    after = days_of("two weeks after big holidays", 0)
    assert sorted(day.weekday() for day in after) == sorted(
        day.weekday() for day in big if (day.year, day.month) < (2024, 12)
    )
    assert days_of("chance 1", 0) != days_of("chance 2", 0) != days_of("chance 2", 1)
    assert all(day.weekday() < 5 for day in days_of("chance 1", 0))


def test_a_day_of_the_eastern_us_is_a_span_of_utc():
    panel = hours(weeks=4).panel
    ((first, last),) = spans_of(days_of("big holidays", 0)[-6:-5], panel) or [(None, None)]
    assert (first, last) == (np.datetime64("2024-01-01T05:00"), np.datetime64("2024-01-02T04:00"))


def test_classes_of_recordings_are_dealt_out():
    data = datasets.load("motion")
    exercise, dealt = (class_of_recordings(kind, data, 0) for kind in ("exercise", "chance 0"))
    assert sorted(exercise.values()) == sorted(dealt.values())
    assert exercise != dealt


def test_the_page_says_what_was_kept():
    measure = AgainstShuffled(0.7, 0.5, 0.6, 99, 0.01)
    classes = (ProposedClass("no", 10, 10, 4, 0.9, 1.0), ProposedClass("yes", 5, 5, 3, 0.5, 1.5))
    proposal = FactorProposal(
        "x", "row", "some", "moved", classes, measure, None, measure, 0.6, 0.05, True, "rule", "reason", "advice"
    )
    line = {**asdict(proposal), "case": "eia", "seed": 0, "quick": False, "cpu_seconds": 9.0}
    text = page([{**line, "kind": "big holidays"}, {**line, "kind": "full moon", "kept": False}])
    assert "- `eia`: 1 of 1 real labellings were kept, and 0 of 1 of the others." in text
    assert (
        "| big holidays | 0 | **kept** | 0.700 (0.500) 0.010 |  | 0.700 (0.500) 0.010 | 3 spans | 0.600 | 1.50 |"
        in text
    )
