"""Attempts to use fitted models on hostile data, with invalid arguments."""

import math
from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from slow.hostile.drawn import often
from slow.hostile.judge import all_finite
from slow.hostile.models import HORIZON, LEVELS, LOOKBACK, asked, model, whole_forecast

Attempt = Callable[[], None]
INVALID_NUMBERS = (0, -1, 2.5, "1", None, True, math.nan, 10**30)
INVALID_LEVELS = ((), (0.5, 0.5), (0.9, 0.1), (0, 1), (math.nan,), ("a",), (0.001,), None, 0.5, (-0.5,), ([0.5],))
INVALID_STAMPS = (
    "",
    "noon",
    "1969-12-25",
    "2024-03-31T02:30",
    "2024-02-30",
    5,
    math.nan,
    ("r0", 1.0),
    (),
    "9999-12-31",
    "r0",
)
PARTS = ("all", "test", "odd", None)


@st.composite
def forecast(draw: st.DrawFn) -> Attempt:
    """Forecasts after the end of the data, or rolling, with samples or not."""
    kind, data = draw(asked())
    start, stop = draw(often(None, *INVALID_STAMPS, np.datetime64("NaT", "s"))), draw(often(None, *INVALID_STAMPS))
    every, levels = draw(often(1, *INVALID_NUMBERS, 5)), draw(often(LEVELS, *INVALID_LEVELS))
    n_paths, labels = draw(often(0, *INVALID_NUMBERS[1:], 2)), draw(often("known", "infer", "odd", None, []))
    layout = draw(st.sampled_from(["long", "wide"]))

    def attempt() -> None:
        found = model(kind).forecast(
            data(), start=start, stop=stop, every=every, labels=labels, levels=levels, n_paths=n_paths
        )
        whole_forecast(model(kind), found)
        assert found.paths.shape == (n_paths, *found.mean.shape)
        all_finite(found.paths)
        table = found.frame(layout)
        assert len(table) == found.mean.size // (1 if layout == "long" else len(found.channels))
        own = 3 + (kind == "moves")
        assert table.shape[1] == own + (2 + len(levels) if layout == "long" else len(found.channels))

    return attempt


@st.composite
def codes(draw: st.DrawFn) -> Attempt:
    """Codes, labels, windows given back."""
    kind, data = draw(asked())
    part, every = draw(often("all", *PARTS)), draw(often(1, *INVALID_NUMBERS))
    by, verb = (
        draw(often("window", "recording", "odd", None)),
        draw(st.sampled_from(["encode", "labels", "reconstruct"])),
    )

    def attempt() -> None:
        if verb == "reconstruct":
            found = model(kind).reconstruct(data(), part, every)
            all_finite(found.mean)
        elif verb == "labels":
            found = model(kind).infer_labels(data(), part, by, every)
            all_finite(*found.probabilities)
            assert (found.given >= -1).all()
        else:
            found = model(kind).encode(data(), part, every)
            all_finite(found.a_mean, found.a_sd, *found.b_mean, *found.b_sd, *found.probabilities)
            assert (found.a_sd > 0).all()
        assert len(found.frame())

    return attempt


@st.composite
def evaluate(draw: st.DrawFn) -> Attempt:
    """Scores; those of rows without truth are NaN, never infinite."""
    kind, data = draw(asked())
    part, every, labels = (
        draw(often("all", *PARTS)),
        draw(often(1, *INVALID_NUMBERS)),
        draw(often("known", "infer", "odd")),
    )

    def attempt() -> None:
        found = model(kind).evaluate(data(), part, labels=labels, every=every)
        for score in found.scores.values():
            for name, value in score.overall().items():
                assert not np.isinf(value), name
        assert len(found.frame())
        assert str(found)

    return attempt


