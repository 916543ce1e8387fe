"""The shares of the correction: what the squared error says, found by trying, and how far few windows are believed."""

import copy
import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from divecast import ByTime, DeepDIVE
from divecast.data import Windows, split
from divecast.fit.shrink_correction import CorrectionSums, common_evidence, correction_shares, shrink_correction
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches, predict
from worlds import hours

PANEL = hours().panel
MANY = 1e9


@pytest.fixture
def stirred(hours_model: DeepDIVE) -> FittedModel:
    """A model whose correction is far too large."""
    fitted = hours_model.fitted_model
    fitted = replace(fitted, network=copy.deepcopy(fitted.network))
    fitted.network.forecaster.shares.mul_(20.0)
    return fitted


def valid_windows(fitted: FittedModel) -> Windows:
    return fitted.windows_of(PANEL, split(PANEL, ByTime(3, 1, 1)).valid, "score")


def errors(fitted: FittedModel, shares: Tensor) -> Tensor:
    """Mean squared error of each channel in the validation part, with these shares."""
    former = fitted.network.forecaster.shares.clone()
    fitted.network.forecaster.shares.copy_(shares)
    missed = [
        predict(fitted, batch, "known").forecast.mean - batch.y for batch in batches(fitted, valid_windows(fitted))
    ]
    fitted.network.forecaster.shares.copy_(former)
    return torch.cat(missed).square().nanmean((0, 1))


def test_no_other_share_forecasts_a_channel_better_in_the_validation_part(stirred: FittedModel) -> None:
    whole = stirred.network.forecaster.shares.clone()
    share = correction_shares(stirred, valid_windows(stirred), MANY)
    assert ((share > 0.0) & (share < 1.0)).any()
    least = errors(stirred, share * whole)
    for other in (0.0, 0.95, 1.05, 1.0 / share.max()):
        kept = (other * share).clamp(0.0, 1.0)
        assert (errors(stirred, kept * whole) >= least * (1 - 1e-6)).all()


def test_the_fewer_windows_the_more_of_the_linear_path(stirred: FittedModel) -> None:
    valid = valid_windows(stirred)
    best = correction_shares(stirred, valid, MANY)
    torch.testing.assert_close(correction_shares(stirred, valid, 0.0), best / (1.0 + math.e))
    some, more = (correction_shares(stirred, valid, n) for n in (3.0, 30.0))
    assert (some <= more + 1e-6).all()
    assert (more <= best + 1e-6).all()


def sums_of(missed: Tensor, correction: Tensor) -> CorrectionSums:
    """Return the sums of windows of one step, (window, channel)."""
    products, corrections = missed * correction, correction.square()
    return CorrectionSums(missed.square().sum(0), products.sum(0), corrections.sum(0), products, corrections)


def test_channels_that_gain_together_are_believed_with_few_windows() -> None:
    """Twenty windows, as good as five independent ones, in which a correction removes a half of each error."""
    draw = torch.Generator().manual_seed(0)
    missed = torch.randn(20, 30, generator=draw)
    alike = sums_of(missed, 0.5 * missed)
    noise = torch.randn(20, 30, generator=draw)
    unlike = sums_of(missed, noise)
    assert common_evidence(alike, 5.0) > 10.0
    assert common_evidence(unlike, 5.0) == 0.0
    assert common_evidence(alike, 0.0) == 0.0


def test_shrinking_keeps_the_shares_and_tells_their_mean(stirred: FittedModel) -> None:
    valid = valid_windows(stirred)
    whole, share = stirred.network.forecaster.shares.clone(), correction_shares(stirred, valid, MANY)
    found = shrink_correction(stirred, valid, MANY)
    torch.testing.assert_close(found.network.forecaster.shares, whole * share)
    assert found.provenance.correction == pytest.approx(float(share.mean()))


def test_a_correction_that_only_harms_is_left_out(stirred: FittedModel) -> None:
    best = correction_shares(stirred, valid_windows(stirred), MANY)
    stirred.network.forecaster.shares.mul_(-1.0)
    harmful = correction_shares(stirred, valid_windows(stirred), MANY)
    assert not harmful[best > 0.0].any()


def test_without_a_correction_there_is_nothing_to_shrink(stirred: FittedModel) -> None:
    stirred.network.forecaster.shares.zero_()
    assert (correction_shares(stirred, valid_windows(stirred), MANY) == 1.0).all()
