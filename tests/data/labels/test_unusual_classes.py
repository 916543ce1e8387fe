"""Warnings of classes that look like slips of the pen."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from divecast.data import Label, fit_vocabularies
from divecast.data.labels.unusual_classes import warn_unusual_classes
from divecast.data.parts import whole
from worlds import moves

MOVES = moves()


def _told(changed: dict[int, str | None]) -> list[str]:
    """What is said of the recordings with these labels changed."""
    column = np.array([changed.get(place, name) for place, name in enumerate(MOVES.labels["move"])], dtype=object)
    data, factors = replace(MOVES, labels={"move": column}), [Label("move")]
    train = whole(data)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_unusual_classes(data, factors, fit_vocabularies(data, factors, train), train)
    return [str(each.message) for each in caught]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, []),
        ({0: None}, []),
        ({0: "Fast ", 1: "Fast "}, ["differ in case or spaces only, and count as different: 'Fast ', 'fast'"]),
        ({3: "slwo"}, ["that one recording of the training part alone has: 'slwo'"]),
    ],
)
def test_classes_that_differ_in_case_or_that_one_recording_has(changed: dict[int, str | None], told: list[str]) -> None:
    found = _told(changed)
    assert len(found) == len(told)
    assert all(part in text for part, text in zip(told, found, strict=True))
