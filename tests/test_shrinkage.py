"""The share of the correction: what the squared error says, found by trying."""

import copy
from dataclasses import replace

import pytest
import torch

from divecast import ByTime, DeepDIVE
from divecast.data import split
from divecast.fitted import Fitted
from divecast.inference import batches, predict, windows_of
from divecast.shrinkage import correction_share, shrunk
from worlds import hours

PANEL = hours().panel


@pytest.fixture
def stirred(hours_model: DeepDIVE) -> Fitted:
    """A model whose correction is far too large."""
    fitted = hours_model._need_fitted()
    fitted = replace(fitted, network=copy.deepcopy(fitted.network))
    fitted.network.forecaster.scale_correction(2.5)
    return fitted


def error(fitted: Fitted) -> float:
    windows = windows_of(fitted, PANEL, split(PANEL, ByTime(3, 1, 1)).valid, "score")
    missed = [predict(fitted, batch, "known").forecast.mean - batch.y for batch in batches(fitted, windows)]
    return float(torch.cat(missed).square().nanmean())


def test_no_other_share_forecasts_the_validation_part_better(stirred: Fitted) -> None:
    valid = windows_of(stirred, PANEL, split(PANEL, ByTime(3, 1, 1)).valid, "score")
    share = correction_share(stirred, valid)
    assert 0.05 < share < 0.95
    whole = error(stirred)
    best = shrunk(stirred, valid)
    assert best.about["correction"] == share
    least = error(best)
    assert least < whole
    for other in (0.95, 1.05):
        best.network.forecaster.scale_correction(other)
        assert error(best) > least
        best.network.forecaster.scale_correction(1 / other)


def test_a_correction_that_only_harms_is_left_out(stirred: Fitted) -> None:
    valid = windows_of(stirred, PANEL, split(PANEL, ByTime(3, 1, 1)).valid, "score")
    stirred.network.forecaster.scale_correction(-1.0)
    assert correction_share(stirred, valid) == 0.0


def test_without_a_correction_there_is_nothing_to_shrink(stirred: Fitted) -> None:
    valid = windows_of(stirred, PANEL, split(PANEL, ByTime(3, 1, 1)).valid, "score")
    stirred.network.forecaster.scale_correction(0.0)
    assert correction_share(stirred, valid) == 1.0
