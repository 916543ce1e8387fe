"""Scores of a fitted model and of simple forecasters on the same windows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast._optional import Plottable
from divecast.baselines import Baseline, LastValue, SeasonalNaive
from divecast.config import LinearStart
from divecast.data import Backend, Source, Windows, seasons, to_frame
from divecast.data.sources.series_rows import SeriesRows
from divecast.errors import ConfigError, DataError
from divecast.inference.adaptation import Rolling
from divecast.inference.fitted_model import FittedModel
from divecast.inference.folding import folded_values
from divecast.inference.joint_scores import JointScores, joint_scores
from divecast.inference.observe import rolling_of, standardised
from divecast.inference.predict import LabelMode, batch_of, forecast_cut, mean_and_quantiles, predict, target_phases
from divecast.inference.results import Floats
from divecast.metrics import ForecastScores, ScoreSums
from divecast.model.forecaster import Forecaster
from divecast.model.linear.label_covariates import one_hots
from divecast.types import Batch

LEVELS = (0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95)
MEASURES = ("rrse", "corr", "mae", "mse", "mase", "crps", "coverage")
MODEL_NAME = "DeepDIVE"
LINEAR_NAMES: dict[LinearStart, str] = {
    "stacked": "stacked ridge",
    "ridge": "per-channel ridge",
    "shared": "shared ridge",
}
"""Names of the linear path as a forecaster of its own."""


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Evaluation(Plottable):
    """Scores of the model and of simple forecasters.

    Attributes:
        scores: scores by name of the forecaster, the model first; see ``ForecastScores`` for the measures.
        backend: kind of the tables that ``frame`` returns by default.
        joint: scores of the model's sample paths; None unless paths were asked for.

    Example:
        >>> evaluation = model.evaluate(panel, every=5)
        >>> list(evaluation.scores)[:2]
        ['DeepDIVE', 'last value']
    """

    scores: dict[str, ForecastScores]
    backend: Backend
    joint: JointScores | None = None

    def table(self) -> dict[str, NDArray[Any]]:
        """Return the scores as columns, with one row per forecaster and step, and one row ``all`` per forecaster.

        Returns:
            (row,) arrays by name: ``model``, ``horizon`` (the step from 1, as text) and one per measure.

        Example:
            >>> table = model.evaluate(panel, every=5).table()
            >>> str(table["model"][0]), str(table["horizon"][0])
            ('DeepDIVE', '1')
        """
        tables = {name: score.table() for name, score in self.scores.items()}
        first = next(iter(tables.values()))
        n_rows = len(first["horizon"])
        columns: dict[str, NDArray[Any]] = {"model": np.repeat(np.array(list(tables), dtype=object), n_rows)}
        return columns | {name: np.concatenate([table[name] for table in tables.values()]) for name in first}

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return the scores as a table, with one row per forecaster and step, and one row ``all`` per forecaster.

        Args:
            backend: ``pandas``, ``polars`` or ``pyarrow``; None for the kind of the data.

        Example:
            >>> table = model.evaluate(panel, every=5).frame(backend="pandas")
            >>> list(table.columns[:3])
            ['model', 'horizon', 'n']
        """
        return to_frame(self.table(), backend or self.backend)

    def __str__(self) -> str:
        """Return the scores over all steps, one line per forecaster."""
        return in_lines({name: score.overall() for name, score in self.scores.items()})


def in_lines(scores: Mapping[str, Mapping[str, float]]) -> str:
    """Return a header and one line of measures per forecaster."""
    header = f"{'':24}" + "".join(f"{measure:>12}" for measure in MEASURES)
    lines = [f"{name:24}" + "".join(f"{row[measure]:12.5g}" for measure in MEASURES) for name, row in scores.items()]
    return "\n".join([header, *lines])


@dataclass(frozen=True, slots=True)
class LinearPathAlone:
    """The linear path of a model, without the network's correction; a missing label contributes 0.

    Attributes:
        name: name of the maps.
        forecaster: forecaster of the model.
    """

    name: str
    forecaster: Forecaster

    @torch.inference_mode()
    def forecast(self, batch: Batch) -> Tensor:
        """Return the forecast, (batch, horizon, channel), scaled units."""
        n_classes = self.forecaster.n_classes
        known = one_hots(batch.labels[:, : len(n_classes)], n_classes)
        return self.forecaster.linear_forecast(batch.x, known, batch.effects)


