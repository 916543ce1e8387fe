"""Folds: every row or recording is forecast once at most, by what lies before it or apart from it."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divecast import ByGroup, ByRecording, ByTime, ConfigError, DataError, Panel, Recordings
from divecast.data import split
from divecast.selection.fold import folds_of


def panel(rows, tz="UTC"):
    return Panel.from_array(np.zeros((rows, 1), np.float32), "2024-01-01", "1h", ["a"], tz=tz)


def recordings(n, subjects=None):
    labels = {} if subjects is None else {"subject": [f"p{at % subjects}" for at in range(n)]}
    return Recordings.from_arrays([np.zeros((9, 1), np.float32)] * n, labels)


@given(
    rows=st.integers(30, 500),
    n=st.integers(1, 6),
    span=st.none() | st.integers(1, 40),
    shares=st.tuples(st.floats(0.1, 9), st.floats(0.1, 9)),
)
def test_the_test_parts_tile_the_end_and_each_fit_sees_what_lies_before(rows, n, span, shares):
    length = max(1, rows // (5 * n)) if span is None else span
    try:
        folds = folds_of(panel(rows), n, span, ByTime(*shares))
    except DataError:
        first = rows - n * length
        assert min(round(first * shares[1] / sum(shares)), first - round(first * shares[1] / sum(shares))) < 1
        return
    assert [fold.stop for fold in folds] == [rows - at * length for at in reversed(range(n))]
    for fold in folds:
        parts = split(panel(rows).rows(0, fold.stop), fold.split)
        (train,), (valid,), (test,) = (part.ranges() for part in (parts.train, parts.valid, parts.test))
        assert (train.start, train.stop, valid.stop, test.stop) == (0, valid.start, test.start, fold.stop)
        assert test.stop - test.start == length
        assert valid.stop - valid.start == pytest.approx(test.start * shares[1] / sum(shares), abs=0.51)


def test_a_fold_is_named_by_the_wall_time_of_its_first_target():
    assert [fold.name for fold in folds_of(panel(100, "Europe/Berlin"), 2, 24)] == [
        "2024-01-03T04:00",
        "2024-01-04T04:00",
    ]


@given(n=st.integers(3, 30), folds=st.integers(3, 8), seed=st.integers(0, 9), grouped=st.booleans())
def test_each_recording_or_group_is_tested_once_and_never_with_those_that_train(n, folds, seed, grouped):
    source = recordings(n, 7 if grouped else None)
    spec = ByRecording(group="subject" if grouped else None, seed=seed)
    units = sorted({f"p{at % 7}" for at in range(n)} if grouped else source.names)
    if folds > len(units):
        with pytest.raises(DataError, match="Expected 3 to"):
            folds_of(source, folds, split=spec)
        return
    found = folds_of(source, folds, split=spec)
    assert sorted(name for fold in found for name in fold.split.test) == units
    assert all(not set(fold.split.test) & set(fold.split.valid) and fold.stop is None for fold in found)
    sizes = [len(fold.split.test) for fold in found]
    assert max(sizes) - min(sizes) <= 1
    assert {after.split.test == before.split.valid for before, after in pairwise(found)} == {True}
    for fold in found:
        parts = split(source, fold.split)
        rows = [set(part.rows().tolist()) for part in (parts.train, parts.valid, parts.test)]
        assert sum(map(len, rows)) == len(source.values) == len(set.union(*rows))


def test_many_names_are_cut():
    assert folds_of(recordings(30), 3)[0].name.endswith(" ... (10)")
    assert folds_of(recordings(6), 3)[0].name.count(",") == 1


@pytest.mark.parametrize(
    ("source", "arguments", "error", "said"),
    [
        (panel(60), (2, 30), DataError, "2 test parts of 30 rows leave too few of 60 rows"),
        (panel(60), (2, 5, ByRecording()), ConfigError, "expected ByTime, got ByRecording"),
        (recordings(9), (3, 5), ConfigError, "span=5 is for panels"),
        (recordings(9), (3, None, ByTime()), ConfigError, "expected ByRecording, got ByTime"),
        (recordings(9), (2,), DataError, "Expected 3 to 9 folds, the number of recordings, got 2"),
        (
            recordings(9, 4),
            (5, None, ByRecording(group="subject")),
            DataError,
            "3 to 4 folds, the number of groups of 'subject', got 5",
        ),
    ],
)
def test_folds_that_cannot_be_are_refused(source, arguments, error, said):
    with pytest.raises(error, match=said):
        folds_of(source, *arguments)


def test_recordings_can_be_named_for_the_parts():
    parts = split(recordings(4), ByGroup(None, valid=("r2",), test=("r0",)))
    assert [part.rows().tolist()[0] for part in (parts.train, parts.valid, parts.test)] == [9, 18, 0]
    with pytest.raises(DataError, match="There is no recording 'r9'"):
        split(recordings(4), ByGroup(None, valid=("r9",)))
