"""Ridge regression of classes on a Gram matrix."""

import numpy as np
import pytest
import torch

from divecast.fit import class_ridge
from divecast.fit.class_ridge import ClassRidge


def _direct(x: torch.Tensor, y: torch.Tensor, weight: torch.Tensor, penalty: float) -> torch.Tensor:
    """Return weights and bias of the normal equations, the bias without a penalty."""
    wide = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
    penalties = torch.full((wide.shape[1],), penalty * x.shape[1], dtype=x.dtype)
    penalties[-1] = 0.0
    return torch.linalg.solve(wide.T @ (weight[:, None] * wide) + torch.diag(penalties), wide.T @ (weight[:, None] * y))


def _drawn(noise: float) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(3)
    x = torch.randn(60, 8, generator=draw, dtype=torch.float64)
    return x, x[:, :2] + noise * torch.randn(60, 2, generator=draw, dtype=torch.float64) + 3.0


def test_it_is_the_weighted_ridge_regression_with_a_free_bias() -> None:
    x, y = _drawn(1.0)
    weight = torch.linspace(0.1, 2.0, 60, dtype=torch.float64)
    found = ClassRidge.of(x @ x.T / 8, y, weight, 0.3)
    direct = _direct(x, y, weight, 0.3)
    torch.testing.assert_close(x.T @ found.dual / 8, direct[:-1])
    torch.testing.assert_close(found.bias, direct[-1])
    torch.testing.assert_close(found.scores(x @ x.T / 8), x @ direct[:-1] + direct[-1])


@pytest.mark.parametrize("noise", [0.1, 30.0])
def test_the_penalty_and_the_error_are_those_of_fits_without_each_group(
    noise: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = _drawn(noise)
    groups, weight = np.arange(60) // 7, torch.ones(60, dtype=torch.float64)
    penalties = (1e-3, 1e-1, 10.0, 1000.0)
    monkeypatch.setattr(class_ridge, "_PENALTIES", penalties)

    def left_out(penalty: float) -> float:
        error = 0.0
        for group in np.unique(groups):
            out = torch.from_numpy(groups == group)
            direct = _direct(x[~out], y[~out], weight[~out], penalty)
            error += float((y[out] - x[out] @ direct[:-1] - direct[-1]).square().sum())
        return error / 60

    found = ClassRidge.chosen(x @ x.T / 8, y, groups)
    assert found.penalty == min(penalties, key=left_out)
    assert found.error == pytest.approx(left_out(found.penalty))
