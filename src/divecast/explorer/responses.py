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
    ForecastPart,
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
from divecast.inference.results import Codes, Floats, Forecast, ForecastParts, Keys

Columns = NDArray[np.int64]


def forecast_answer(forecast: Forecast, parts: ForecastParts | None, columns: Columns) -> ForecastAnswer:
    """Convert a forecast and, if they are asked for, its parts; ``columns`` are the channels to return."""
    named = () if parts is None else tuple(zip(parts.names, parts.kinds, parts.values, strict=True))
    windows = [
        WindowForecast(
            **key,
            times=_times(forecast.keys.stamps[window, 1:]),
            mean=_curves(forecast.mean[window], columns),
            quantiles=[_curves(level[window], columns) for level in forecast.quantiles],
            parts=[ForecastPart(name=name, kind=kind, values=_curves(of[window], columns)) for name, kind, of in named],
        )
        for window, key in enumerate(_keys(forecast.keys, 0))
    ]
    return ForecastAnswer(channels=_names(forecast.channels, columns), levels=list(forecast.levels), windows=windows)


def encode_answer(codes: Codes) -> EncodeAnswer:
    """Convert codes."""
    blocks = list(zip(codes.factors, codes.b_mean, codes.b_sd, codes.probabilities, strict=True))
    windows = [
        WindowCode(
            **key,
            a_mean=codes.a_mean[window].tolist(),
            a_sd=codes.a_sd[window].tolist(),
            b={name: _factor_code([part[window] for part in block]) for name, *block in blocks},
            attention=codes.attention[window].tolist(),
        )
        for window, key in enumerate(_keys(codes.keys, 0))
    ]
    classes = {name: list(names) for name, names in zip(codes.factors, codes.classes, strict=True)}
    return EncodeAnswer(classes=classes, windows=windows)


def what_if_answer(answer: Counterfactual, columns: Columns) -> WhatIfAnswer:
    """Convert what-if forecasts; ``columns`` are the channels to return."""
    windows = [
        WindowWhatIf(
            **key,
            times=_times(answer.factual.keys.stamps[window, 1:]),
            window_times=_times(answer.factual_window.keys.stamps[window]),
            truth=_curves(answer.factual_window.truth[window], columns),
            before=_classes(answer.factors, answer.before, window),
            after=_classes(answer.factors, answer.after, window),
            factual=_generated(answer.factual, answer.factual_window.mean, window, columns),
            counterfactual=_generated(answer.counterfactual, answer.counterfactual_window.mean, window, columns),
            difference=_curves(answer.difference[window], columns),
        )
        for window, key in enumerate(_keys(answer.factual.keys, 0))
    ]
    names = _names(answer.factual.channels, columns)
    levels, scenario = list(answer.factual.levels), list(answer.scenario)
    return WhatIfAnswer(channels=names, levels=levels, scenario=scenario, windows=windows)


def traverse_answer(traversal: Traversal, columns: Columns) -> TraverseAnswer:
    """Convert a traversal; ``columns`` are the channels to return."""
    lookback = traversal.own_windows.shape[1]
    windows = [
        WindowTraversal(
            **key,
            times=_times(traversal.keys.stamps[window, lookback:]),
            window_times=_times(traversal.keys.stamps[window, :lookback]),
            own_position=float(traversal.own_position[window]),
            own_window=_curves(traversal.own_windows[window], columns),
            own_forecast=_curves(traversal.own_forecasts[window], columns),
            stops=[_stop(traversal, window, place, columns) for place in range(len(traversal.positions))],
        )
        for window, key in enumerate(_keys(traversal.keys, lookback - 1))
    ]
    return TraverseAnswer(
        dimension=traversal.dimension,
        unit=traversal.unit,
        classes=list(traversal.classes),
        channels=_names(traversal.channels, columns),
        windows=windows,
    )


def anomalies_answer(anomalies: Anomalies, n: int, apart: int | None) -> AnomaliesAnswer:
    """Convert the scores of all windows, and the ``n`` most anomalous ones with reasons."""
    scores = [Score(**key, score=float(anomalies.score[i])) for i, key in enumerate(_keys(anomalies.keys, -1))]
    return AnomaliesAnswer(
        reference=anomalies.reference.name,
        reference_windows=anomalies.reference.n_windows,
        scores=list(anomalies.score_names),
        windows=scores,
        anomalous=[_anomaly(window) for window in anomalies.top(n, apart)],
    )


def time_of(stamp: Any) -> Time:
    """Return a time as ISO 8601, or as seconds."""
    return str(stamp) if isinstance(stamp, np.datetime64) else float(stamp)


def _keys(keys: Keys, end: int) -> Iterator[dict[str, Any]]:
    for index, stamps in enumerate(keys.stamps):
        yield {
            "recording": None if keys.recordings is None else str(keys.recordings[index]),
            "end": time_of(stamps[end]),
        }


def _times(stamps: NDArray[Any]) -> list[Time]:
    return [time_of(stamp) for stamp in stamps]


def _curves(values: Floats, columns: Columns) -> Curves:
    """Turn (step, channel) into one list per channel."""
    curves: Curves = values.T[columns].tolist()
    return curves


def _names(channels: Sequence[str], columns: Columns) -> list[str]:
    return [channels[column] for column in columns]


def _classes(factors: Sequence[str], classes: ClassesInCode, window: int) -> dict[str, ClassInCode]:
    pairs = zip(factors, classes.names[window], classes.probabilities[window], strict=True)
    return {factor: ClassInCode(name=str(name), probability=float(share)) for factor, name, share in pairs}


def _factor_code(parts: Sequence[Floats]) -> FactorCode:
    mean, sd, probabilities = (part.tolist() for part in parts)
    return FactorCode(mean=mean, sd=sd, probabilities=probabilities)


def _generated(forecast: Forecast, window: Floats, index: int, columns: Columns) -> Generated:
    quantiles = [_curves(level[index], columns) for level in forecast.quantiles]
    return Generated(
        mean=_curves(forecast.mean[index], columns), quantiles=quantiles, window=_curves(window[index], columns)
    )


def _stop(traversal: Traversal, window: int, place: int, columns: Columns) -> Stop:
    return Stop(
        position=float(traversal.positions[place]),
        window=_curves(traversal.windows[window, place], columns),
        forecast=_curves(traversal.forecasts[window, place], columns),
        probabilities=traversal.probabilities[window, place].tolist(),
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
