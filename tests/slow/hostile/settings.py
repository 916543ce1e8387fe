"""Attempts to set the groups of settings, the arguments of the model, TOML files and --set."""

import json
import math
import tempfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from divecast import ByGroup, ByRecording, ByTime, DeepDIVE, LossConfig, ModelConfig, TrainingConfig
from divecast.cli.factors import parse_factors, parse_split
from divecast.cli.settings import CommandSettings, read_settings
from divecast.config import CodeConfig, DecoderConfig, EncoderConfig
from slow.hostile.drawn import names, often

Attempt = Callable[[], None]
GROUPS = (EncoderConfig, CodeConfig, DecoderConfig, ModelConfig, LossConfig, TrainingConfig)
VALUES = st.one_of(
    st.sampled_from(
        [0, 1, 2, -1, 10**30, True, None, "", "3", "auto", "labels", "joint", "upgrad", "epoch", [], {}, b"x"]
    ),
    st.sampled_from(
        [0.5, 1.0, -0.0, math.nan, math.inf, -math.inf, 1e300, 5e-324, 1 + 1j, np.float32(0.5), np.int64(3)]
    ),
    st.sampled_from([torch.zeros(2), np.zeros(2), object, EncoderConfig(), TrainingConfig]),
    names(),
)


@st.composite
def groups(draw: st.DrawFn) -> Attempt:
    """A group of settings with one or two values that may be invalid."""
    group = draw(st.sampled_from(GROUPS))
    usual = group()
    given = {
        each.name: draw(often(st.just(getattr(usual, each.name)), VALUES).flatmap(lambda made: made))
        for each in fields(group)
    }

    def attempt() -> None:
        made = group(**given)
        for name, value in given.items():
            found = getattr(made, name)
            assert found is value or not isinstance(value, int | float)
            assert isinstance(found, int | float | str | bool | EncoderConfig | CodeConfig | DecoderConfig)
            assert not isinstance(found, float) or math.isfinite(found)

    return attempt


@st.composite
def arguments(draw: st.DrawFn) -> Attempt:
    """What a model and a split are made of."""
    numbers = often(2, 0, -1, 10**30, 1.5, "2", None, True, math.nan, np.int32(3), np.float64(2.0))
    steps, past, seed = draw(numbers), draw(numbers), draw(numbers)
    factors = draw(often([], ["hour"], "hour", ["hour", "hour"], [None], [["hour"]], None, 3, {"hour": 1}, [b"x"]))
    device = draw(often("cpu", "auto", "cuda", "cuda:99", "tpu", "", None, 3, "meta", torch.device("cpu")))
    training: Any = draw(often(None, TrainingConfig(), "big", {}, 3, ModelConfig()))
    shares = draw(
        st.lists(often(1.0, 0, -1, math.nan, math.inf, "3", None, 1e-300, 1e308, True), min_size=3, max_size=3)
    )
    which = draw(st.sampled_from([ByTime, ByRecording, ByGroup]))
    group = draw(often("person", None, "", 3))

    def attempt() -> None:
        DeepDIVE(steps, past, factors, training=training, seed=seed, device=device)
        which(*shares) if which is not ByGroup else which(group, *shares[:2])

    return attempt


TEXTS = st.one_of(
    names(), st.sampled_from(["1", "0.5", "nan", "inf", "true", "[1]", "{}", "'a'", "1e400", "99999999999999999999"])
)
DOTTED = st.sampled_from(
    [
        "horizon",
        "seed",
        "factors",
        "levels",
        "split",
        "model.code.n_conditional",
        "training.clip",
        "losses.forecast",
        "model",
        "training",
        "model.encoder.kind",
        "model.code",
        "tz",
        "rate",
        "channels",
        "nothing",
        "model.x.y",
        ".",
        "a.",
    ]
)


GOOD = st.sampled_from(
    ["horizon = 3", "training.clip = 0.5", "factors = ['hour']", "tz = 'UTC'", "model.code.n_free=2"]
)


@st.composite
def toml(draw: st.DrawFn) -> Attempt:
    """A settings file and --set."""
    assigned = draw(
        st.lists(often(GOOD, st.tuples(DOTTED, TEXTS).map("=".join), TEXTS).flatmap(lambda made: made), max_size=2)
    )
    body = draw(often(GOOD, st.tuples(DOTTED, TEXTS).map(" = ".join), st.text(max_size=20)).flatmap(lambda made: made))
    raw = draw(often(None, b"\xff\xfe", b"\x00", b"a = 1979-05-27T07:32:00Z", b"rate = nan", b"x = " + b"[" * 2000))
    factor, split = (
        draw(often("weekday", "hour@", "hour:x", "a:ordered:0", "holiday:DE@x", "")),
        draw(often("3:1:1", "1:1", "nan:1:1", "1:1:-1", "a")),
    )

    def attempt() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "settings.toml"
            path.write_bytes(body.encode("utf-8", "surrogatepass") if raw is None else raw)
            found = read_settings(path, {}, assigned)
        assert isinstance(found, CommandSettings)
        assert json.dumps(found.levels)
        parse_factors([*found.factors, factor])
        parse_split(split, found.split_by, found.group)

    return attempt
