"""An update: what it solves again, what it keeps, what it refuses, and that the former model stays as it was."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from divecast import DataError, DataWarning, DeepDIVE, Panel
from divecast.data import Part, fit_scale
from divecast.fit import update as updating
from laws import assert_same_bits, frozen
from worlds import hours, moves, told

NEWER = hours(weeks=9)
"""The panel of the session's model, and a week more."""


def copy_of(model: DeepDIVE, folder: Path) -> DeepDIVE:
    model.save(folder / "model.safetensors")
    return DeepDIVE.load(folder / "model.safetensors")


@pytest.fixture(scope="module")
def updated(hours_model: DeepDIVE, tmp_path_factory: pytest.TempPathFactory) -> DeepDIVE:
    before = frozen(hours_model.fitted_model.network)
    folder = tmp_path_factory.mktemp("update")
    model = copy_of(hours_model, folder).update(NEWER.panel, progress=False)
    assert_same_bits(frozen(hours_model.fitted_model.network), before)
    return copy_of(model, folder)


def test_it_solves_what_has_a_closed_form_on_all_rows(hours_model: DeepDIVE, updated: DeepDIVE) -> None:
    old, new = hours_model.fitted_model, updated.fitted_model
    everything = fit_scale(NEWER.panel, Part(np.array([0]), np.array([len(NEWER.panel.values)])))
    np.testing.assert_array_equal(new.scale.center, everything.center)
    assert new.effects is not None
    assert old.effects is not None
    assert not np.array_equal(new.effects.weight, old.effects.weight)
    for tensor in ("linear.weight", "enter.weight"):
        one, two = (fitted.network.forecaster.state_dict()[tensor] for fitted in (old, new))
        assert not torch.equal(one, two)
    assert not torch.equal(new.calibration.quantiles, old.calibration.quantiles)
    assert new.known_vocabularies == old.known_vocabularies


def test_it_records_the_update(hours_model: DeepDIVE, updated: DeepDIVE) -> None:
    old, new = hours_model.fitted_model.provenance, updated.fitted_model.provenance
    (record,) = new.updates
    assert (record.since, record.until) == (old.until, new.until)
    assert new.until == str(NEWER.panel.clock.at(np.array([len(NEWER.panel.values) - 1]))[0])
    assert record.n_rows == new.n_rows == len(NEWER.panel.values)
    assert record.calibrated == 1.0  # the fit's validation and test part and the new week are a fifth and more
    assert new.refit
    assert new.fingerprint == NEWER.panel.fingerprint()
    with pytest.warns(DataWarning, match="not held out"):
        updated.evaluate(NEWER.panel, baselines=False, every=50)


def test_it_forecasts_as_well_as_before_and_its_intervals_hold(hours_model: DeepDIVE, updated: DeepDIVE) -> None:
    later = hours(weeks=12).panel.rows(9 * 168, 12 * 168)
    before, after = (
        model.evaluate(later, "all", baselines=False).scores["DeepDIVE"].overall() for model in (hours_model, updated)
    )
    assert abs(after["coverage"] - 0.9) < 0.04
    assert after["mae"] < 1.01 * before["mae"]


def test_few_new_rows_count_little_for_the_intervals_of_a_model_of_all_rows(updated: DeepDIVE, tmp_path: Path) -> None:
    again = copy_of(updated, tmp_path).update(hours(weeks=10).panel, progress=False)
    first, second = again.fitted_model.provenance.updates
    assert second.calibrated == pytest.approx(168 / 336)  # of a fifth of ten weeks, half is new
    assert second.since == first.until


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (hours(weeks=8).panel, "have no row after 2024-02-25T23:00:00 UTC, the last one that the model knows"),
        (hours(weeks=12).panel.rows(1400, 1900), "begin at 2024-02-28T08:00:00 UTC, after the last row"),
        (NEWER.panel.select(["s0", "s1"]), "2 of 4 series of the model have no value in the data: 's2', 's3'"),
        (Panel(NEWER.panel.values, NEWER.panel.channels, replace(NEWER.panel.clock, step=1800)), "another sampling"),
        (moves(), "channels of the model are missing"),
    ],
)
@pytest.mark.filterwarnings("ignore::divecast.DataWarning")
def test_what_is_not_newer_rows_of_the_same_series_is_refused(
    data: object, message: str, hours_model: DeepDIVE, tmp_path: Path
) -> None:
    model = copy_of(hours_model, tmp_path)
    before = model.fitted_model
    with pytest.raises(DataError, match=message):
        model.update(data, progress=False)
    assert model.fitted_model is before


def test_a_model_of_recordings_is_refused(moves_model: DeepDIVE) -> None:
    with pytest.raises(DataError, match=r"recordings cannot be updated.*Fit a model on all recordings"):
        moves_model.update(moves(), progress=False)


def test_a_stopped_update_leaves_the_model_as_it_was(hours_model: DeepDIVE, tmp_path: Path) -> None:
    class Stop:
        def on_start(self, step: int, n_steps: int) -> None:
            raise KeyboardInterrupt

        def on_end(self) -> None:
            """Nothing."""

    model = copy_of(hours_model, tmp_path)
    before, weights = model.fitted_model, frozen(model.fitted_model.network)
    with pytest.raises(KeyboardInterrupt):
        model.update(NEWER.panel, progress=False, callbacks=[Stop()])  # type: ignore[list-item]
    assert model.fitted_model is before
    assert_same_bits(frozen(before.network), weights)


def test_a_much_shorter_table_is_warned_of(hours_model: DeepDIVE, tmp_path: Path) -> None:
    fitted, source = hours_model.fitted_model, NEWER.panel.rows(1000, 9 * 168)
    with pytest.warns(DataWarning, match="The data have 512 rows and those of the fit had 1344"):
        updating._check_rows(fitted, source)


def test_effects_of_what_is_told_are_solved_again_and_new_classes_refused(told_model: DeepDIVE, tmp_path: Path) -> None:
    model, newer = copy_of(told_model, tmp_path), told(weeks=9)
    last = newer["ds"].max()
    odd = newer.assign(promotion=newer["promotion"].where(newer["ds"] < last, "half"))
    with pytest.raises(DataError, match=r"'promotion' has classes that the model does not know: 'half', first in"):
        model.update(odd, progress=False)
    with pytest.raises(DataError, match="promotion"):
        model.update(newer.drop(columns="promotion"), progress=False)
    model.update(newer, progress=False)
    rise = model.what_if(newer, future={"promotion": "yes"}, at="2024-03-03T12:00").difference.mean()
    assert rise > 1.0


def test_bounds_and_limits_follow_the_newer_rows(hours_model: DeepDIVE, tmp_path: Path) -> None:
    panel, low = NEWER.panel, -5.0
    values = panel.values.copy()
    values[-48:, 0] -= values[-48:, 0].min() - low
    assert hours_model.fitted_model.bounds.low[0] == 0.0
    again = copy_of(hours_model, tmp_path).update(replace(panel, values=values), progress=False)
    assert np.isnan(again.fitted_model.bounds.low[0])
