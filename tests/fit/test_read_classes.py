"""The closed form of q(b|x) of recordings."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from divecast import DeepDIVE, TrainingConfig
from divecast.model.marginal import RBFBlocks
from worlds import SMALL, moves


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


def test_there_is_none_in_a_panel(hours_model: DeepDIVE) -> None:
    assert _path(hours_model).reader is None
