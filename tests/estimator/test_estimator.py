"""Fit, keep, load: the same model every time, or a clear error."""

import json
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from divecast import (
    ArtifactError,
    ByGroup,
    ByTime,
    ConfigError,
    DataError,
    DataWarning,
    DeepDIVE,
    Label,
    NotFittedError,
    Panel,
    Recordings,
    TrainingConfig,
)
from laws import assert_same_bits, changed, frozen
from train.fits import Watch
from worlds import SMALL, hours

SHORT = hours(weeks=3).panel
ONE_EPOCH = TrainingConfig(epochs=1, batch_size=128)


def small(factors: tuple = (), seed: int = 0, training: TrainingConfig = ONE_EPOCH) -> DeepDIVE:
    return DeepDIVE(6, 24, factors, model=SMALL, training=training, seed=seed)


def weights(model: DeepDIVE) -> dict[str, torch.Tensor]:
    return frozen(model.fitted_model.network)


def test_one_seed_gives_one_model_and_another_seed_another() -> None:
    one, two, other = (small(("hour",), seed).fit(SHORT, progress=False) for seed in (0, 0, 1))
    assert_same_bits(weights(two), weights(one))
    assert len(changed(weights(one), weights(other))) > 20
    np.testing.assert_array_equal(two.forecast(SHORT).quantiles, one.forecast(SHORT).quantiles)


def test_nothing_touches_the_global_random_states() -> None:
    torch.manual_seed(5)
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002  the state others use
    model = small(("hour",)).fit(SHORT, progress=False)
    model.forecast(SHORT, n_paths=2)
    model.sample(3)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.array_equal(np.random.get_state()[1], states[1][1])  # noqa: NPY002
    assert random.getstate() == states[2]


def test_without_factors_it_is_a_plain_autoencoder(tmp_path: Path) -> None:
    model = small().fit(SHORT, progress=False)
    codes = model.encode(SHORT)
    assert codes.factors == codes.b_mean == codes.probabilities == ()
    assert list(model.evaluate(SHORT).scores) == ["DeepDIVE", "last value", "seasonal naive (24)", "stacked ridge"]
    assert model.sample(2).x.shape == (2, 24, 4)
    assert model.reconstruct(SHORT, every=100).mean.shape[1:] == (24, 4)
    with pytest.raises(ConfigError, match="fitted without factors"):
        model.infer_labels(SHORT)
    model.save(tmp_path / "m")
    again = DeepDIVE.load(tmp_path / "m").forecast(SHORT, labels="infer")
    np.testing.assert_array_equal(again.mean, model.forecast(SHORT).mean)


def test_a_loaded_model_gives_bit_equal_results(hours_model: DeepDIVE, tmp_path: Path) -> None:
    panel = hours().panel
    hours_model.save(tmp_path / "m")
    again = DeepDIVE.load(tmp_path / "m")
    one, two = (m.forecast(panel, start="2024-02-20", every=5, n_paths=2) for m in (hours_model, again))
    for name in ("mean", "quantiles", "paths"):
        np.testing.assert_array_equal(getattr(two, name), getattr(one, name))
    np.testing.assert_array_equal(again.encode(panel).a_mean, hours_model.encode(panel).a_mean)
    np.testing.assert_array_equal(again.sample(4).y, hours_model.sample(4).y)
    assert str(again.evaluate(panel)) == str(hours_model.evaluate(panel))
    assert again.history == hours_model.history
    assert json.dumps(again.info()) == json.dumps(hours_model.info())


def test_a_loaded_model_can_be_fitted_anew(hours_model: DeepDIVE, tmp_path: Path) -> None:
    """It ends as the shared model, which shows as well that no test has changed that one."""
    hours_model.save(tmp_path / "m")
    loaded = DeepDIVE.load(tmp_path / "m")
    again = loaded.fit(hours().panel, ByTime(3, 1, 1), progress=False)
    assert_same_bits(weights(again), weights(hours_model))


