"""Settings are checked when they are made."""

import numpy as np
import pytest

from divecast import CodeConfig, ConfigError, DecoderConfig, EncoderConfig, LossConfig, ModelConfig, TrainingConfig
from divecast.config import check_at_least, check_choice


@pytest.mark.parametrize(
    ("config", "name", "value"),
    [
        (EncoderConfig, "n_mixtures", 0),
        (EncoderConfig, "width", -1),
        (EncoderConfig, "dropout", 1.0),
        (EncoderConfig, "channel_dropout", -0.1),
        (CodeConfig, "n_conditional", -1),
        (CodeConfig, "n_harmonics", 0),
        (DecoderConfig, "depth", -1),
        (DecoderConfig, "ridge_penalty", -1e-9),
        (DecoderConfig, "token_width", 30),
        (LossConfig, "cross_entropy", -1.0),
        (TrainingConfig, "epochs", 0),
        (TrainingConfig, "batch_size", 0),
        (TrainingConfig, "patience", 0),
        (TrainingConfig, "learning_rate", 0.0),
        (TrainingConfig, "clip", 0.0),
        (TrainingConfig, "warmup", 1.0),
        (TrainingConfig, "clamp", 1.1),
        (TrainingConfig, "window_stride", 0),
        (TrainingConfig, "learning_rate", float("nan")),
    ],
)
def test_a_setting_out_of_range_is_named_with_what_was_found(config: type, name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"{config._name}.{name} must be .*: got {value!r}"):
        config(**{name: value})


@pytest.mark.parametrize("n", [0, 1, 30, 100, 500, 1000, 3839, 3840, 10**6])
def test_few_windows_get_more_passes_in_smaller_batches_and_many_the_usual_ones(n: int) -> None:
    found = TrainingConfig().for_windows(n)
    steps = found.n_epochs * max(1, n // found.n_batch)
    assert steps >= 150 or found.epochs == 40
    if n >= 3840:
        assert (found.epochs, found.batch_size, found.patience) == (5, 128, 3)
    assert found.epochs >= 5
    assert 16 <= found.n_batch <= 128
    assert found.for_windows(10) == found  # in numbers now


def test_passes_or_batches_that_are_set_are_kept() -> None:
    one, two = TrainingConfig(epochs=2).for_windows(100), TrainingConfig(batch_size=8).for_windows(100)
    assert (one.epochs, one.batch_size, one.patience) == (2, 128, 3)
    assert (two.epochs, two.batch_size, two.patience) == (5, 8, 3)


def test_the_cross_entropy_outweighs_the_kl_by_default() -> None:
    """At equal weights classes that fall together are an optimum; see losses/test_trap.py."""
    assert LossConfig().cross_entropy > LossConfig().marginal_kl


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"interleave": "steps"}, "interleave must be one of"),
        ({"monitor": "loss"}, "monitor must be one of"),
        ({"monitor": np.zeros(2)}, "monitor must be one of"),
        ({"precision": "fp8"}, "precision must be one of"),
        ({"epochs": 1.5}, "epochs must be a whole number"),
        ({"epochs": "3"}, "epochs must be a whole number"),
        ({"learning_rate": float("nan")}, "learning_rate must be a finite number"),
        ({"interleave": "epoch", "epochs": 1}, "epochs must be >= 2 if"),
        ({"combine": "pcgrad"}, 'combine must be "sum" unless'),
    ],
)
def test_a_setting_of_the_wrong_kind_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        TrainingConfig(**settings)


def test_a_room_takes_only_its_own_settings() -> None:
    with pytest.raises(ConfigError, match=r"model\.encoder must be of type EncoderConfig"):
        ModelConfig(encoder=CodeConfig())
    with pytest.raises(ConfigError, match="forecast must be one of"):
        DecoderConfig(forecast="gauss")


@pytest.mark.parametrize("value", [0, -1, 1.0, "1", None, True, 2**63, np.float64(2)])
def test_a_whole_number_is_checked_by_its_name(value: object) -> None:
    with pytest.raises(ConfigError, match=r"n must be a whole number >= 1( and below 2\^63)?: got") as caught:
        check_at_least(1, n=value)
    assert caught.value.argument == "n"
    check_at_least(1, n=np.int64(1), most=2**63 - 1)


@pytest.mark.parametrize("value", ["", "c", None, 1, ["a"]])
def test_a_choice_is_checked_by_its_name(value: object) -> None:
    with pytest.raises(ConfigError, match='by must be "a", "b" or "d": got') as caught:
        check_choice(("a", "b", "d"), by=value)
    assert caught.value.argument == "by"
    check_choice(("a", "b", "d"), by="b")


def test_windows_of_recordings_start_twenty_times_within_a_look_back_unless_told():
    assert TrainingConfig().stride == 1
    assert [TrainingConfig().for_recordings(lookback).stride for lookback in (8, 200, 1000)] == [1, 10, 50]
    assert TrainingConfig(window_stride=3).for_recordings(200).stride == 3
