"""Vocabularies of the training part, and class indices of all rows."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.data import (
    ByRecording,
    ByTime,
    Calendar,
    Label,
    Panel,
    Recordings,
    Vocabulary,
    as_factors,
    check_seen,
    encode_labels,
    encode_series_labels,
    fit_vocabularies,
    split,
)
from divecast.data.tables.label_columns import label_array
from divecast.errors import DataError, DataWarning


def labelled(cells, n_train):
    """A panel with label column "g", and parts whose training part is the first ``n_train`` rows."""
    plain = Panel.from_array(np.zeros((len(cells), 1), np.float32), "2024-01-01", "1h")
    panel = replace(plain, labels={"g": label_array(cells)})
    rest = (len(cells) - n_train) / 2
    return panel, split(panel, ByTime(n_train, rest, rest))


def fitted(cells, factor, n_train):
    panel, parts = labelled(cells, n_train)
    vocabulary = fit_vocabularies(panel, [factor], parts.train)[0]
    return vocabulary, encode_labels(panel, [factor], [vocabulary])[:, 0].tolist()


def test_plain_classes_come_from_the_training_part():
    vocabulary, codes = fitted(["b", "a", None, "b", "c", None], Label("g"), 4)
    assert vocabulary == Vocabulary("g", "plain", ("a", "b"), (1 / 3, 2 / 3))
    assert codes == [1, 0, -1, 1, -1, -1]


def test_numbers_are_sorted_by_size_and_written_short():
    vocabulary, codes = fitted([10, 9, None, 2.5, 10, 9], Label("g", "ordered"), 4)
    assert vocabulary.classes == ("2.5", "9", "10")
    assert codes == [2, 1, -1, 0, 2, 1]


def test_given_order():
    vocabulary, codes = fitted(
        ["high", "low", "mid", "low", "mid", "mid"], Label("g", "ordered", order=("low", "mid", "high")), 4
    )
    assert vocabulary.classes == ("low", "mid", "high")
    assert vocabulary.frequencies == (0.5, 0.25, 0.25)
    assert codes == [2, 0, 1, 0, 1, 1]


def test_order_keeps_only_classes_that_were_seen():
    vocabulary, _ = fitted(
        ["high", "low", "low", "low", "mid", "mid"], Label("g", "cyclic", order=("low", "mid", "high")), 4
    )
    assert vocabulary.classes == ("low", "high")


def test_bins_have_equal_shares_and_take_what_lies_beyond():
    vocabulary, codes = fitted([*range(8), -100, 100, None, 4], Label("g", "ordered", bins=4), 8)
    assert vocabulary.frequencies == (0.125, 0.25, 0.25, 0.375)
    assert vocabulary.edges == (1, 3, 5)
    assert vocabulary.classes == ("below 1", "1 to 3", "3 to 5", "5 and above")
    assert codes == [0, 1, 1, 2, 2, 3, 3, 3, 0, 3, -1, 2]


def test_bins_that_repeated_numbers_leave_empty_are_merged():
    with pytest.warns(DataWarning, match="'g' has 2 bins instead of 4"):
        vocabulary, codes = fitted([0, 0, 0, 0, 0, 1, 2, 0], Label("g", "ordered", bins=4), 6)
    assert (vocabulary.n_classes, codes) == (2, [0, 0, 0, 0, 0, 1, 1, 0])


@given(
    cells=st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=10, max_size=60),
    factor=st.sampled_from([Label("g"), Label("g", "ordered"), Label("g", "cyclic"), Label("g", "ordered", bins=3)]),
)
@settings(max_examples=60)
@pytest.mark.filterwarnings("ignore::divecast.errors.DataWarning")
def test_frequencies_are_those_of_the_codes_and_sum_to_one(cells, factor):
    n_train = len(cells) + 2
    vocabulary, codes = fitted([0, 9, *cells, 3, 4], factor, n_train)
    counts = np.bincount([code for code in codes[:n_train] if code >= 0], minlength=vocabulary.n_classes)
    assert min(vocabulary.frequencies) > 0
    assert sum(vocabulary.frequencies) == pytest.approx(1)
    np.testing.assert_allclose(vocabulary.frequencies, counts / counts.sum())
    assert Vocabulary.from_dict(json.loads(json.dumps(vocabulary.to_dict()))) == vocabulary


@pytest.mark.parametrize(
    ("cells", "factor", "message"),
    [
        ([None, None, None, None, "a", "b"], Label("g"), "'g' has no labels in the training part: all 4 are missing"),
        (
            ["a", "a", "a", None, "b", "b"],
            Label("g"),
            "two classes in the training part, which has 'a'",
        ),
        ([5, 5, 5, 5, 6, 7], Label("g", "ordered", bins=2), "'g' needs at least two classes"),
        (["a", "b", "a", "b", "a", "b"], Label("g", "ordered"), r"order=\(\.\.\.\)"),
        (["a", "b", "a", "b", "a", "b"], Label("g", "ordered", bins=2), "'g' cannot be cut into bins"),
        (["a", "b", "c", "b", "a", "b"], Label("g", "cyclic", order=("a", "b")), "Classes 'c' of factor 'g'"),
        (["a", "b", "c", "b", "a", "b"], Label("mood"), "'mood' among 'g'"),
    ],
)
@pytest.mark.filterwarnings("ignore::divecast.errors.DataWarning")
def test_labels_that_cannot_be_used(cells, factor, message):
    with pytest.raises(DataError, match=message):
        fitted(cells, factor, 4)


def test_more_classes_than_there_are_indices():
    with pytest.raises(DataError, match="'g' has 32,768 classes in the training part, more than 32,767"):
        fitted(np.arange(32_770.0), Label("g"), 32_768)


def test_a_class_unseen_in_training():
    panel, parts = labelled(["a", "b", "a", "b", "a", "c"], 4)
    factors = as_factors(["g"])
    vocabularies = fit_vocabularies(panel, factors, parts.train)
    with pytest.raises(
        DataError, match=r"'g'.*only in the test part.*: 'c', first in row 5 \(2024-01-01T05:00:00 UTC\)"
    ):
        check_seen(panel, factors, vocabularies, parts)


def test_a_class_of_recordings_unseen_in_training_is_named_and_counts_as_missing():
    labels = {"g": ["a", "b", "a", "c"]}
    source = Recordings.from_arrays([np.zeros((9, 1), np.float32)] * 4, labels, rate=1.0)
    parts = split(source, ByRecording(2, 1, 1))
    factors = as_factors(["g"])
    vocabularies = fit_vocabularies(source, factors, parts.train)
    unknown = sorted({"a", "b", "c"} - set(vocabularies[0].classes))
    with pytest.warns(DataWarning, match=f"without a label in the training part: '{unknown[0]}'"):
        check_seen(source, factors, vocabularies, parts)
    assert (encode_labels(source, factors, vocabularies) == -1).any()


def test_missing_labels_are_not_unseen():
    panel, parts = labelled(["a", "b", "a", "b", "a", None], 4)
    vocabularies = fit_vocabularies(panel, as_factors(["g"]), parts.train)
    check_seen(panel, as_factors(["g"]), vocabularies, parts)
    assert encode_labels(panel, as_factors(["g"]), vocabularies)[:, 0].tolist() == [0, 1, 0, 1, 0, -1]


def hourly(n_rows, tz="UTC"):
    return Panel.from_array(np.zeros((n_rows, 1), np.float32), "2023-01-01", "1h", tz=tz)


def test_calendar_factors_are_read_in_their_zone():
    panel = hourly(24 * 100)
    factors = as_factors(["hour", Calendar("weekday", tz="America/New_York")])
    vocabularies = fit_vocabularies(panel, factors, split(panel, ByTime()).train)
    codes = encode_labels(panel, factors, vocabularies)
    assert codes[:3, 0].tolist() == [0, 1, 2]
    # 2023-01-01 was a Sunday; until 05:00 UTC it is still Saturday in New York.
    names = [vocabularies[1].classes[code] for code in codes[:6, 1]]
    assert names == ["Sat"] * 5 + ["Sun"]
    assert codes.dtype == np.int16


def test_clock_change_in_the_hour_factor():
    wall = hourly(24 * 365, tz="Europe/Berlin")
    factors = as_factors(["hour"])
    codes = encode_labels(wall, factors, fit_vocabularies(wall, factors, split(wall, ByTime()).train))[:, 0]
    spring = wall.clock.row_of("2023-03-26 00:00")
    autumn = wall.clock.row_of("2023-10-29 00:00")
    assert codes[spring : spring + 4].tolist() == [0, 1, 3, 4]
    assert codes[autumn : autumn + 5].tolist() == [0, 1, 2, 2, 3]


def test_calendar_classes_partly_seen_keep_their_cyclic_order():
    panel = Panel.from_array(np.zeros((100, 1), np.float32), "2023-01-01T22:00", "6h")
    vocabulary = fit_vocabularies(panel, as_factors(["hour"]), split(panel, ByTime()).train)[0]
    assert vocabulary.classes == ("04", "10", "16", "22")
    assert vocabulary.kind == "cyclic"


def test_a_month_that_training_never_saw():
    panel = hourly(24 * 120)
    parts = split(panel, ByTime())
    factors = as_factors(["month"])
    vocabularies = fit_vocabularies(panel, factors, parts.train)
    with pytest.raises(
        DataError, match=r"'month'.*validation part.*: 'Apr', first in row 2160 \(2023-04-01T00:00:00 UTC\)"
    ):
        check_seen(panel, factors, vocabularies, parts)


def test_bins_of_numbers_that_are_mostly_the_highest():
    with pytest.warns(DataWarning, match="2 bins"):
        vocabulary, codes = fitted([9, 9, 1, 9, 9, 9, 9, 8], Label("g", "ordered", bins=3), 6)
    assert (vocabulary.edges, codes) == ((9,), [1, 1, 0, 1, 1, 1, 1, 0])


def test_recordings_have_no_calendar():
    data = Recordings.from_arrays([np.zeros((20, 1))])
    with pytest.raises(DataError, match=r"calendar factor hour.*Label\('hour'\)"):
        fit_vocabularies(data, as_factors(["hour"]), split(data, ByTime()).train)


def test_labels_of_recordings():
    data = Recordings.from_arrays([np.zeros((n, 1)) for n in (2, 3, 4)], {"side": ["left", "right", None]})
    parts = split(data, ByTime(1, 1, 1))
    vocabularies = fit_vocabularies(data, as_factors(["side"]), split(data, ByTime(8, 1, 0)).train)
    codes = encode_labels(data, as_factors(["side"]), vocabularies)
    assert codes[:, 0].tolist() == [0, 0, 1, 1, 1, -1, -1, -1, -1]
    check_seen(data, as_factors(["side"]), vocabularies, parts)


def test_without_factors():
    panel, parts = labelled(["a", "b", "a", "b"], 2)
    assert fit_vocabularies(panel, (), parts.train) == ()
    assert encode_labels(panel, (), ()).shape == (4, 0)


def test_labels_of_many_digits_stay_apart():
    """float64 has no 2^53 + 1: as a number it would be the label before it."""
    numbers = [2**53, 2**53 + 1, 2**53, 2**53 + 1]
    for cells in (numbers, np.array(numbers)):
        panel, parts = labelled(label_array(cells), 2)
        assert fit_vocabularies(panel, as_factors(["g"]), parts.train)[0].n_classes == 2
    assert label_array([10**400, 1]).tolist() == [str(10**400), "1"]


def per_series(cells, n_train):
    """A panel of two series with label column "g" per series, and its parts."""
    plain = Panel.from_array(np.zeros((len(cells), 2), np.float32), "2024-01-01", "1h", ["north", "south"])
    column = label_array([cell for pair in cells for cell in pair]).reshape(-1, 2)
    rest = (len(cells) - n_train) / 2
    return replace(plain, labels={"g": column}), split(plain, ByTime(n_train, rest, rest))


def test_labels_of_series_are_counted_over_all_of_them():
    panel, parts = per_series([("b", "a"), (None, "b"), ("c", "b"), ("a", None)], 2)
    (vocabulary,) = fit_vocabularies(panel, [Label("g")], parts.train)
    assert vocabulary == Vocabulary("g", "plain", ("a", "b"), (1 / 3, 2 / 3), per_series=True)
    indices = encode_series_labels(panel, Label("g"), vocabulary)
    assert indices.tolist() == [[1, 0], [-1, 1], [-1, 1], [0, -1]]
    assert indices.dtype == np.int16
    assert encode_labels(panel, [Label("g")], [vocabulary]).tolist() == [[-1]] * 4


def test_bins_of_labels_of_series():
    panel, parts = per_series([(0, 1), (2, 3), (4, 5), (6, None)], 2)
    (vocabulary,) = fit_vocabularies(panel, [Label("g", "ordered", bins=2)], parts.train)
    assert vocabulary.frequencies == (0.25, 0.75)
    indices = encode_series_labels(panel, Label("g", "ordered", bins=2), vocabulary)
    assert indices.tolist() == [[0, 1], [1, 1], [1, 1], [1, -1]]


def test_a_class_that_only_a_later_part_of_a_series_has_is_named_with_its_series():
    panel, parts = per_series([("b", "a"), (None, "b"), ("a", "c"), ("a", None)], 2)
    vocabularies = fit_vocabularies(panel, [Label("g")], parts.train)
    with pytest.raises(DataError, match=r"'c', first in row 2 .* of series 'south'"):
        check_seen(panel, [Label("g")], vocabularies, parts)


def test_a_shared_label_is_that_of_every_series():
    panel, parts = labelled(["a", "b", "a", None], 2)
    (vocabulary,) = fit_vocabularies(panel, [Label("g")], parts.train)
    assert encode_series_labels(panel, Label("g"), vocabulary).tolist() == [[0], [1], [0], [-1]]
    assert encode_series_labels(panel, Label("h"), vocabulary, absent_labels=True).tolist() == [[-1]] * 4
    hours = fit_vocabularies(panel, as_factors(["hour"]), parts.train)[0]
    assert encode_series_labels(panel, Calendar("hour"), hours).tolist() == [[0], [1], [-1], [-1]]


def test_labels_of_series_are_refused_where_the_vocabulary_is_of_rows():
    panel, _ = per_series([("b", "a"), ("a", "b"), ("a", "b"), ("a", "b")], 2)
    vocabulary = Vocabulary("g", "plain", ("a", "b"), (0.5, 0.5))
    with pytest.raises(DataError, match="label per series"):
        encode_labels(panel, [Label("g")], [vocabulary])


def test_a_vocabulary_of_series_survives_json():
    vocabulary = Vocabulary("g", "plain", ("a", "b"), (0.5, 0.5), per_series=True)
    assert Vocabulary.from_dict(json.loads(json.dumps(vocabulary.to_dict()))) == vocabulary
