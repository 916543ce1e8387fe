"""How labels go together: known answers, and what is drawn of them."""

from dataclasses import replace

import numpy as np

from divecast.plots import LabelCorrelationDisplay
from divecast.plots.label_association import class_correlation, label_association
from plots.drawn import ODD_NAME, columns, only, says
from worlds import moves

ONE = np.array([0, 0, 1, 1, 2, 2] * 200)
SAME = np.array([1, 1, 0, 0, 0, 0] * 200)  # a function of ONE
OTHER = np.array([0, 1] * 600)  # independent of it


def test_association_is_one_for_a_function_and_none_for_independent_labels():
    found = label_association((ONE, SAME, OTHER))
    np.testing.assert_allclose(found, [[1, 1, 0], [1, 1, 0], [0, 0, 1]], atol=0.03)
    np.testing.assert_array_equal(found, found.T)


def test_the_bias_of_few_rows_is_put_right():
    draw = np.random.default_rng(0)
    found = [label_association((draw.integers(0, 14, 100), draw.integers(0, 5, 100)))[0, 1] for _ in range(50)]
    assert np.mean(found) < 0.12  # without the correction it is 0.36


def test_correlation_of_classes_is_that_of_their_indicators():
    found = class_correlation((ONE, SAME), (3, 2))
    first = np.corrcoef([ONE == 0, ONE == 1, ONE == 2, SAME == 0, SAME == 1])
    np.testing.assert_allclose(found[:3, 3:], first[:3, 3:])
    assert np.isnan(found[:3, :3]).all()
    assert np.isnan(found[3:, 3:]).all()


def test_a_class_that_never_occurs_has_no_correlation():
    found = class_correlation((ONE, SAME), (4, 2))
    assert np.isnan(found[3]).all()


def test_the_table_holds_what_is_drawn(moves_model):
    found = LabelCorrelationDisplay.from_labels(moves_model.infer_labels(moves()))
    left, right = found.plot().axes[:2]
    table = columns(found)
    np.testing.assert_array_equal(table["correlation"].reshape(4, 4), right.images[0].get_array().filled(np.nan))
    pair = only(table, factor="move", other_factor="side")
    np.testing.assert_array_equal(pair["association"], np.full(4, left.images[0].get_array()[0, 1]))


def test_windows_that_lack_a_label_are_left_out(moves_model):
    labels = moves_model.infer_labels(moves())
    kept = labels.given[labels.given.min(axis=1) >= 0]
    assert len(kept) < len(labels.given)
    expected = np.corrcoef(kept[:, 0] == 0, kept[:, 1] == 1)[0, 1]
    np.testing.assert_allclose(LabelCorrelationDisplay.from_labels(labels).correlation[0, 3], expected)


def test_no_labels_at_all_are_drawn_as_unknown(moves_model):
    labels = moves_model.infer_labels(moves())
    bare = LabelCorrelationDisplay.from_labels(replace(labels, given=np.full_like(labels.given, -1)))
    assert np.isnan(bare.correlation).all()
    assert says(bare.plot(), "?")


def test_names_are_shown_as_they_are(moves_model):
    labels = replace(moves_model.infer_labels(moves()), factors=(ODD_NAME, "side"))
    assert says(LabelCorrelationDisplay.from_labels(labels).plot(), ODD_NAME)