@st.composite
def what_if(draw: st.DrawFn) -> Attempt:
    """Other classes, or other windows' codes."""
    kind, data = draw(asked())
    classes = {
        "hourly": ("hour", "03"),
        "monthly": ("season", "winter"),
        "daily": ("weekday", "Sun"),
        "moves": ("move", "fast"),
    }
    factor, to = classes[kind]
    factor, to = (
        draw(often(factor, "odd", None, 3, "", [])),
        draw(often(to, "odd", None, 3, "", {}, {"hour": 3}, {"hour": "03"})),
    )
    at, levels = draw(often(None, *INVALID_STAMPS, [], [None])), draw(often(LEVELS, *INVALID_LEVELS))
    a, part = draw(often("adjusted", "kept", "odd", None)), draw(often("b", "a", "c", None))
    factors, swapped = draw(often((), (factor,), ("odd",), "hour", None)), draw(st.booleans())

    def attempt() -> None:
        asked_model = model(kind)
        if swapped:
            found = asked_model.swap_codes(data(), other=at, at=None, block=part, factors=factors, levels=levels)
        else:
            found = asked_model.what_if(data(), factor=factor, to=to, at=at, unlabelled_code=a, levels=levels)
        whole_forecast(asked_model, found.factual)
        whole_forecast(asked_model, found.counterfactual)
        all_finite(found.difference)
        assert len(found.frame())
        assert len(found.window_frame())

    return attempt


@st.composite
def traverse(draw: st.DrawFn) -> Attempt:
    """Ways through the code."""
    kind, data = draw(asked())
    name = draw(
        often("a0", "b_hour", "b_hour0", "b_season1", "a99", "a-1", "", "a" + "9" * 5000, None, 3, "b_move", "a²")
    )
    at, n = draw(often(None, *INVALID_STAMPS)), draw(often(None, *INVALID_NUMBERS, 2, 5))
    span, a = (
        draw(often(3.0, 0, -1, math.nan, math.inf, "3", None, 1e300, 1e-300)),
        draw(often("kept", "adjusted", "odd")),
    )
    positions = draw(often(None, [], [0.0], [1e300], [math.nan], ["a"], 3, [1e30], [-3, 99], [None]))

    def attempt() -> None:
        found = model(kind).traverse(data(), name, at=at, positions=positions, n=n, span=span, unlabelled_code=a)
        all_finite(found.forecasts, found.windows, found.own_position, found.own_forecasts)
        assert len(found.frame())

    return attempt


@st.composite
def reasons(draw: st.DrawFn) -> Attempt:
    """Attributions, anomalies, diagnoses and samples of the prior."""
    kind, data = draw(asked())
    part, every, at = draw(often("all", *PARTS)), draw(often(1, *INVALID_NUMBERS)), draw(often(None, *INVALID_STAMPS))
    verb = draw(st.sampled_from(["why", "anomalies", "check", "sample"]))
    parts = draw(often(("level", "label"), (), ("odd",), "level", None, ("bound",), 3))
    n, classes = (
        draw(often(3, *INVALID_NUMBERS[:-1])),
        draw(often(None, {"hour": "03"}, {"odd": "x"}, {"hour": 3}, [], "hour")),
    )
    seed = draw(often(0, *INVALID_NUMBERS))

    def attempt() -> None:
        asked_model = model(kind)
        if verb == "sample":
            drawn = asked_model.sample(n, classes, seed=seed)
            all_finite(drawn.x, drawn.y)
            assert len(drawn.frame()) == n * (LOOKBACK + HORIZON)
        elif verb == "why":
            shares = asked_model.why(data(), part, every, at=at)
            all_finite(shares.change, shares.shift)
            assert str(shares)
            assert len(shares.frame())
        elif verb == "check":
            assert str(asked_model.check(data(), part, every))
        else:
            scored = asked_model.anomalies(data(), part, every, scores=parts)
            assert not np.isinf(scored.score).any()
            assert all(str(each) for each in scored.top(n))
            assert len(scored.frame("channel"))

    return attempt
