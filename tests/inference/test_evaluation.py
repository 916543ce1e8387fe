"""Scores against the plain functions of the metrics room, on forecasts asked for one by one."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from divecast import ByTime, DataError, DataWarning, DeepDIVE, Panel, TrainingConfig
from divecast.baselines import PerChannelRidge
from divecast.data import Windows, split
from divecast.inference.evaluation import MODEL_NAME, Evaluation, evaluate_windows, windows_from
from divecast.metrics import corr, coverage, mae, mase, mse, rrse, seasonal_scale
from divecast.metrics.paths import crps_paths
from worlds import SMALL, hours, moves, told

HORIZON = 6
PANEL = hours().panel
TEST = split(PANEL, ByTime(3, 1, 1)).test.ranges()[0]
ORIGINS = np.arange(TEST.start - HORIZON + 1, TEST.stop)


@pytest.fixture(scope="module")
def evaluation(hours_model: DeepDIVE) -> Evaluation:
    return hours_model.evaluate(PANEL)


def truth() -> np.ndarray:
    """(window, horizon, channel) the values of the test part, from every origin that has one as target."""
    rows = ORIGINS[:, None] + np.arange(HORIZON)
    inside = (rows >= TEST.start) & (rows < TEST.stop)
    return np.where(inside[..., None], PANEL.values[np.where(inside, rows, 0)], np.nan).astype(np.float64)


def test_scores_are_those_of_the_forecasts(hours_model: DeepDIVE, evaluation: Evaluation) -> None:
    first, last = PANEL.clock.at(ORIGINS[[0, -1]])
    forecast = hours_model.forecast(PANEL, start=first, stop=last, levels=(0.05, 0.95))
    target, scale = truth(), seasonal_scale(PANEL.values[: split(PANEL, ByTime(3, 1, 1)).train.n_rows], 24)
    found = evaluation.scores[MODEL_NAME]
    for step in (*range(HORIZON), slice(None)):
        y, mean, (low, high) = target[:, step], forecast.mean[:, step], forecast.quantiles[:, :, step]
        at = -1 if isinstance(step, slice) else step
        expected = [
            rrse(y, mean),
            corr(y, mean),
            mae(y, mean),
            mse(y, mean),
            mase(y, mean, scale),
            coverage(y, low, high),
        ]
        measures = ("rrse", "corr", "mae", "mse", "mase", "coverage")
        assert [getattr(found, name)[at] for name in measures] == pytest.approx(expected, rel=1e-4)


def test_every_row_of_the_part_is_a_target_at_every_step(evaluation: Evaluation) -> None:
    for scores in evaluation.scores.values():
        assert scores.n.tolist() == [(TEST.stop - TEST.start) * 4] * HORIZON + [(TEST.stop - TEST.start) * 4 * HORIZON]


@pytest.mark.filterwarnings("ignore:1 of 2 series are new:divecast.DataWarning")
@pytest.mark.parametrize("series", ["joint", "independent"])
def test_a_span_is_scored_as_the_forecasts_from_its_rows(series: str, told_model: DeepDIVE) -> None:
    """They read what is before it: effects go back to rows before the look-back, scales to all of them."""
    table, rows = told(), range(800, 830)
    if series == "independent":
        table = table.drop(columns=["wind", "promotion"])
        training = TrainingConfig(epochs=1, batch_size=128)
        model = DeepDIVE(8, 60, covariates=["temperature"], model=SMALL, training=training, series=series)
        fitted = model.fit(table[table["unique_id"] == "u"], progress=False).fitted_model  # v comes later
    else:
        model, fitted = told_model, told_model.fitted_model
    panel = fitted.source(table)
    found = evaluate_windows(fitted, windows_from(fitted, panel, rows, every=4), "known", False).scores[MODEL_NAME]
    first, last = panel.clock.at(np.array([rows[0], rows[-1]]))
    forecast = model.forecast(table, start=first, stop=last, every=4)
    targets = np.arange(rows.start, rows.stop, 4)[:, None] + np.arange(8)
    truth = np.where((targets < rows.stop)[..., None], panel.values[targets], np.nan)
    assert found.n[-1] == (~np.isnan(truth)).sum()
    assert found.mae[-1] == pytest.approx(mae(truth, forecast.mean), rel=1e-5)
    if series == "independent":
        ended = panel.values.copy()
        ended[700:] = np.nan
        with pytest.raises(DataError, match="No series has values before and in the span"):
            windows_from(fitted, replace(panel, values=ended), rows, every=1)


def test_simple_forecasters_are_what_they_are_called(evaluation: Evaluation) -> None:
    assert list(evaluation.scores) == [MODEL_NAME, "last value", "seasonal naive (24)", "stacked ridge"]
    steps = ORIGINS[:, None] + np.arange(HORIZON)
    last, day = PANEL.values[np.repeat(ORIGINS[:, None] - 1, HORIZON, axis=1)], PANEL.values[steps - 24]
    assert evaluation.scores["last value"].rrse[-1] == pytest.approx(rrse(truth(), last), rel=1e-5)
    assert evaluation.scores["seasonal naive (24)"].rrse[-1] == pytest.approx(rrse(truth(), day), rel=1e-5)


def test_the_ridge_is_the_baseline_fitted_on_the_training_windows() -> None:
    decoder = replace(SMALL.decoder, linear="ridge")
    model = DeepDIVE(
        HORIZON,
        24,
        ["hour", "weekday"],
        model=replace(SMALL, decoder=decoder, effects=False),
        training=TrainingConfig(epochs=1, batch_size=256),
    )
    model.fit(PANEL, ByTime(3, 1, 1), progress=False)
    fitted, parts = model.fitted_model, split(PANEL, ByTime(3, 1, 1))
    train = Windows.of(PANEL, parts.train, fitted.label_indices(PANEL), fitted.scale, fitted.shape, "fit")
    ridge = PerChannelRidge(fitted.config.decoder.ridge_penalty, fitted.network.forecaster.pairs)
    n_classes = tuple(vocabulary.n_classes for vocabulary in fitted.vocabularies)
    ridge.fit([train.batch(torch.arange(len(train)))], n_classes)
    test = fitted.windows_of(PANEL, parts.test, "score")
    mean = fitted.scale.invert(ridge.forecast(test.batch(torch.arange(len(test)))).numpy())
    assert model.evaluate(PANEL).scores["per-channel ridge"].rrse[-1] == pytest.approx(rrse(truth(), mean), rel=1e-4)


def test_without_baselines_the_model_stands_alone(hours_model: DeepDIVE, evaluation: Evaluation) -> None:
    alone = hours_model.evaluate(PANEL, baselines=False)
    assert list(alone.scores) == [MODEL_NAME]
    np.testing.assert_array_equal(alone.scores[MODEL_NAME].rrse, evaluation.scores[MODEL_NAME].rrse)


def test_the_table_has_a_row_for_every_forecaster_and_step(evaluation: Evaluation) -> None:
    table = evaluation.table()
    assert table["model"].tolist() == [name for name in evaluation.scores for _ in range(HORIZON + 1)]
    assert table["horizon"].tolist() == [*(str(h + 1) for h in range(HORIZON)), "all"] * 4
    assert evaluation.frame().column_names == list(table)
    lines = str(evaluation).splitlines()
    assert [line[:24].strip() for line in lines] == ["", *evaluation.scores]
    assert f"{evaluation.scores[MODEL_NAME].rrse[-1]:.4g}"[:5] in lines[1]


def test_a_part_of_other_data_is_refused(hours_model: DeepDIVE) -> None:
    for other in (PANEL.rows(0, 500), hours(seed=1).panel):
        with pytest.raises(DataError, match=r'The test part belongs to the data of the fit.*choose "all"'):
            hours_model.evaluate(other)
    assert hours_model.evaluate(PANEL.rows(0, 500), "all").scores[MODEL_NAME].n[0] == (500 - 24) * 4


def test_missing_values_are_not_scored(hours_model: DeepDIVE) -> None:
    values = PANEL.values[:300].copy()
    values[np.random.default_rng(0).random(values.shape) < 0.2] = np.nan
    holes = Panel.from_array(values, "2024-01-01", "1h", PANEL.channels)
    for scores in hours_model.evaluate(holes, "all").scores.values():
        assert scores.n[0] == np.isfinite(values[24:]).sum()
        assert np.isfinite(scores.rrse).all()


def test_recordings_have_no_season(moves_model: DeepDIVE) -> None:
    scores = moves_model.evaluate(moves()).scores
    assert list(scores) == [MODEL_NAME, "last value", "stacked ridge"]
    assert all(np.isfinite(each.mase).all() for each in scores.values())


def test_sums_of_paths_are_scored_as_totals_of_forecasts(hours_model: DeepDIVE) -> None:
    scores = hours_model.evaluate(PANEL, every=HORIZON, n_paths=20, baselines=False).joint
    assert scores is not None
    origins, true = ORIGINS[::HORIZON], truth()[::HORIZON].sum((1, 2))
    first, last = PANEL.clock.at(origins[~np.isnan(true)][[0, -1]])
    drawn = hours_model.forecast(PANEL, start=first, stop=last, every=HORIZON, n_paths=20).paths
    totals, true = drawn.sum((2, 3), dtype=np.float64), true[~np.isnan(true)]
    place = scores.what.index("total of the panel")
    low, high = np.quantile(totals, (0.05, 0.95), axis=0)
    assert scores.n[place] == len(true)
    assert scores.coverage[place] == ((true >= low) & (true <= high)).mean()
    np.testing.assert_allclose(scores.crps[place], crps_paths(totals, true).mean(), rtol=1e-6)


def test_a_series_that_lacks_values_leaves_the_scores_of_the_others(hours_model: DeepDIVE) -> None:
    values = PANEL.values[:240].copy()
    values[::HORIZON, 2] = np.nan
    panel = replace(PANEL.rows(0, 240), values=values)
    with pytest.warns(DataWarning, match=r"Sums of all series are scored in 0 of 36 windows"):
        scores = hours_model.evaluate(panel, "all", every=HORIZON, n_paths=5, baselines=False).joint
    assert scores is not None
    assert scores.what == ("step of a series", "total of a series")
    assert scores.n.tolist() == [36 * HORIZON * 3, 36 * 3]


def test_paths_of_independent_series_are_scored_each_from_its_own_values() -> None:
    values = PANEL.values[:600].copy()
    values[540:, 1] = np.nan
    training = TrainingConfig(epochs=1, batch_size=256)
    model = DeepDIVE(HORIZON, 24, ["hour"], model=SMALL, training=training, series="independent")
    panel = replace(PANEL.rows(0, 600), values=values)
    model.fit(panel, progress=False)
    with pytest.warns(DataWarning, match="Sums of all series are scored in 89 of 99 windows"):
        scores = model.evaluate(panel, "all", every=HORIZON, n_paths=5, baselines=False).joint
    assert scores is not None
    assert (scores.what[-1], scores.n[-1], scores.n[1]) == ("peak of the panel", 89, 4 * 99 - 10)
