"""The last fit on all rows: what it takes from validation, what it learns anew, and what it says of its parts."""

from pathlib import Path

import numpy as np
import pytest
import torch

from divecast import ByRecording, ByTime, DataWarning, DeepDIVE, TrainingConfig
from divecast.data import Part, fit_scale, split
from divecast.train.history import EpochRecord
from worlds import SMALL, hours, moves

PANEL = hours(weeks=2).panel


class Watch:
    """Notes the steps of every training and whether its epochs are validated; may stop within the second training."""

    def __init__(self, stop: bool = False) -> None:
        self.stop = stop
        self.steps: list[int] = []
        self.validated: list[list[bool]] = []

    def on_start(self, step: int, n_steps: int) -> None:
        self.steps.append(n_steps)
        self.validated.append([])

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        """Nothing."""

    def on_epoch(self, record: EpochRecord) -> None:
        self.validated[-1].append(bool(record.valid))
        if self.stop and len(self.steps) == 2:
            raise KeyboardInterrupt

    def on_end(self) -> None:
        """Nothing."""


WATCH = Watch()


def model() -> DeepDIVE:
    training = TrainingConfig(epochs=2, batch_size=64, learning_rate=1e-2)
    return DeepDIVE(6, 24, ["hour", "weekend"], model=SMALL, training=training)


@pytest.fixture(scope="module")
def first() -> DeepDIVE:
    return model().fit(PANEL, progress=False)


@pytest.fixture(scope="module")
def second() -> DeepDIVE:
    return model().fit(PANEL, progress=False, refit=True, callbacks=[WATCH])


def test_it_learns_from_all_rows_with_the_intervals_and_shares_of_the_first_fit(
    first: DeepDIVE, second: DeepDIVE
) -> None:
    one, two = first.fitted_model, second.fitted_model
    everything = fit_scale(PANEL, Part(np.array([0]), np.array([len(PANEL.values)])))
    np.testing.assert_array_equal(two.scale.spread, everything.spread)
    assert torch.equal(two.calibration.quantiles, one.calibration.quantiles)
    assert torch.equal(two.network.forecaster.shares, one.network.forecaster.shares)
    assert not torch.equal(two.network.forecaster.linear.weight, one.network.forecaster.linear.weight)
    cut = split(PANEL, ByTime()).train.stop[0]
    assert one.provenance.trained_until == str(PANEL.clock.at(np.array([cut - 1]))[0])
    assert two.provenance.trained_until == two.provenance.until == one.provenance.until


def test_what_validation_says_in_original_units_stays_as_it_is(first: DeepDIVE, second: DeepDIVE) -> None:
    def of(model: DeepDIVE) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        fitted = model.fitted_model
        center, spread = (torch.from_numpy(each) for each in (fitted.scale.center, fitted.scale.spread))
        recalibration, usual = fitted.network.forecaster.recalibration, fitted.network.forecaster.departures.usual
        return recalibration.knots * spread + center, recalibration.shift * spread, usual * spread

    assert not np.allclose(first.fitted_model.scale.spread, second.fitted_model.scale.spread, rtol=1e-3)
    for before, after in zip(of(first), of(second), strict=True):
        torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-2)


def test_it_makes_the_passes_of_the_best_epoch_without_validation(second: DeepDIVE) -> None:
    best = second.history.best_epoch
    assert best is not None
    assert WATCH.validated[1] == [False] * (best + 1)
    n_windows = len(PANEL.values) - 24 - 6 + 1
    assert WATCH.steps[1] == (best + 1) * (n_windows // 64)


def test_it_says_that_no_part_is_held_out(first: DeepDIVE, second: DeepDIVE, tmp_path: Path) -> None:
    second.save(tmp_path / "m.safetensors")
    again = DeepDIVE.load(tmp_path / "m.safetensors")
    assert again.info()["refit"]
    assert not first.info()["refit"]
    with pytest.warns(DataWarning, match="The test part is not held out: the last fit took all rows"):
        again.evaluate(PANEL, baselines=False, every=50)
    again.evaluate(PANEL, "train", baselines=False, every=50)


@pytest.mark.slow
def test_a_stopped_refit_resumes_to_the_same_weights(second: DeepDIVE, tmp_path: Path) -> None:
    path = tmp_path / "fit.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        model().fit(PANEL, progress=False, refit=True, checkpoint=path, callbacks=[Watch(stop=True)])
    resumed = model().fit(PANEL, progress=False, refit=True, checkpoint=path, resume=True)
    assert path.with_name("fit.checkpoint.refit").exists()
    for name, value in resumed.fitted_model.network.state_dict().items():
        assert torch.equal(value, second.fitted_model.network.state_dict()[name]), name


def test_recordings_are_all_taken() -> None:
    small = DeepDIVE(4, 16, ["move"], model=SMALL, training=TrainingConfig(epochs=1, batch_size=64, window_stride=5))
    recordings = moves()
    fitted = small.fit(recordings, ByRecording(6, 2, 2), progress=False, refit=True).fitted_model
    everything = fit_scale(recordings, Part(recordings.offsets[:-1], recordings.offsets[1:]))
    np.testing.assert_array_equal(fitted.scale.center, everything.center)
    assert fitted.provenance.refit
    assert fitted.provenance.until is None
