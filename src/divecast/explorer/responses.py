"""Converts the library's results to answers."""

from collections.abc import Sequence

from divecast.explain.anomalies.anomalies import Anomalies
from divecast.explain.anomalies.anomaly_reasons import AnomalousWindow
from divecast.explain.counterfactuals.counterfactual import ClassesInCode, Counterfactual
from divecast.explain.counterfactuals.traversal import Traversal
from divecast.explorer.answers import (
    AnomaliesAnswer,
    AnomalyAnswer,
    ClassInCode,
    EncodeAnswer,
    FactorCode,
    Generated,
    Score,
    Stop,
    TraverseAnswer,
    WhatIfAnswer,
    WindowCode,
    WindowTraversal,
    WindowWhatIf,
)
from divecast.inference.results import Codes, Floats, Forecast
from divecast.web.forecast_answer import Columns, curves_of, keys_of, names_of, time_of, times_of


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
        for window, key in enumerate(keys_of(codes.keys, 0))
    ]
    classes = {name: list(names) for name, names in zip(codes.factors, codes.classes, strict=True)}
    return EncodeAnswer(classes=classes, windows=windows)


def what_if_answer(answer: Counterfactual, columns: Columns) -> WhatIfAnswer:
    """Convert what-if forecasts; ``columns`` are the channels to return."""
    windows = [
        WindowWhatIf(
            **key,
            times=times_of(answer.factual.keys.stamps[window, 1:]),
            window_times=times_of(answer.factual_window.keys.stamps[window]),
            truth=curves_of(answer.factual_window.truth[window], columns),
            before=_classes(answer.factors, answer.before, window),
            after=_classes(answer.factors, answer.after, window),
            factual=_generated(answer.factual, answer.factual_window.mean, window, columns),
            counterfactual=_generated(answer.counterfactual, answer.counterfactual_window.mean, window, columns),
            difference=curves_of(answer.difference[window], columns),
        )
        for window, key in enumerate(keys_of(answer.factual.keys, 0))
    ]
    names = names_of(answer.factual.channels, columns)
    levels, scenario = list(answer.factual.levels), list(answer.scenario)
    return WhatIfAnswer(channels=names, levels=levels, scenario=scenario, windows=windows)


def traverse_answer(traversal: Traversal, columns: Columns) -> TraverseAnswer:
    """Convert a traversal; ``columns`` are the channels to return."""
    lookback = traversal.own_windows.shape[1]
    windows = [
        WindowTraversal(
            **key,
            times=times_of(traversal.keys.stamps[window, lookback:]),
            window_times=times_of(traversal.keys.stamps[window, :lookback]),
            own_position=float(traversal.own_position[window]),
            own_window=curves_of(traversal.own_windows[window], columns),
            own_forecast=curves_of(traversal.own_forecasts[window], columns),
            stops=[_stop(traversal, window, place, columns) for place in range(len(traversal.positions))],
        )
        for window, key in enumerate(keys_of(traversal.keys, lookback - 1))
    ]
    return TraverseAnswer(
        dimension=traversal.dimension,
        unit=traversal.unit,
        classes=list(traversal.classes),
        channels=names_of(traversal.channels, columns),
        windows=windows,
    )


def anomalies_answer(anomalies: Anomalies, n: int, apart: int | None) -> AnomaliesAnswer:
    """Convert the scores of all windows, and the ``n`` most anomalous ones with reasons."""
    scores = [Score(**key, score=float(anomalies.score[i])) for i, key in enumerate(keys_of(anomalies.keys, -1))]
    return AnomaliesAnswer(
        reference=anomalies.reference.name,
        reference_windows=anomalies.reference.n_windows,
        scores=list(anomalies.score_names),
        windows=scores,
        anomalous=[_anomaly(window) for window in anomalies.top(n, apart)],
    )


def _classes(factors: Sequence[str], classes: ClassesInCode, window: int) -> dict[str, ClassInCode]:
    pairs = zip(factors, classes.names[window], classes.probabilities[window], strict=True)
    return {factor: ClassInCode(name=str(name), probability=float(share)) for factor, name, share in pairs}


def _factor_code(parts: Sequence[Floats]) -> FactorCode:
    mean, sd, probabilities = (part.tolist() for part in parts)
    return FactorCode(mean=mean, sd=sd, probabilities=probabilities)


def _generated(forecast: Forecast, window: Floats, index: int, columns: Columns) -> Generated:
    quantiles = [curves_of(level[index], columns) for level in forecast.quantiles]
    return Generated(
        mean=curves_of(forecast.mean[index], columns), quantiles=quantiles, window=curves_of(window[index], columns)
    )


def _stop(traversal: Traversal, window: int, place: int, columns: Columns) -> Stop:
    return Stop(
        position=float(traversal.positions[place]),
        window=curves_of(traversal.windows[window, place], columns),
        forecast=curves_of(traversal.forecasts[window, place], columns),
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
