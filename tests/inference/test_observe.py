"""Observed values: what they move, that it is kept, and that nothing else changes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from divecast import ConfigError, DataError, DeepDIVE
from worlds import hours, moves

NEWER = hours(weeks=9).panel


def copy_of(model: DeepDIVE, path: Path) -> DeepDIVE:
    model.save(path)
    return DeepDIVE.load(path)


@pytest.fixture(scope="module")
def shifted() -> object:
    """The panel of the session's model and a week more, in which one series has another level."""
    values = NEWER.values.copy()
    values[-168:, 1] += 1.5 * values[:, 1].std()
    return replace(NEWER, values=values)


def test_levels_move_where_intervals_miss_and_are_kept(hours_model: DeepDIVE, shifted: object, tmp_path: Path) -> None:
    model = copy_of(hours_model, tmp_path / "m")
    before = model.forecast(shifted, n_paths=50)
    observation = model.observe(shifted)
    assert observation.n_rows == 168
    assert observation.held[:, 1].mean() < observation.held[:, 0].mean()
    assert len(observation.frame(backend="pandas")) == 4 * len(observation.steps)
    assert str(observation).startswith("168 rows observed from 2024-02-26T00:00:00 to")
    after = model.forecast(shifted, n_paths=50)
    np.testing.assert_array_equal(after.mean, before.mean)
    assert np.ptp(after.quantiles, axis=0)[0, :, 1].mean() > np.ptp(before.quantiles, axis=0)[0, :, 1].mean()
    assert not np.array_equal(after.paths, before.paths)
    again = copy_of(model, tmp_path / "n").forecast(shifted, n_paths=50)
    np.testing.assert_array_equal(again.quantiles, after.quantiles)
    np.testing.assert_array_equal(again.paths, after.paths)
    with pytest.raises(DataError, match="no row after"):
        model.observe(shifted)


def test_rows_observed_one_after_another_count_as_together(hours_model: DeepDIVE, tmp_path: Path) -> None:
    one, two = (copy_of(hours_model, tmp_path / "m") for _ in range(2))
    one.observe(NEWER)
    two.observe(NEWER.rows(0, len(NEWER.values) - 100))
    two.observe(NEWER)
    left, right = (each.fitted_model.adaptation for each in (one, two))
    np.testing.assert_allclose(left.levels, right.levels, atol=1e-9)
    assert left.n_rows == right.n_rows == 168
    assert left.until == right.until


def test_adapted_scores_of_the_first_origin_are_those_without(hours_model: DeepDIVE) -> None:
    panel = hours().panel
    plain, adapted = (
        hours_model.evaluate(panel, baselines=False, every=1000, adapt=adapt).scores["DeepDIVE"].overall()
        for adapt in (False, True)
    )
    assert adapted["crps"] == pytest.approx(plain["crps"], rel=1e-3)
    adapted = hours_model.evaluate(panel, baselines=False, adapt=True).scores["DeepDIVE"].overall()
    assert 0.8 < adapted["coverage"] < 0.97


def test_what_cannot_be_observed_is_refused(hours_model: DeepDIVE, moves_model: DeepDIVE) -> None:
    with pytest.raises(DataError, match="no row after"):
        hours_model.observe(hours().panel)
    with pytest.raises(DataError, match="no clock"):
        moves_model.observe(moves())
    with pytest.raises(ConfigError, match="either adapt= or n_paths="):
        hours_model.evaluate(hours().panel, adapt=True, n_paths=10)
