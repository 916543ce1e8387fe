"""Labels that rows lack have effects where these gain enough, and gaps count by what a window sees of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from divecast import ConfigError, DataWarning, DeepDIVE, Label, Panel, TrainingConfig
from divecast.fit.gaps import TrainingGap

DAY, N = 24, 120 * 24
START = np.datetime64("2024-01-01", "h")


def shop(known: np.ndarray) -> Panel:
    """A daily profile, and days of promotion that add to it; ``part`` is the hour's part of the day."""
    draw, hour = np.random.default_rng(0), np.arange(N) % DAY
    promo = np.repeat(draw.random(N // DAY) < 0.2, DAY)
    values = np.sin(hour * 2 * np.pi / DAY) + promo + 0.1 * draw.standard_normal(N)
    columns = {"promo": np.where(promo, "on", "off"), "part": np.array([*"abcd"])[hour // 6]}
    labels = {name: np.where(known, column.astype(object), None) for name, column in columns.items()}
    return replace(Panel.from_array(values[:, None].astype(np.float32), START, "1h"), labels=labels)


def scattered() -> np.ndarray:
    known = np.random.default_rng(1).random(N) < 0.5
    known[int(0.9 * N) :] = True
    return known


def fitted(panel: Panel, **options: bool) -> DeepDIVE:
    model = DeepDIVE(12, 24, [Label("promo"), Label("part")], training=TrainingConfig(epochs=1, window_stride=5))
    return model.fit(panel, progress=False, **options)


@pytest.mark.parametrize("refit", [False, True])
def test_labels_of_scattered_rows_have_effects_only_where_the_window_does_not_tell_as_much(refit: bool) -> None:
    with pytest.warns(DataWarning, match=r"training rows lack them.*'part \(..%\)'"):
        model = fitted(shop(scattered()), refit=refit)
    assert model.info()["without_effect"] == ["part"]
    assert np.abs(model.what_if(shop(scattered()), future={"promo": "on"}).difference).max() > 0.5
    with pytest.raises(ConfigError, match=r"do not depend on the future of 'part'.*fill the gaps"):
        model.what_if(shop(scattered()), future={"part": "a"})
    past, rows = shop(scattered()).rows(0, N - 12), {"ds": np.arange(N - 12, N) * np.timedelta64(1, "h") + START}
    plain = model.forecast(past, future=pd.DataFrame({**rows, "promo": "off"}))
    with pytest.warns(DataWarning, match=r"values of 'part', which had no effect in the fit: they are not used"):
        told = model.forecast(past, future=pd.DataFrame({**rows, "promo": "off", "part": "a"}))
    np.testing.assert_array_equal(plain.mean, told.mean)


def test_an_update_says_that_they_still_have_none() -> None:
    panel = shop(scattered())
    with pytest.warns(DataWarning, match="training rows lack them"):
        model = fitted(panel.rows(0, N - 5 * DAY))
    with pytest.warns(DataWarning, match="'part' had no effect in the fit, and an update does not judge that anew"):
        assert model.update(panel, progress=False).info()["without_effect"] == ["part"]


def test_a_covariate_with_gaps_has_an_effect_where_the_window_does_not_tell_as_much() -> None:
    draw, hour = np.random.default_rng(0), np.arange(N) % DAY
    heat = draw.standard_normal(N)
    clock = np.cos(hour * 2 * np.pi / DAY)
    values = (clock + heat + 0.1 * draw.standard_normal(N))[:, None].astype(np.float32)
    columns = {name: np.where(scattered(), column, np.nan) for name, column in {"heat": heat, "clock": clock}.items()}
    panel = replace(Panel.from_array(values, "2024-01-01", "1h"), covariates=columns)
    training = TrainingConfig(epochs=1, window_stride=5)
    with pytest.warns(DataWarning, match=r"'clock \(..%\)'"):
        model = DeepDIVE(12, 24, covariates=["heat", "clock"], training=training).fit(panel, progress=False)
    assert model.info()["without_effect"] == ["clock"]


def test_labels_that_are_known_from_some_row_on_have_effects() -> None:
    assert fitted(shop(np.arange(N) > 0.2 * N)).info()["without_effect"] == []


def test_a_gap_counts_by_what_a_window_with_values_lacks() -> None:
    late, every_other = np.arange(1000) >= 500, np.arange(1000) % 2 == 0
    one, two = TrainingGap.of(late, 0.5, 10), TrainingGap.of(every_other, 0.5, 10)
    assert one.share == two.share == 0.5
    assert one.scattered < 0.02
    assert two.scattered == pytest.approx(0.5)
    assert two.least_gain == pytest.approx(0.2 * 0.5)
    assert replace(two, varied=0.0).least_gain == 0.0


def test_the_effect_of_scattered_labels_is_what_it_is_where_all_are_known() -> None:
    known = np.arange(N) % 2 == 0
    known[int(0.9 * N) :] = True
    training = TrainingConfig(epochs=1, window_stride=5)
    model = DeepDIVE(12, 24, ["hour", Label("promo")], training=training).fit(shop(known), progress=False)
    on, off = (model.what_if(shop(known), future={"promo": name}).difference.mean() for name in ("on", "off"))
    assert on - off == pytest.approx(1.0, abs=0.4)  # three times as much if each row near took all of it
