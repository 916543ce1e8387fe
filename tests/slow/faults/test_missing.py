"""Fits and forecasts go on where values are missing, and lose less than filling them by the mean would."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from divecast import ByTime, DeepDIVE, Panel, TrainingConfig
from divecast.metrics.forecast import rrse
from research.reliability.missing import ARMS, BLOCKS, SHARES, WAYS, Run, given, removed, runs, section
from worlds import SMALL, hours

WORLD = hours(weeks=10)
N_TRAIN, N_VALID, N_TEST = 1008, 336, 336


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("way", WAYS)
def test_as_much_is_removed_as_was_said_in_whole_blocks(way: str, share: float) -> None:
    mask = removed((7200, 50), way, share)
    assert mask.mean() == pytest.approx(share, abs=0.5 / (7200 / BLOCKS[way] * 50))
    blocks = mask.reshape(-1, BLOCKS[way], 50)
    assert (blocks.all(axis=1) == blocks.any(axis=1)).all()
    assert np.array_equal(mask, removed((7200, 50), way, share))


@pytest.mark.parametrize("way", WAYS)
def test_both_arms_lack_the_same_values_and_keep_the_others(way: str) -> None:
    panel, mask = WORLD.panel, removed(WORLD.panel.values.shape, way, 0.3)
    left, filled = (given(panel, Run(way, 0.3, arm), N_TRAIN).values for arm in ARMS)
    assert np.array_equal(np.isnan(left), mask)
    assert np.array_equal(filled[~mask], panel.values[~mask])
    mean = np.nanmean(left[:N_TRAIN], axis=0)
    np.testing.assert_allclose(filled[mask], np.broadcast_to(mean, mask.shape)[mask], rtol=1e-5)


def forecasts(seen: Panel) -> np.ndarray:
    """Means of the last weeks, (origin, step, channel), from what is seen."""
    training = TrainingConfig(epochs=4, batch_size=128, learning_rate=1e-2)
    model = DeepDIVE(6, 168, ["hour", "weekend"], model=SMALL, training=training)
    model.fit(seen.rows(0, N_TRAIN + N_VALID), ByTime(N_TRAIN, N_VALID, 0), progress=False)
    first = seen.clock.at(np.array([N_TRAIN + N_VALID]))[0]
    found = model.forecast(seen, start=first)
    assert np.isfinite(found.quantiles).all()
    return found.mean[: N_TEST - 5]


@cache
def forecasts_of_all() -> np.ndarray:
    """Means from the whole panel."""
    return forecasts(WORLD.panel)


# A month is more than the world's last part. With windows filled by the last value, and left out where their future has
# a short hole, the shares would be 0.50 and 0.87.
@pytest.mark.filterwarnings("ignore:.* had no value in the:divecast.DataWarning")  # days are missing, as they shall
@pytest.mark.parametrize(("way", "share"), [("points", 0.3), ("days", 0.8)])
def test_less_is_lost_than_by_filling_with_the_mean(way: str, share: float) -> None:
    blind = given(WORLD.panel, Run(way, 0.3, "left missing"), N_TRAIN)
    filled = given(WORLD.panel, Run(way, 0.3, "mean"), N_TRAIN)
    whole, left, mean = forecasts_of_all(), forecasts(blind), forecasts(filled)
    rows = np.arange(N_TRAIN + N_VALID, N_TRAIN + N_VALID + N_TEST - 5)[:, None] + np.arange(6)
    truth = (WORLD.clean / WORLD.noise)[rows]
    lost = [rrse(truth, found / WORLD.noise) - rrse(truth, whole / WORLD.noise) for found in (left, mean)]
    assert lost[0] < share * lost[1], lost


def test_the_section_has_a_row_a_fit_and_counts_what_was_better() -> None:
    lines = []
    for run in runs():
        value = 0.1 + run.share * (1.0 if run.arm == "mean" else 0.5) * (
            3.0 if run == Run("days", 0.3, run.arm) else 1.0
        )
        scores = {"rrse": {"3": value, "24": value}, "mean_rrse": value, "fit_cpu_seconds": 1.0, "seed": 0}
        shape = {"channels": 4, "rows": 100, "missing": run.share}
        lines.append({name: getattr(run, name) for name in ("way", "share", "arm")} | scores | shape)
    worse = replace(Run("points", 0.1, "left missing"))
    at = list(runs()).index(worse)
    lines[at] |= {"mean_rrse": 0.9}
    said = section(lines)
    assert said.startswith("## Missing values\n")
    assert said.count("\n| ") == 2 + len(lines)
    assert (
        f"is better than filling in the mean in {len(WAYS) * len(SHARES) - 1} of {len(WAYS) * len(SHARES)} cases"
        in said
    )
    assert "+800.0%" in said
