"""The closed form of q(b|x) of recordings."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from divecast import DeepDIVE, TrainingConfig
from divecast.fit import read_classes
from divecast.fit.read_classes import ridge
from divecast.model.marginal import RBFBlocks
from worlds import SMALL, moves


def _left_out(x: torch.Tensor, y: torch.Tensor, groups: np.ndarray, penalty: float) -> float:
    """Errors of fits without each group."""
    error = 0.0
    for group in np.unique(groups):
        out = torch.from_numpy(groups == group)
        gram = x[~out].T @ x[~out] + penalty * x.shape[1] * torch.eye(x.shape[1], dtype=x.dtype)
        weight = torch.linalg.solve(gram, x[~out].T @ y[~out])
        error += float((y[out] - x[out] @ weight).square().sum())
    return error


@pytest.mark.parametrize("noise", [0.1, 30.0])
def test_the_penalty_is_that_of_fits_without_each_group(noise: float, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = torch.Generator().manual_seed(3)
    x = torch.randn(60, 8, generator=draw, dtype=torch.float64)
    y = x[:, :2] + noise * torch.randn(60, 2, generator=draw, dtype=torch.float64)
    groups = np.arange(60) // 7
    penalties = (1e-3, 1e-1, 10.0, 1000.0)
    monkeypatch.setattr(read_classes, "_PENALTIES", penalties)
    best = min(penalties, key=lambda penalty: _left_out(x, y, groups, penalty))
    gram = x.T @ x + best * 8 * torch.eye(8, dtype=x.dtype)
    torch.testing.assert_close(ridge(x, y, groups), torch.linalg.solve(gram, x.T @ y))


def _path(model: DeepDIVE) -> RBFBlocks:
    path = model.fitted_model.network.marginal
    assert isinstance(path, RBFBlocks)
    return path


@pytest.mark.slow
def test_a_model_of_recordings_reads_by_it_and_comes_back_from_a_file(tmp_path: Path) -> None:
    training, model = TrainingConfig(epochs=1), replace(SMALL, encoder=replace(SMALL.encoder, closed_form=True))
    fitted = DeepDIVE(8, 32, ["move", "side"], model=model, training=training).fit(moves(), progress=False)
    reader = _path(fitted).reader
    assert reader is not None
    assert reader.solved()
    x = torch.randn(3, 32, len(fitted.fitted_model.channels))
    for scores in reader(x):
        torch.testing.assert_close(scores.sum(1), torch.ones(3), atol=1e-3, rtol=0.0)
    fitted.save(tmp_path / "model")
    own, loaded = (model.infer_labels(moves(), "test") for model in (fitted, DeepDIVE.load(tmp_path / "model")))
    for one, two in zip(own.probabilities, loaded.probabilities, strict=True):
        np.testing.assert_array_equal(one, two)


def test_there_is_none_unless_it_is_asked_for(moves_model: DeepDIVE) -> None:
    assert _path(moves_model).reader is None
