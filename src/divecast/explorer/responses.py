"""Converts the library's results to answers."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.explain.anomalies.anomalies import Anomalies
from divecast.explain.anomalies.anomaly_reasons import AnomalousWindow
from divecast.explain.counterfactuals.counterfactual import ClassesInCode, Counterfactual
from divecast.explain.counterfactuals.traversal import Traversal
from divecast.explorer.answers import (
    AnomaliesAnswer,
    AnomalyAnswer,
    ClassInCode,
    Curves,
    EncodeAnswer,
    FactorCode,
    ForecastAnswer,
    Generated,
    Score,
    Stop,
    Time,
    TraverseAnswer,
    WhatIfAnswer,
    WindowCode,
    WindowForecast,
    WindowTraversal,
    WindowWhatIf,
)
from divecast.inference.results import Codes, Floats, Forecast, Keys

Columns = NDArray[np.int64]


def forecast_answer(found: Forecast, columns: Columns) -> ForecastAnswer:
    """Convert a forecast; ``columns`` are the channels to return."""
    windows = [
        WindowForecast(
            **key,
            times=_times(found.keys.stamps[at, 1:]),
            mean=_curves(found.mean[at], columns),
            quantiles=[_curves(level[at], columns) for level in found.quantiles],
        )
        for at, key in enumerate(_keys(found.keys, 0))
    ]
    return ForecastAnswer(channels=_names(found.channels, columns), levels=list(found.levels), windows=windows)


def encode_answer(found: Codes) -> EncodeAnswer:
    """Convert codes."""
    blocks = list(zip(found.factors, found.b_mean, found.b_sd, found.probabilities, strict=True))
    windows = [
        WindowCode(
            **key,
            a_mean=found.a_mean[at].tolist(),
            a_sd=found.a_sd[at].tolist(),
            b={name: _factor_code([part[at] for part in block]) for name, *block in blocks},
            attention=found.attention[at].tolist(),
        )
        for at, key in enumerate(_keys(found.keys, 0))
    ]
    classes = {name: list(names) for name, names in zip(found.factors, found.classes, strict=True)}
    return EncodeAnswer(classes=classes, windows=windows)


def what_if_answer(found: Counterfactual, columns: Columns) -> WhatIfAnswer:
    """Convert what-if forecasts; ``columns`` are the channels to return."""
    windows = [
        WindowWhatIf(
            **key,
            times=_times(found.factual.keys.stamps[at, 1:]),
            window_times=_times(found.factual_window.keys.stamps[at]),
            truth=_curves(found.factual_window.truth[at], columns),
            before=_classes(found.factors, found.before, at),
            after=_classes(found.factors, found.after, at),
            factual=_generated(found.factual, found.factual_window.mean, at, columns),
            counterfactual=_generated(found.counterfactual, found.counterfactual_window.mean, at, columns),
            difference=_curves(found.difference[at], columns),
        )
        for at, key in enumerate(_keys(found.factual.keys, 0))
    ]
    names = _names(found.factual.channels, columns)
    return WhatIfAnswer(channels=names, levels=list(found.factual.levels), windows=windows)


def traverse_answer(found: Traversal, columns: Columns) -> TraverseAnswer:
    """Convert a traversal; ``columns`` are the channels to return."""
    lookback = found.own_windows.shape[1]
    windows = [
        WindowTraversal(
            **key,
            times=_times(found.keys.stamps[at, lookback:]),
            window_times=_times(found.keys.stamps[at, :lookback]),
            own_position=float(found.own_position[at]),
            own_window=_curves(found.own_windows[at], columns),
            own_forecast=_curves(found.own_forecasts[at], columns),
            stops=[_stop(found, at, place, columns) for place in range(len(found.positions))],
        )
        for at, key in enumerate(_keys(found.keys, lookback - 1))
    ]
    return TraverseAnswer(
        dimension=found.dimension,
        unit=found.unit,
        classes=list(found.classes),
        channels=_names(found.channels, columns),
        windows=windows,
    )


def anomalies_answer(found: Anomalies, n: int, apart: int | None) -> AnomaliesAnswer:
    """Convert the scores of all windows, and the ``n`` most anomalous ones with reasons."""
    scores = [Score(**key, score=float(found.score[at])) for at, key in enumerate(_keys(found.keys, -1))]
    return AnomaliesAnswer(
        reference=found.reference.name,
        reference_windows=found.reference.n_windows,
        scores=list(found.score_names),
        windows=scores,
        anomalous=[_anomaly(window) for window in found.top(n, apart)],
    )


def time_of(stamp: Any) -> Time:
    """Return a time as ISO 8601, or as seconds."""
    return str(stamp) if isinstance(stamp, np.datetime64) else float(stamp)


def _keys(keys: Keys, end: int) -> Iterator[dict[str, Any]]:
    for at, stamps in enumerate(keys.stamps):
        yield {"recording": None if keys.recordings is None else str(keys.recordings[at]), "end": time_of(stamps[end])}


def _times(stamps: NDArray[Any]) -> list[Time]:
    return [time_of(stamp) for stamp in stamps]


def _curves(values: Floats, columns: Columns) -> Curves:
    """Turn (step, channel) into one list per channel."""
    curves: Curves = values.T[columns].tolist()
    return curves


def _names(channels: Sequence[str], columns: Columns) -> list[str]:
    return [channels[at] for at in columns]


def _classes(factors: Sequence[str], found: ClassesInCode, at: int) -> dict[str, ClassInCode]:
    pairs = zip(factors, found.names[at], found.probabilities[at], strict=True)
    return {factor: ClassInCode(name=str(name), probability=float(share)) for factor, name, share in pairs}


def _factor_code(parts: Sequence[Floats]) -> FactorCode:
    mean, sd, probabilities = (part.tolist() for part in parts)
    return FactorCode(mean=mean, sd=sd, probabilities=probabilities)


def _generated(forecast: Forecast, window: Floats, at: int, columns: Columns) -> Generated:
    quantiles = [_curves(level[at], columns) for level in forecast.quantiles]
    return Generated(mean=_curves(forecast.mean[at], columns), quantiles=quantiles, window=_curves(window[at], columns))


def _stop(found: Traversal, at: int, place: int, columns: Columns) -> Stop:
    return Stop(
        position=float(found.positions[place]),
        window=_curves(found.windows[at, place], columns),
        forecast=_curves(found.forecasts[at, place], columns),
        probabilities=found.probabilities[at, place].tolist(),
    )


def _anomaly(window: AnomalousWindow) -> AnomalyAnswer:
    return AnomalyAnswer(
        recording=window.recording,
        end=time_of(window.end),
        score=window.score,
        rarity=window.rarity,
        main_score=window.main_score,
        channel=window.channel,
        reasons=list(window.reasons),
    )