def rivals(fitted: FittedModel, source: Source) -> dict[str, Baseline | LinearPathAlone]:
    """Return the simple forecasters that suit the data, by name."""
    baselines: dict[str, Baseline | LinearPathAlone] = {"last value": LastValue()}
    for period in seasons(source.clock):
        if period <= fitted.shape.lookback:
            baselines[f"seasonal naive ({period})"] = SeasonalNaive(period)
    name = LINEAR_NAMES[fitted.provenance.linear_start]
    baselines[name] = LinearPathAlone(name, fitted.network.forecaster)
    return baselines


def windows_from(fitted: FittedModel, source: Source, rows: range, every: int) -> Windows:
    """Return the windows whose forecasts start in some rows of an aligned panel, with targets in these rows alone.

    Raises:
        DataError: no series has values before and in these rows.
    """
    windows = fitted.windows_of(source, None, "score")
    origins, shift = windows.origins, np.zeros(1, dtype=np.int64)
    if isinstance(windows.source, SeriesRows):
        origins, shift = windows.source.blocks.panel_rows(origins), windows.source.blocks.shift
    chosen = (origins >= rows.start) & (origins < rows.stop) & ((origins - rows.start) % every == 0)
    if not chosen.any():
        raise DataError(
            "No series has values before and in the span of targets", hint="Choose another {start} or {stop}"
        )
    windows = replace(windows, target_stop=np.minimum(windows.target_stop, rows.stop - shift))
    return fitted.without_outliers(windows.subset(chosen))


def evaluate_windows(
    fitted: FittedModel, windows: Windows, mode: LabelMode, with_rivals: bool, n_paths: int = 0, adapt: bool = False
) -> Evaluation:
    """Score the model, and simple forecasters if wanted, on windows; forecasts are made and dropped batch by batch.

    Series that could not be learned from are not scored. With ``adapt``, quantiles from each origin are those of a
    model that has observed the values of the windows before it.

    Raises:
        ConfigError: paths are to be scored while the levels move.
    """
    if adapt and n_paths:
        raise ConfigError("Paths are not scored while the levels move", hint="Use either {adapt} or {n_paths}")
    if adapt:
        fitted.refuse_independent("Adapting to values that come")
    rolling = rolling_of(fitted, int(windows.origins[0])) if adapt else None
    horizon, (center, seasonal_error) = fitted.shape.horizon, _levels(fitted, windows)
    others = rivals(fitted, windows.source) if with_rivals else {}
    sums = {MODEL_NAME: ScoreSums(horizon, center, seasonal_error, LEVELS)}
    sums |= {name: ScoreSums(horizon, center, seasonal_error) for name in others}
    for piece in forecast_cut(fitted, windows):
        batch, own = batch_of(fitted, piece), fitted.at(piece)
        fold = partial(folded_values, piece) if fitted.independent else _same
        outputs = predict(fitted, batch, mode)
        truth, at = fold(own.original(batch.y)), target_phases(fitted, piece)
        moved = None if rolling is None else _moved(rolling, piece.origins, standardised(own, batch, outputs.forecast))
        sums[MODEL_NAME].update(truth, *map(fold, mean_and_quantiles(own, outputs.forecast, LEVELS, at, moved)))
        for name, rival in others.items():
            sums[name].update(truth, fold(own.original(rival.forecast(batch))))
    joint = joint_scores(fitted, windows, mode, n_paths) if n_paths else None
    return Evaluation({name: running.result() for name, running in sums.items()}, windows.source.backend, joint)


def _moved(rolling: Rolling, origins: NDArray[np.int64], errors: NDArray[np.float64]) -> Tensor:
    """Return the quantiles of standardised errors of windows, (level, window, horizon, channel), and move on."""
    found = []
    for origin, residuals in zip(origins.tolist(), errors, strict=True):
        found.append(rolling.quantiles(origin, LEVELS))
        rolling.add(origin, residuals)
    return torch.from_numpy(np.stack(found, axis=1))


def _same(values: Floats) -> Floats:
    return values


def _levels(fitted: FittedModel, windows: Windows) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return a value near the level of each series, and the unit of its MASE; NaN for one that the model never saw."""
    if not fitted.independent:
        return np.nan_to_num(fitted.scale.center), fitted.seasonal_error
    place = {name: number for number, name in enumerate(fitted.series)}
    places = [place.get(name, -1) for name in windows.source.names]
    center = np.append(fitted.scale.center[:, 0], np.float32(0.0))[places]
    return np.nan_to_num(center), np.append(fitted.seasonal_error, np.nan)[places]
