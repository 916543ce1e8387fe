"""Codes and labels of windows, and windows drawn from the prior."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from divecast import ByTime, ConfigError, DataError, DataWarning, DeepDIVE, Label, Panel, TrainingConfig
from divecast.data import split
from worlds import SMALL, hours

PANEL = hours().panel


def forecast_untold(
    model: DeepDIVE, data: object, labels: str = "known", past: bool = False, unseen: bool = False
) -> np.ndarray:
    """The mean forecast of data that tell no shift of the future, and perhaps of the past, of which the model warns."""
    with pytest.warns(DataWarning) as caught:
        mean = model.forecast(data, labels=labels).mean
    said = [str(one.message).split(":")[0] for one in caught]
    assert said == [
        *(["The rows have labels of 'shift' that the fit did not see"] if unseen else []),
        "The rows to forecast lack 'shift' (steps 1 to 6)",
        *(["The windows lack 'shift' (24 of 24 rows)"] if not past else []),
    ]
    return mean


@pytest.fixture(scope="module")
def shifts() -> tuple[pd.DataFrame, DeepDIVE]:
    """A table with a label column in words, and a model of it."""
    table = pd.DataFrame(PANEL.values[:504], columns=PANEL.channels).assign(ds=PANEL.clock.stamps(0, 504))
    table["shift"] = np.where(np.arange(504) % 24 < 12, "early", "late")
    training = TrainingConfig(epochs=6, batch_size=128, learning_rate=1e-2, monitor="labels")
    return table, DeepDIVE(6, 24, ["shift"], model=SMALL, training=training).fit(table, progress=False)


def test_codes_are_keyed_by_window(hours_model: DeepDIVE) -> None:
    codes = hours_model.encode(PANEL)
    n = len(PANEL.values) - 23
    assert codes.a_mean.shape == codes.a_sd.shape == (n, 3)
    assert codes.factors == ("hour", "weekend")
    assert [b.shape[1] for b in codes.b_mean] == hours_model.info()["block_sizes"]
    for shares, classes in zip(codes.probabilities, codes.classes, strict=True):
        assert shares.shape == (n, len(classes))
        np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-5)
    assert (codes.a_sd > 0).all()
    ends = codes.keys.stamps[:, 0]
    np.testing.assert_array_equal(ends, PANEL.clock.stamps()[23:])


def test_a_code_reads_its_window_alone(hours_model: DeepDIVE) -> None:
    """Other rows, and labels, change nothing."""
    part = hours_model.encode(PANEL.rows(200, 260))
    whole = hours_model.encode(PANEL)
    np.testing.assert_allclose(part.a_mean, whole.a_mean[200 : 200 + 37], atol=1e-4)
    np.testing.assert_allclose(part.b_mean[0], whole.b_mean[0][200 : 200 + 37], atol=1e-4)


@pytest.mark.parametrize("part", ["train", "valid", "test"])
def test_a_part_is_that_of_the_fit(part: str, hours_model: DeepDIVE) -> None:
    rows = getattr(split(PANEL, ByTime(3, 1, 1)), part).ranges()[0]
    ends = hours_model.encode(PANEL, part).keys.origins - 1
    assert ends.tolist() == list(range(max(rows.start, 23), rows.stop))


def test_a_part_of_other_data_is_refused(hours_model: DeepDIVE) -> None:
    with pytest.raises(DataError, match="these are other data"):
        hours_model.encode(PANEL.rows(0, 400), "valid")
    with pytest.raises(ConfigError, match='part must be "train", "valid", "test" or "all"'):
        hours_model.encode(PANEL, "holdout")


def test_inferred_labels_stand_beside_the_given(hours_model: DeepDIVE) -> None:
    labels = hours_model.infer_labels(PANEL, "test")
    hour = labels.keys.stamps[:, 0].astype("datetime64[h]").astype(int) % 24
    np.testing.assert_array_equal(labels.given[:, 0], hour)
    right = (labels.inferred == labels.given).mean(0)
    assert list(labels.accuracy().values()) == pytest.approx(right.tolist())
    assert right[0] > 0.5  # chance is 0.04
    confusion = labels.confusion("hour").to_pandas().set_index("given")
    assert confusion.to_numpy().sum() == len(hour)
    assert np.diag(confusion).sum() == right[0] * len(hour)


def test_a_label_column_may_be_absent_at_forecast_time(shifts: tuple[pd.DataFrame, DeepDIVE], tmp_path: Path) -> None:
    table, model = shifts
    bare = table.drop(columns="shift")
    bare.to_csv(tmp_path / "bare.csv", index=False)
    inferred = forecast_untold(model, bare, "infer")
    for data in (bare, tmp_path / "bare.csv", PANEL.rows(0, 504)):
        np.testing.assert_allclose(forecast_untold(model, data), inferred, rtol=1e-6)
        labels = model.infer_labels(data)
        assert (labels.given == -1).all()
        assert np.isnan(labels.accuracy()["shift"])
    assert model.infer_labels(table).accuracy()["shift"] > 0.8


def test_a_class_unseen_in_training_is_unknown_at_forecast_time(shifts: tuple[pd.DataFrame, DeepDIVE]) -> None:
    table, model = shifts
    other = table.assign(shift=table["shift"].where(table["shift"] == "early", "night"))
    labels = model.infer_labels(other)
    assert set(labels.given[:, 0].tolist()) == {0, -1}
    shown = labels.frame()["shift_given"]
    assert set(shown[labels.given[:, 0] == 0]) == {"early"}
    assert shown[labels.given[:, 0] < 0].isna().all()
    unknown = other.assign(shift="night")
    bare = table.drop(columns="shift")
    np.testing.assert_array_equal(forecast_untold(model, unknown, unseen=True), forecast_untold(model, bare, "infer"))


def test_numbers_in_bins_were_seen_by_the_fit() -> None:
    """A forecast from numbers that the fit did not have to the digit warns of nothing."""
    table = pd.DataFrame(PANEL.values[:504], columns=PANEL.channels).assign(ds=PANEL.clock.stamps(0, 504))
    table["speed"] = np.random.default_rng(0).random(504)
    factors = [Label("speed", kind="ordered", bins=3)]
    model = DeepDIVE(6, 24, factors, model=SMALL, training=TrainingConfig(epochs=1, batch_size=128))
    model.fit(table, progress=False)
    model.forecast(table.assign(speed=1.01 - table["speed"]), start="2024-01-15", stop="2024-01-15")


def test_a_known_label_changes_the_forecast(shifts: tuple[pd.DataFrame, DeepDIVE]) -> None:
    table, model = shifts
    early, late = (forecast_untold(model, table.assign(shift=name), past=True) for name in ("early", "late"))
    assert not np.allclose(early, late, rtol=1e-4)


def test_missing_labels_are_learned_around(shifts: tuple[pd.DataFrame, DeepDIVE]) -> None:
    table = shifts[0].copy()
    table.loc[np.random.default_rng(0).random(len(table)) < 0.8, "shift"] = None
    training = TrainingConfig(epochs=6, batch_size=128, learning_rate=1e-2, monitor="labels")
    with pytest.warns(DataWarning, match="no effect on rows"):
        model = DeepDIVE(6, 24, ["shift"], model=SMALL, training=training).fit(table, progress=False)
    assert model.infer_labels(shifts[0]).accuracy()["shift"] > 0.8


def test_reconstructions_stand_beside_the_window(hours_model: DeepDIVE) -> None:
    found = hours_model.reconstruct(PANEL, "test", every=50)
    origins = found.keys.origins
    assert (np.diff(origins) == 50).all()
    for at, origin in enumerate(origins):
        np.testing.assert_allclose(found.truth[at], PANEL.values[origin - 24 : origin], rtol=1e-5)
    error = np.square(found.mean - found.truth).mean((0, 1))
    assert (error < PANEL.values.var(0)).all()
    with pytest.raises(ConfigError, match="every must be"):
        hours_model.reconstruct(PANEL, every=0)


def test_draws_have_the_classes_asked_for(hours_model: DeepDIVE) -> None:
    draws = hours_model.sample(300, {"hour": "13"})
    assert draws.x.shape == (300, 24, 4)
    assert draws.y.shape == (300, 6, 4)
    assert set(draws.labels["hour"]) == {"13"}
    assert (draws.labels["weekend"] == "yes").mean() == pytest.approx(2 / 7, abs=0.1)
    np.testing.assert_allclose(draws.x.mean((0, 1)), PANEL.values.mean(0), rtol=0.3)


def test_draws_repeat_by_seed_and_are_smooth_without_noise(hours_model: DeepDIVE) -> None:
    one, two, other = (hours_model.sample(20, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.x, two.x)
    assert not np.allclose(one.x, other.x)
    smooth = hours_model.sample(20, noise=False, seed=1)
    assert (np.diff(smooth.x, axis=1).std((0, 1)) < np.diff(one.x, axis=1).std((0, 1))).all()


@pytest.mark.parametrize(
    ("n", "classes", "message"),
    [
        (0, None, "n must be a whole number >= 1"),
        (2, {"hour": "25"}, "Factor 'hour' has no class '25'"),
        (2, {"day": "Mon"}, "The model has no factor 'day'. Choose among hour, weekend"),
    ],
)
def test_what_cannot_be_drawn(n: int, classes: dict | None, message: str, hours_model: DeepDIVE) -> None:
    with pytest.raises(ConfigError, match=message):
        hours_model.sample(n, classes)


def test_labels_by_window_or_recording_alone(hours_model: DeepDIVE) -> None:
    with pytest.raises(ConfigError, match='by must be "window" or "recording"'):
        hours_model.infer_labels(PANEL, by="day")


def test_a_stretch_without_any_value_still_has_a_code(hours_model: DeepDIVE) -> None:
    empty = Panel.from_array(np.full((30, 4), np.nan), "2024-01-01", "1h", PANEL.channels)
    codes = hours_model.encode(empty)
    assert np.isfinite(codes.a_mean).all()
    assert all(np.isfinite(shares).all() for shares in codes.probabilities)
