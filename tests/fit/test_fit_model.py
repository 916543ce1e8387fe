"""What a fit refuses before it begins, and which windows it starts from and calibrates on."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch

from divecast import ByTime, ConfigError, DataError, DataWarning, DeepDIVE, Label, ModelConfig, Panel, TrainingConfig
from divecast.data import Windows, WindowShape, fit_scale, split
from divecast.fit import calibrate, linear_start, stage
from divecast.fit.launch import Machines, fit_on
from worlds import SMALL, hours


def model(factors: tuple[str, ...], **settings: object) -> DeepDIVE:
    return DeepDIVE(6, 24, factors, model=SMALL, training=replace(TrainingConfig(epochs=1), **settings))


def test_a_stride_that_hides_classes_is_refused() -> None:
    """Every eighth hour is only ever one of three hours of the day."""
    with pytest.raises(DataError, match=r"21 of 24 classes of factor 'hour' \(.*training\.window_stride=8"):
        model(("hour",), window_stride=8).fit(hours().panel, progress=False)


@pytest.mark.parametrize("factors", [(), ("mood",)])
def test_stopping_by_labels_needs_labels_in_the_validation_part(factors: tuple[str, ...]) -> None:
    panel = hours().panel
    n = len(panel.values)
    moods = np.where(np.arange(n) < n // 2, np.resize(np.array(["good", "bad"], dtype=object), n), None)
    labelled = Panel(panel.values, panel.channels, panel.clock, {"mood": moods})
    with pytest.raises(ConfigError, match="needs labels in the validation part, and it has none"):
        model(factors, monitor="labels").fit(labelled, progress=False)
    with pytest.warns(DataWarning, match="mood .17%") if factors else nullcontext():
        model(factors, monitor="tasks").fit(labelled, progress=False)


def test_a_table_shorter_than_a_window_says_so() -> None:
    with pytest.raises(DataError, match="lookback=24 and horizon=6 needs 30 rows"):
        model(("hour",)).fit(hours().panel.rows(0, 20), progress=False)


@pytest.mark.parametrize(
    ("step", "lookback", "season"),
    [("1h", 48, 24), ("1h", 47, 1), ("30min", 96, 48), ("1D", 14, 7), ("1D", 13, 1), ("1h", 400, 24)],
)
def test_windows_are_filled_by_the_shortest_season_they_show_twice(step: str, lookback: int, season: int) -> None:
    panel = Panel.from_array(hours().panel.values, "2024-01-01", step)
    small = DeepDIVE(2, lookback, (), model=SMALL, training=TrainingConfig(epochs=1, window_stride=50))
    small.fit(panel, progress=False)
    assert small.fitted_model.network.forecaster.season == season


@pytest.mark.parametrize(("affordable", "stride"), [(1e12, 1), (0.0, 24)])
def test_a_stacked_start_reads_every_row_where_that_is_cheap(
    affordable: float, stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(linear_start, "_FEW_PRODUCTS", affordable)
    solve = stage.start_linear
    monkeypatch.setattr(stage, "start_linear", lambda *given: asked.append(given[3]) or solve(*given))
    training = TrainingConfig(epochs=1, window_stride=24)
    DeepDIVE(6, 24, model=SMALL, training=training).fit(hours().panel, progress=False)
    assert [start.stride for start in asked] == [stride]


def test_the_windows_that_calibrate_are_of_every_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrate, "_MOST_PER_STEP", 400)
    panel = hours().panel
    labels = np.zeros((len(panel.values), 0), dtype=np.int16)
    scale, shape = fit_scale(panel, split(panel, ByTime()).train), WindowShape(24, 6)
    valid = Windows.of(panel, split(panel, ByTime()).valid, labels, scale, shape, "score")
    some = calibrate.draw_windows(valid, 0)
    assert len(some) == 400 // len(panel.channels)
    assert len(np.unique(some.origins % 24)) == 24
    np.testing.assert_array_equal(some.origins, calibrate.draw_windows(valid, 0).origins)


def test_labels_per_series_without_effects_would_be_used_by_nothing() -> None:
    panel = hours(weeks=2).panel
    promo = np.full(panel.values.shape, "off", dtype=object)
    promo[::7, 0] = "on"
    plain = DeepDIVE(6, 24, ["hour", Label("promo", per_series=True)], model=ModelConfig(effects=False))
    with pytest.raises(ConfigError, match=r"cannot be used, since model.effects is off: promo"):
        plain.fit(replace(panel, labels={"promo": promo}), progress=False)


def test_more_processes_than_cores_are_refused_before_they_start() -> None:
    with pytest.raises(ConfigError, match="Each of 1000000 processes needs a core"):
        fit_on(Machines(devices=10**6), None, None, torch.device("cpu"))
