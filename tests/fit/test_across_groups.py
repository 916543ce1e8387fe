"""Intervals that hold for people who are in no part."""

from copy import deepcopy

import numpy as np
import pytest
import torch

from divecast import DeepDIVE
from divecast.fit.across_groups import GroupedErrors, spread_across_groups
from divecast.fit.calibrate import calibrated
from divecast.inference.calibration import Calibration
from worlds import moves


def people(n: int, spread: float, seed: int, n_windows: int = 100, typical: float = 1.0) -> GroupedErrors:
    """Normal errors of people whose sizes are log-normal around a typical one."""
    draw = np.random.default_rng(seed)
    sizes = typical * np.exp(spread * draw.normal(size=n))
    values = sizes[:, None, None, None] * draw.normal(size=(n, n_windows, 2, 2))
    return GroupedErrors(torch.from_numpy(values).float().flatten(0, 1), np.repeat(np.arange(n), n_windows))


def covered(errors: torch.Tensor, new: GroupedErrors) -> np.ndarray:
    """The share of the values of each new person within the 90 % interval."""
    low, high = Calibration.of(errors).at((0.05, 0.95))[:, None, :, None]
    inside = (low <= new.values) & (new.values <= high)
    return inside.float().mean((1, 2)).numpy().reshape(len(np.unique(new.groups)), -1).mean(1)


def test_people_in_no_part_are_covered_on_average_although_validation_has_two() -> None:
    found, pooled = [], []
    for seed in range(60):
        valid, train = people(2, 0.4, seed), people(6, 0.4, 1000 + seed, typical=0.5)
        new = people(20, 0.4, 2000 + seed, n_windows=20)
        found.append(covered(spread_across_groups(valid, (train,), seed), new).mean())
        pooled.append(covered(valid.values, new).mean())
    assert np.mean(found) == pytest.approx(0.9, abs=0.015)
    assert np.mean(pooled) < 0.88


def test_the_interval_stays_as_it_is_where_all_people_are_alike() -> None:
    valid, train = people(3, 0.0, 0, n_windows=2000), people(6, 0.0, 1, n_windows=2000)
    found, pooled = (
        Calibration.of(each).at((0.05, 0.95)) for each in (spread_across_groups(valid, (train,), 0), valid.values)
    )
    assert torch.allclose(found, pooled, rtol=0.02)


def test_the_training_part_tells_how_people_differ_and_not_how_large_errors_are() -> None:
    valid, train = people(2, 0.0, 0, n_windows=1000), people(8, 0.5, 1)
    smaller = GroupedErrors(0.1 * train.values, train.groups)
    one, two = (spread_across_groups(valid, (each,), 0) for each in (train, smaller))
    assert torch.allclose(one, two, rtol=1e-5)
    assert float(one.abs().quantile(0.99) / valid.values.abs().quantile(0.99)) > 1.3


def test_errors_stay_as_they_are_if_no_part_has_two_people() -> None:
    valid = people(1, 0.5, 0)
    assert spread_across_groups(valid, (people(1, 0.5, 1),), 0) is valid.values


def test_missing_values_stay_missing_and_people_without_values_do_not_count() -> None:
    valid = people(3, 0.3, 0)
    valid.values[valid.groups == 2] = torch.nan
    valid.values[0, 0, 0] = torch.nan
    found = spread_across_groups(valid, (), 0)
    assert torch.equal(found.isnan(), valid.values.isnan())
    kept = valid.groups < 2
    alone = spread_across_groups(GroupedErrors(valid.values[torch.from_numpy(kept)], valid.groups[kept]), (), 0)
    assert torch.equal(found[torch.from_numpy(kept)].nan_to_num(), alone.nan_to_num())


def test_a_fit_that_holds_people_out_spreads_its_quantiles_and_no_other(moves_model: DeepDIVE) -> None:
    fitted = moves_model.fitted_model
    train, valid = (fitted.windows(moves(), part, "score") for part in ("train", "valid"))
    people = np.unique(moves().labels["person"].astype(str), return_inverse=True)[1]
    plain, apart = (
        calibrated(deepcopy(fitted), train, valid, np.zeros(2, np.bool_), groups) for groups in (None, people)
    )
    assert not torch.equal(plain.calibration.quantiles, apart.calibration.quantiles)
    assert torch.equal(plain.network.forecaster.recalibration.by_level, apart.network.forecaster.recalibration.by_level)