def test_half_a_model_is_refused(hours_model: DeepDIVE, tmp_path: Path) -> None:
    hours_model.save(tmp_path / "m")
    content = (tmp_path / "m").read_bytes()
    for part in (content[: len(content) // 2], content[:-1], b"", b"PK\x03\x04 a zip"):
        (tmp_path / "m").write_bytes(part)
        with pytest.raises(ArtifactError, match="not a valid divecast model: truncated, damaged"):
            DeepDIVE.load(tmp_path / "m")


def test_a_checkpoint_is_no_model(tmp_path: Path) -> None:
    small().fit(SHORT, checkpoint=tmp_path / "c", progress=False)
    with pytest.raises(ArtifactError, match="is a divecast checkpoint file: expected a divecast model file"):
        DeepDIVE.load(tmp_path / "c")


def test_history_and_info_tell_the_fit(hours_model: DeepDIVE) -> None:
    history, info = hours_model.history, hours_model.info()
    assert [record.epoch for record in history.records] == list(range(len(history.records)))
    assert (info["horizon"], info["lookback"], info["frequency"], info["settings"]["seed"]) == (
        6,
        24,
        "a panel every 1h",
        0,
    )
    assert info["channels"] == ["s0", "s1", "s2", "s3"]
    assert info["factors"]["weekend"] == {"kind": "plain", "classes": ["no", "yes"]}
    assert len(info["factors"]["hour"]["classes"]) == 24
    json.dumps(info, allow_nan=False)


def test_a_fit_that_was_stopped_resumes_bit_for_bit(tmp_path: Path) -> None:
    factors = "hour", Label("shift", "ordered", order=("late", "early"))
    table = pd.DataFrame(SHORT.values, columns=SHORT.channels).assign(ds=SHORT.clock.stamps())
    data = table.assign(shift=["early", "late"] * (len(table) // 2))
    training = TrainingConfig(epochs=2, batch_size=128)
    whole = small(factors, training=training).fit(data, progress=False)
    with pytest.raises(KeyboardInterrupt):
        small(factors, training=training).fit(
            data, checkpoint=tmp_path / "c", callbacks=[Watch(3, "interrupt")], progress=False
        )
    watch = Watch()
    again = small(factors, training=training).fit(
        data, checkpoint=tmp_path / "c", resume=True, callbacks=[watch], progress=False
    )
    assert watch.steps() == [4]
    assert_same_bits(weights(again), weights(whole))


def test_a_checkpoint_of_other_data_or_settings_is_refused(tmp_path: Path) -> None:
    small(("hour",)).fit(SHORT, checkpoint=tmp_path / "c", progress=False)
    other = Panel.from_array(SHORT.values + 1.0, "2024-01-01", "1h", SHORT.channels)
    for model, data, named in (
        (small(("hour",)), other, "fingerprint"),
        (small(("hour",), seed=3), SHORT, "seed: checkpoint 0, now 3"),
        (small(("hour",), training=TrainingConfig(epochs=2, batch_size=128)), SHORT, "epochs: checkpoint 1, now 2"),
    ):
        with pytest.raises(ArtifactError, match=named):
            model.fit(data, checkpoint=tmp_path / "c", resume=True, progress=False)


def test_a_model_that_is_not_fitted_says_so(tmp_path: Path) -> None:
    model = small()
    uses = [
        lambda: model.forecast(SHORT),
        lambda: model.encode(SHORT),
        lambda: model.infer_labels(SHORT),
        lambda: model.reconstruct(SHORT),
        lambda: model.sample(1),
        lambda: model.evaluate(SHORT),
        lambda: model.save(tmp_path / "m"),
        lambda: model.history,
        model.info,
    ]
    for use in uses:
        with pytest.raises(NotFittedError, match="Call fit"):
            use()


def test_a_failed_fit_leaves_the_former_model(tmp_path: Path) -> None:
    model = small().fit(SHORT, progress=False)
    before = weights(model)
    with pytest.raises(DataError):
        model.fit(SHORT.rows(0, 10), progress=False)
    assert_same_bits(weights(model), before)


@pytest.mark.parametrize("settings", [(0, 24), (6, 0), (-1, 24), (6, 2.5), ("6", 24)])
def test_lengths_are_whole_numbers_above_zero(settings: tuple) -> None:
    with pytest.raises(ConfigError, match="must be a whole number >= 1"):
        DeepDIVE(*settings)


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError, match="device must be one of"):
        DeepDIVE(6, 24, device="abacus")
    with pytest.raises(ConfigError, match="more than one factor"):
        DeepDIVE(6, 24, ["hour", "hour"])
    with pytest.raises(ConfigError, match="can only resume from a checkpoint"):
        small().fit(SHORT, resume=True)


@pytest.mark.parametrize(("horizon", "lookback"), [(5000, 24), (6, 5000), (400, 24)])
def test_lengths_beyond_the_data_are_refused(horizon: int, lookback: int) -> None:
    with pytest.raises(DataError, match=f"lookback={lookback} and horizon={horizon} needs .* more data"):
        DeepDIVE(horizon, lookback, model=SMALL).fit(SHORT, progress=False)


def test_a_factor_column_that_is_absent_is_named() -> None:
    with pytest.raises(DataError, match="no label column 'shift'"):
        small(("shift",)).fit(SHORT, progress=False)


def test_a_class_unseen_in_training_is_an_error_at_fit() -> None:
    labels = {"shift": np.array(["early", "late"] * 250 + ["night"] * 4, dtype=object)}
    panel = Panel(SHORT.values, SHORT.channels, SHORT.clock, labels)
    with pytest.raises(DataError, match=r"only in the test part.*: 'night', first in row 500 \(2024-01-21T20:00:00"):
        small(("shift",)).fit(panel, progress=False)


def test_training_that_runs_away_is_an_error() -> None:
    wild = TrainingConfig(epochs=2, batch_size=64, learning_rate=1e30, clip=1e30)
    with pytest.raises(ConfigError, match=r"Training diverged: .* Lower training\.learning_rate"):
        small(training=wild).fit(SHORT, progress=False)


def test_missing_values_are_fitted_around() -> None:
    values = SHORT.values.copy()
    values[np.random.default_rng(0).random(values.shape) < 0.1] = np.nan
    values[100:160, 1] = np.nan  # longer than a window
    model = small(("hour",)).fit(Panel.from_array(values, "2024-01-01", "1h", SHORT.channels), progress=False)
    assert all(bool(torch.isfinite(value).all()) for value in weights(model).values())
    assert np.isfinite(model.forecast(SHORT).quantiles).all()


def test_the_progress_bar_shows(capsys: pytest.CaptureFixture[str]) -> None:
    small(("hour",)).fit(SHORT)
    assert "epoch 1" in capsys.readouterr().err


def test_a_validation_part_without_values_at_late_steps_is_reported() -> None:
    """Recordings of the validation part that end two steps after their look-back."""
    wave = np.sin(np.arange(60) / 3)[:, None]
    recordings = Recordings.from_arrays(
        [wave + i / 10 for i in range(6)] + [wave[:26]], {"part": ["fit"] * 6 + ["stop"]}
    )
    with pytest.warns(DataWarning, match=r"steps \[3, 4, 5, 6\] of the horizon"):
        model = small().fit(recordings, ByGroup("part", valid=("stop",)), progress=False)
    assert np.isfinite(model.forecast(recordings).quantiles).all()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"training": "quick"}, "training must be a TrainingConfig: got 'quick'"),
        ({"model": TrainingConfig()}, "model must be a ModelConfig"),
        ({"horizon": True}, "horizon must be a whole number >= 1"),
        ({"seed": 2**63}, r"seed must be a whole number >= 0 and below 2\^63"),
        ({"device": None}, "device must be one of"),
        ({"factors": None}, "a list of factors, got None"),
    ],
)
def test_arguments_of_the_wrong_kind(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        DeepDIVE(**{"horizon": 6, "lookback": 24, **wrong})


def test_draws_ask_for_classes_by_factor(hours_model: DeepDIVE) -> None:
    with pytest.raises(ConfigError, match="classes must map factors to classes"):
        hours_model.sample(2, "hour")
    with pytest.raises(ConfigError, match="seed must be a whole number"):
        hours_model.sample(2, seed=-1)
