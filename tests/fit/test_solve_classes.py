"""Scores of classes as logits: how sure they may be."""

import numpy as np
import pytest
import torch
from torch import Tensor

from divecast.fit.solve_classes import sharpness


def told_apart(n_recordings: int, noise: float) -> tuple[Tensor, Tensor, int, np.ndarray, None]:
    """Return what ``sharpness`` takes, of recordings of ten windows, whose two classes one feature of many tells."""
    generator = torch.Generator().manual_seed(0)
    recordings = np.repeat(np.arange(n_recordings), 10)
    labels = torch.from_numpy(recordings % 2)
    features = noise * torch.randn(len(labels), 40, generator=generator)
    features[:, :10] += 2.0 * labels[:, None] - 1.0
    standard = (features - features.mean(0)) / features.std(0)
    return standard @ standard.T / 40, labels, 2, recordings, None


def test_few_recordings_leave_scores_as_sharp_as_usual_and_many_decide() -> None:
    one, few, many = (sharpness(*told_apart(n, 0.3)) for n in (1, 6, 200))
    assert one == pytest.approx(3.0, rel=0.1)  # nothing can be left out
    assert one < few < 5.0 < 6.5 < many


def test_scores_that_tell_nothing_are_not_sharp() -> None:
    gram, labels, *rest = told_apart(60, 0.3)
    mixed = labels[np.repeat(np.random.default_rng(0).permutation(60), 10) * 10]
    assert sharpness(gram, mixed, *rest) < 1.5
