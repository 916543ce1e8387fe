"""The ridge baseline learns planted maps, uses labels and keeps the contract."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from divecast.baselines import Baseline, PerChannelRidge
from divecast.errors import DataError, NotFittedError
from divecast.types import Batch


def world(windows: int, noise: float = 0.0) -> Batch:
    """Two channels; the future is the last value plus a bonus for the class of the one factor."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(windows, 4, 2, generator=draw)
    labels = torch.randint(0, 3, (windows, 1), generator=draw)
    bonus = torch.tensor([-1.0, 0.0, 2.0])[labels].unsqueeze(2)
    y = x[:, -1:].expand(-1, 3, -1) + bonus + noise * torch.randn(windows, 3, 2, generator=draw)
    return Batch(x, y.clone(), labels)


def batches(batch: Batch, size: int = 1000) -> Iterator[Batch]:
    for rows in torch.arange(len(batch.x)).split(size):
        yield Batch(batch.x[rows], batch.y[rows], batch.labels[rows])


def error(baseline: Baseline, batch: Batch, target: Tensor | None = None) -> float:
    return float((baseline.forecast(batch) - (batch.y if target is None else target)).abs().max())


def test_learns_the_window_and_the_labels_in_one_pass() -> None:
    batch = world(600)
    fitted = PerChannelRidge(penalty=1e-8).fit(batches(batch, size=64), (3,))
    assert error(fitted, batch) < 1e-3


def test_without_factors_the_labels_are_not_there_to_use() -> None:
    batch = world(600)
    plain = Batch(batch.x, batch.y, batch.labels[:, :0])
    fitted = PerChannelRidge(penalty=1e-8).fit(batches(plain), ())
    assert error(fitted, plain) > 0.5


def test_missing_label_adds_nothing() -> None:
    batch = world(600)
    fitted = PerChannelRidge(penalty=1e-8).fit(batches(batch), (3,))
    unlabelled = Batch(batch.x, batch.y, torch.full_like(batch.labels, -1))
    assert error(fitted, unlabelled, batch.x[:, -1:].expand(-1, 3, -1)) < 1e-3


def test_residual_scale_is_the_noise() -> None:
    fitted = PerChannelRidge().fit(batches(world(4000, noise=0.3)), (3,))
    assert fitted.weights is not None
    assert fitted.weights.residual_scale.numpy() == pytest.approx(0.3, rel=0.05)


def test_forecast_before_fit() -> None:
    with pytest.raises(NotFittedError, match="not fitted"):
        PerChannelRidge().forecast(world(2))


def test_no_batches() -> None:
    with pytest.raises(DataError, match="at least one batch of windows, got none"):
        PerChannelRidge().fit([], (3,))
