"""Models of logarithms: means that are means, quantiles within, files, and the choice by the validation part."""

from pathlib import Path

import numpy as np
import pytest

from divecast import ConfigError, DeepDIVE, ModelConfig, Panel, TrainingConfig


def grown(n: int = 4) -> Panel:
    """Series whose noise and season grow with their level."""
    draw, day = np.random.default_rng(0), np.arange(500)[:, None]
    log = 0.006 * day + 0.3 * np.sin(2 * np.pi * day / 7) + 0.15 * draw.standard_normal((500, n))
    return Panel.from_array(np.exp(log), "2020-01-01", "1D")


@pytest.mark.slow
@pytest.mark.parametrize("series", ["joint", "independent"])
def test_forecasts_from_logarithms(series: str, tmp_path: Path) -> None:
    panel, training = grown(), TrainingConfig(epochs=1, window_stride=3)
    plan = {"training": training, "model": ModelConfig(scale="auto"), "series": series}
    model = DeepDIVE(7, 14, ["weekday"], **plan).fit(panel, progress=False)
    assert model.fitted_model.config.scale == "power"
    forecast = model.forecast(panel, n_paths=300)
    model.save(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(DeepDIVE.load(tmp_path / "m.safetensors").forecast(panel).mean, forecast.mean)
    assert (np.diff(forecast.quantiles, axis=0) >= 0.0).all()
    assert forecast.quantiles.min() > 0.0
    np.testing.assert_allclose(forecast.paths.mean(0), forecast.mean, rtol=0.06)
    assert model.evaluate(panel).scores["DeepDIVE"].overall()["crps"] < np.std(panel.values[-100:])
    with pytest.raises(ConfigError, match="add up"):
        forecast.parts()
    if series == "joint":
        assert np.isfinite(model.what_if(panel, factor="weekday", to="Sunday").difference).all()
        with pytest.raises(ConfigError, match="logarithms"):
            model.export(tmp_path / "m.onnx")


def test_what_scales_do_not_go_with() -> None:
    for settings in ({"own_scale": True}, {"counts": "always"}):
        with pytest.raises(ConfigError, match="scale"):
            ModelConfig(scale="log", **settings)
