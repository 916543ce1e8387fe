"""Fits to recordings whose windows are reconstructed as movements."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from divecast import ByRecording, DeepDIVE, TrainingConfig
from worlds import SMALL, moves

WIDE = replace(SMALL, code=replace(SMALL.code, n_conditional=8))


def fitted(labels: str = "blocks") -> DeepDIVE:
    """A short fit to recordings, with eight dimensions of a."""
    config = replace(WIDE, code=replace(WIDE.code, labels=labels))
    training = TrainingConfig(epochs=2, batch_size=128, learning_rate=1e-2, window_stride=4)
    model = DeepDIVE(5, 40, ["move", "side"], model=config, training=training)
    return model.fit(moves(), ByRecording(6, 1, 1, group="person"), progress=False)


@pytest.mark.slow
def test_a_movement_is_given_back_asked_for_and_kept_in_a_file(tmp_path: Path) -> None:
    model, data = fitted(), moves()
    given_back = model.reconstruct(data, "test")
    spread = given_back.truth.std((0, 1))
    assert np.abs((given_back.mean - given_back.truth) / spread).mean() < 0.3
    answer = model.what_if(data, factor="move", to="fast", at=list(data.names)[:4])
    turns = (np.diff(np.sign(answer.counterfactual_window.mean[..., 0]), axis=1) != 0).sum(1)
    assert (turns > 10).all()  # 4 seconds at 2 Hz cross the middle about sixteen times
    path = tmp_path / "model.safetensors"
    model.save(path)
    again = DeepDIVE.load(path)
    assert np.array_equal(again.reconstruct(data, "test").mean, given_back.mean)
    drawn = again.sample(4, {"move": "slow"}, noise=True)
    assert np.isfinite(drawn.x).all()


@pytest.mark.slow
@pytest.mark.parametrize("labels", ["given", "latent", "unused", "merged"])
def test_any_use_of_labels_has_a_movement(labels: str) -> None:
    model = fitted(labels)
    assert model.fitted_model.network.movement is not None
    assert np.isfinite(model.reconstruct(moves(), "test").mean).all()
    assert np.isfinite(model.sample(3).x).all()
