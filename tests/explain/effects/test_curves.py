"""Curves are the effects that were fitted: of each class and value, in original units, by channel."""

import numpy as np
import pandas as pd
import pytest

from divecast import ConfigError, DataError, DeepDIVE
from divecast.explain.effects.curves import EffectCurves
from worlds import hours, moves, told


@pytest.fixture(scope="module")
def curves(told_model: DeepDIVE) -> EffectCurves:
    """Those of the model of ``told``."""
    return told_model.effects()


def test_every_factor_and_covariate_has_a_curve(curves: EffectCurves) -> None:
    titles = [curve.title for curve in curves.curves]
    assert titles[:3] == ["hour", "weekday", "promotion"]
    assert {"promotion, row before", "temperature", "temperature, mean of the last day", "wind"} <= set(titles)
    assert curves.of("hour")[0].effect.shape == (24, 1, 2)
    temperature = curves.of("temperature")[0]
    assert temperature.by == ("00-06", "06-12", "12-18", "18-24")
    lowest, highest = told()["temperature"].min(), told()["temperature"].max()
    assert lowest - 1 < temperature.values[0] < temperature.values[-1] < highest + 1
    with pytest.raises(ConfigError, match="an effect out of 'hour'"):
        curves.of("rain")


def test_effects_are_those_of_the_world_in_original_units(curves: EffectCurves) -> None:
    hour = curves.of("hour")[0].effect[:, 0]
    wave = np.sin(np.arange(24) / 4)
    np.testing.assert_allclose(hour, np.stack([wave - wave.mean(), 50 * (wave - wave.mean())], 1), atol=0.2 * 50)
    np.testing.assert_allclose(hour[:, 0], wave - wave.mean(), atol=0.2)
    promotion = sum(curve.effect[1, 0] - curve.effect[0, 0] for curve in curves.of("promotion"))
    np.testing.assert_allclose(promotion / [1, 50], 2.0, atol=0.5)
    per_degree = [np.ptp(c.effect[..., 0].mean(1)) / np.ptp(c.values) for c in curves.of("temperature")]
    assert 0.06 < per_degree[0] - per_degree[1] < 0.2  # some of it lies in the mean of the day


def test_a_factors_curve_is_its_row_effect(told_model: DeepDIVE, curves: EffectCurves) -> None:
    fitted = told_model.fitted_model
    rows = fitted.row_effects(fitted.source(told()))
    expected = fitted.effects.sum_of(fitted.effects.groups_of("weekday"), rows.facts, np.arange(0, 168, 24))
    np.testing.assert_allclose(curves.of("weekday")[0].effect[:, 0] / fitted.scale.spread, expected, atol=1e-6)


def test_shares_are_those_of_the_rows(told_model: DeepDIVE, curves: EffectCurves) -> None:
    table = told()
    train = table[table["ds"] < table["ds"].min() + pd.Timedelta(hours=len(table) // 2 * 3 // 5)]
    again = told_model.effects(train)
    for name, share in curves.shares.items():
        np.testing.assert_allclose(again.shares[name], share, rtol=0.05, atol=1e-3)
    assert sum(share.mean() for share in curves.shares.values()) == pytest.approx(1.0, abs=0.5)
    assert str(curves).startswith("Shares of the effects in the variance of the series")


def test_tables(curves: EffectCurves) -> None:
    table = curves.frame(backend="pandas")
    assert len(table) == sum(curve.effect.size for curve in curves.curves)
    row = table[
        (table.effect_of == "promotion") & (table.aspect == "") & (table.value == "yes") & (table.unique_id == "v")
    ]
    assert row["effect"].item() == curves.of("promotion")[0].effect[1, 0, 1]
    assert np.isnan(row["number"].item())
    assert table[table.effect_of == "temperature"]["number"].notna().all()


def test_recordings_have_no_effects(moves_model: DeepDIVE, hours_model: DeepDIVE) -> None:
    with pytest.raises(ConfigError, match="no effects"):
        moves_model.effects()
    with pytest.raises(DataError):
        hours_model.effects(moves())
    assert [curve.name for curve in hours_model.effects(hours().panel).curves] == ["hour", "weekend"]


def test_effects_survive_saving(told_model: DeepDIVE, curves: EffectCurves, tmp_path) -> None:
    told_model.save(tmp_path / "model.safetensors")
    again = DeepDIVE.load(tmp_path / "model.safetensors").effects()
    for one, other in zip(again.curves, curves.curves, strict=True):
        np.testing.assert_array_equal(one.effect, other.effect)
    for name in curves.shares:
        np.testing.assert_array_equal(again.shares[name], curves.shares[name])
