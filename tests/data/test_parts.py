"""Parts: no row is in two of them, and groups stay whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.data import ByGroup, ByRecording, ByTime, Panel, Recordings, split
from divecast.errors import ConfigError, DataError


def panel(n_rows):
    return Panel.from_array(np.zeros((n_rows, 1), np.float32), "2020-01-01", "1h")


def recordings(lengths, subjects):
    return Recordings.from_arrays([np.zeros((n, 1), np.float32) for n in lengths], {"subject": subjects})


def test_paper_shares_of_five_years_of_hours():
    parts = split(panel(43848), ByTime(3, 1, 1))
    bounds = [(part.start.tolist(), part.stop.tolist()) for part in (parts.train, parts.valid, parts.test)]
    assert bounds == [([0], [26308]), ([26308], [35078]), ([35078], [43848])]


def test_shares_that_do_not_sum_exactly_lose_no_row():
    parts = split(panel(10), ByTime(0.7, 0.2, 0.1))
    assert [part.n_rows for part in (parts.train, parts.valid, parts.test)] == [7, 2, 1]


@given(
    lengths=st.lists(st.integers(5, 60), min_size=1, max_size=8),
    shares=st.tuples(st.floats(1, 8), st.floats(1, 3), st.one_of(st.just(0.0), st.floats(1, 3))),
)
@settings(max_examples=60)
def test_by_time_every_row_is_in_one_part_and_in_order(lengths, shares):
    source = recordings([12, *lengths], [None] * (1 + len(lengths)))
    parts = split(source, ByTime(*shares))
    rows = np.concatenate([parts.train.rows(), parts.valid.rows(), parts.test.rows()])
    np.testing.assert_array_equal(np.sort(rows), np.arange(len(source.values)))
    assert np.all(parts.train.stop == parts.valid.start)
    assert np.all(parts.valid.stop == parts.test.start)
    assert shares[2] > 0 or parts.test.n_rows == 0


@given(subjects=st.lists(st.integers(0, 9), min_size=12, max_size=30), seed=st.integers(0, 99))
@settings(max_examples=60)
def test_groups_are_never_torn_apart(subjects, seed):
    subjects = [0, 1, 2, *subjects]
    source = recordings([4] * len(subjects), subjects)
    parts = split(source, ByRecording(2, 1, 1, group="subject", seed=seed))
    column = source.label_column("subject")
    seen = [set(column[part.rows()]) for part in (parts.train, parts.valid, parts.test)]
    assert all(seen)
    assert len(seen[0] | seen[1] | seen[2]) == sum(map(len, seen))
    assert sum(part.n_rows for part in (parts.train, parts.valid, parts.test)) == len(source.values)


def test_shares_of_recordings_and_seed():
    source = recordings(range(3, 103), [None] * 100)
    chosen = [split(source, ByRecording(seed=seed)) for seed in (0, 0, 1)]
    assert [len(part.ranges()) for part in (chosen[0].train, chosen[0].valid, chosen[0].test)] == [80, 10, 10]
    assert np.array_equal(chosen[0].test.rows(), chosen[1].test.rows())
    assert not np.array_equal(chosen[0].test.rows(), chosen[2].test.rows())


def test_named_groups():
    source = recordings([2, 3, 4, 5], ["ann", "bob", "cid", "ann"])
    parts = split(source, ByGroup("subject", valid=("bob",), test=("cid",)))
    assert parts.train.rows().tolist() == [0, 1, *range(9, 14)]
    assert parts.valid.rows().tolist() == [2, 3, 4]
    assert parts.test.rows().tolist() == [5, 6, 7, 8]


def test_recordings_are_named_themselves():
    parts = split(recordings([2, 3, 4], [None] * 3), ByGroup(None, valid=("r1",)))
    assert parts.valid.rows().tolist() == [2, 3, 4]
    with pytest.raises(DataError, match="no recording 'r9' among 'r0'") as refused:
        split(recordings([2, 3, 4], [None] * 3), ByGroup(None, valid=("r9",)))
    assert refused.value.argument == "split"


def test_groups_of_numbers_and_texts_are_told_apart_by_their_text():
    parts = split(recordings([2, 3], [7, "b"]), ByGroup("subject", valid=("b",)))
    assert parts.valid.rows().tolist() == [2, 3, 4]


def test_groups_that_are_numbers_are_named_as_text():
    parts = split(recordings([2, 3], [7, 8]), ByGroup("subject", valid=("8",)))
    assert parts.valid.rows().tolist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (ByTime(100, 1, 1), "6 rows in shares 100:1:1 give"),
        (ByRecording(), "2 recordings are too few"),
        (ByRecording(group="subject"), "1 groups of 'subject' are too few"),
        (ByRecording(group="age"), "'age'"),
        (ByGroup("subject", valid=("eve",)), "no subject 'eve' among 'ann'"),
        (ByGroup("subject", valid=("ann",)), "is left for training"),
    ],
)
def test_too_little(spec, message):
    with pytest.raises(DataError, match=message):
        split(recordings([3, 3], ["ann", "ann"]), spec)


def test_a_panel_is_one_recording():
    with pytest.raises(DataError, match=r"cannot be split by ByRecording.*Use ByTime"):
        split(panel(100), ByRecording())
    with pytest.raises(DataError, match="cannot be split by ByGroup"):
        split(panel(100), ByGroup("subject", ("ann",)))


@pytest.mark.parametrize("spec", ["3:1:1", (3, 1, 1), None, ByTime])
def test_a_split_is_one_of_three(spec):
    with pytest.raises(ConfigError, match=r"Expected ByTime\(3, 1, 1\), ByRecording.* or ByGroup"):
        split(panel(100), spec)


def test_groups_must_be_known_and_whole():
    with pytest.raises(DataError, match=r"missing in 'r1'\."):
        split(recordings([3, 3, 3], ["a", None, "b"]), ByRecording(1, 1, 1, group="subject"))
    torn = Recordings(
        np.zeros((4, 1), np.float32), np.array([0, 2, 4]), ("r0", "r1"), ("c",), row_labels={"day": np.arange(4.0)}
    )
    with pytest.raises(DataError, match=r"label 'day': it changes within 'r0', 'r1'\."):
        split(torn, ByGroup("day", valid=("0",)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ByTime(0, 1, 1),
        lambda: ByTime(3, 0, 1),
        lambda: ByRecording(1, 1, -1),
        lambda: ByTime(3, 1, float("nan")),
        lambda: ByTime(float("inf"), 1, 1),
        lambda: ByTime("3", 1, 1),
        lambda: ByGroup("subject", valid="p1"),
        lambda: ByGroup("subject", valid=1.0),
        lambda: ByGroup("subject", valid=()),
        lambda: ByGroup("subject", valid=("a",), test=("a",)),
    ],
)
def test_shares_that_make_no_sense(make):
    with pytest.raises(ConfigError):
        make()


@pytest.mark.parametrize(("shares", "sizes"), [((2, 1, 1), (6, 3, 3)), ((4, 2, 0), (8, 4, 0)), ((1, 3, 2), (2, 6, 4))])
def test_recordings_are_drawn_by_their_shares(shares, sizes):
    source = recordings([2] * 12, [f"p{n}" for n in range(12)])
    parts = split(source, ByRecording(*shares))
    assert tuple(part.n_rows // 2 for part in (parts.train, parts.valid, parts.test)) == sizes


def test_a_test_part_that_is_asked_for_has_rows():
    with pytest.raises(DataError, match=r"no rows: 4 rows in shares 3:1:1e-12 give 3, 1 and 0 for"):
        split(panel(4), ByTime(3, 1, 1e-12))


def test_a_recording_of_one_row_has_one_group():
    source = recordings([1, 1, 1], ["p", "q", "r"])
    parts = split(source, ByGroup("subject", ("q",), ("r",)))
    assert (parts.train.n_rows, parts.valid.n_rows, parts.test.n_rows) == (1, 1, 1)
