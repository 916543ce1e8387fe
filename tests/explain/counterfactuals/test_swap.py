"""Swaps of code between windows."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from divecast import ConfigError, DataWarning, DeepDIVE
from divecast.explain.counterfactuals.swap import Swap, swap_windows
from plain import plain_model
from worlds import hours

PANEL = hours().panel
AT = ["2024-01-20 05:00", "2024-01-22 12:00", "2024-01-24 18:00"]
OTHER = "2024-01-27 20:00"


@pytest.mark.parametrize("part", ["a", "b"])
@pytest.mark.parametrize("labels", ["known", "infer"])
def test_a_window_swapped_with_itself_is_the_same(hours_model: DeepDIVE, part: str, labels: str) -> None:
    found = hours_model.swap_codes(PANEL, at=AT, other=AT, block=part, labels=labels)
    np.testing.assert_array_equal(found.difference, 0.0)
    np.testing.assert_array_equal(found.counterfactual_window.mean, found.factual_window.mean)


def test_a_and_b_together_give_the_other_window_back(hours_model: DeepDIVE) -> None:
    """The reconstruction goes through the code and its classes: b of a window with its a is that window.

    Both windows are of one class of weekend from their first row to the last of the future.
    """
    thursday, sunday = "2024-01-25 14:00", "2024-01-28 10:00"
    theirs = hours_model.swap_codes(PANEL, at=sunday, other=thursday, block="a")
    ours = hours_model.swap_codes(PANEL, at=thursday, other=sunday, block="b")
    np.testing.assert_allclose(theirs.counterfactual_window.mean, ours.counterfactual_window.mean, rtol=1e-5, atol=1e-4)
    assert np.abs(ours.counterfactual_window.mean - ours.factual_window.mean).max() > 0.0


def test_b_of_a_window_of_known_labels_is_its_classes(hours_model: DeepDIVE) -> None:
    swapped = hours_model.swap_codes(PANEL, at=AT, other=OTHER)
    asked = hours_model.what_if(PANEL, at=AT, to={"hour": "19", "weekend": "yes"}, unlabelled_code="kept")
    np.testing.assert_array_equal(swapped.difference, asked.difference)
    np.testing.assert_array_equal(swapped.after.names, asked.after.names)


def test_one_block_of_b(hours_model: DeepDIVE) -> None:
    swapped = hours_model.swap_codes(PANEL, at=AT, other=OTHER, factors=["weekend"])
    asked = hours_model.what_if(PANEL, at=AT, factor="weekend", to="yes", unlabelled_code="kept")
    np.testing.assert_array_equal(swapped.difference, asked.difference)
    np.testing.assert_array_equal(swapped.after.names[:, 0], swapped.before.names[:, 0])


def test_mistakes(hours_model: DeepDIVE) -> None:
    for wrong, said in (
        ({"other": AT[:2]}, "one for each of the 3, got 2"),
        ({"other": OTHER, "block": "c"}, '"a" or "b"'),
        ({"other": OTHER, "factors": ["month"]}, "month"),
        ({"other": OTHER, "block": "a", "factors": ["hour"]}, "do not apply to block a"),
        ({"other": OTHER, "factors": None}, "a sequence of factors"),
        ({"other": OTHER, "factors": "hour"}, r"Write \['hour'\]"),
    ):
        with pytest.raises(ConfigError, match=said):
            hours_model.swap_codes(PANEL, at=AT, **wrong)


def test_without_labels_only_a_can_be_swapped() -> None:
    plain = plain_model()
    with pytest.raises(ConfigError, match='Pass "a" as block='):
        plain.swap_codes(PANEL, at=AT, other=OTHER)
    found = plain.swap_codes(PANEL, at=AT, other=OTHER, block="a")
    assert np.abs(found.counterfactual_window.mean - found.factual_window.mean).max() > 0.0
    assert found.before.names.shape == (3, 0)
    assert "difference" in found.frame().column_names


def test_an_a_that_is_not_read_changes_the_window_alone(hours_model: DeepDIVE) -> None:
    fitted = hours_model.fitted_model
    network = copy.deepcopy(fitted.network)
    network.forecaster_reads_a = False
    windows, other = (fitted.windows(PANEL, "test", every=each) for each in (5, 5))
    with pytest.warns(DataWarning, match="does not read a"):
        found = swap_windows(replace(fitted, network=network), windows, other.subset([0]), Swap("a"), ())
    assert np.abs(found.difference).max() == 0.0
    assert not np.array_equal(found.factual_window.mean, found.counterfactual_window.mean)
