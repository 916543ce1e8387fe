"""Forecasts, codes, labels and reconstructions of windows by a fitted network."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast._text import plural
from divecast.config import check_choice
from divecast.data import Windows
from divecast.data.time.phase import phases
from divecast.data.windows.range_check import check_batch
from divecast.errors import ConfigError, warn_data
from divecast.inference.dependence import PathDraws
from divecast.inference.finite import check_finite
from divecast.inference.fitted_model import FittedModel
from divecast.inference.folding import by_time, folded, n_folded
from divecast.inference.margins import Margins, drawn_paths
from divecast.inference.own_models import OwnForecasts
from divecast.inference.plain_rule import PlainForecast
from divecast.inference.results import Codes, Floats, Forecast, Keys, Labels, Reconstruction
from divecast.inference.window_signs import Marked, WindowSigns
from divecast.types import Batch, Code, Outputs, Prediction, WindowEffects

LabelMode = Literal["known", "infer"]

_VALUES_AT_ONCE = 8_000_000  # of windows in a batch, 32 MB


def pieces(fitted: FittedModel, windows: Windows, n_paths: int = 0) -> Iterator[Windows]:
    """Split the windows, in order, into pieces whose values, and those of their paths, need little memory."""
    per_window = (fitted.shape.lookback + fitted.shape.horizon * (1 + n_paths)) * len(fitted.channels)
    at_once = max(1, min(1024, _VALUES_AT_ONCE // per_window))
    for first in range(0, len(windows), at_once):
        yield windows.subset(slice(first, first + at_once))


def batches(fitted: FittedModel, windows: Windows) -> Iterator[Batch]:
    """Yield the windows, in order, in batches that need little memory, on the device of the network."""
    for piece in pieces(fitted, windows):
        yield batch_of(fitted, piece)


def labels_for(labels: Tensor, mode: LabelMode) -> Tensor:
    """Return the label indices passed to the code, (batch, factor): the known ones, or -1 to infer all.

    Raises:
        ConfigError: there is no such mode.
    """
    check_choice(get_args(LabelMode), labels=mode)
    return labels if mode == "known" else torch.full_like(labels, -1)


@torch.inference_mode()
def predict(fitted: FittedModel, batch: Batch, mode: LabelMode, sample: bool = False) -> Prediction:
    """Forecast a batch at the mean code, or at one sample of it; b is not inferred if all labels are known.

    Short series are forecast by models of their own, too; see ``own_models.py``.

    Raises:
        DataError: a forecast is not finite.
    """
    network = fitted.network
    labels = labels_for(batch.labels, mode)[:, : network.n_factors]
    if bool((labels >= 0).all()):
        clamped = network.marginal.b_of_labels(labels, noise=sample)
    else:
        marginal = network.marginal_code(batch.x, labels, sample)
        clamped = marginal.b, marginal.classes
    prediction = network.predict(batch.x, clamped, sample, batch.effects, recalibrate=fitted.own is None)
    check_finite(prediction.forecast.mean.cpu().numpy(), fitted.channels)
    return replace(prediction, forecast=with_own(fitted, batch, prediction.forecast))


def with_own(fitted: FittedModel, batch: Batch, forecast: Any) -> Any:
    """Return forecasts of a batch by the network with those of own models, if there are any; see ``own_models.py``.

    Args:
        fitted: the model.
        batch: the windows.
        forecast: of the network; where there are own models, not recalibrated.
    """
    if fitted.own is None:
        return forecast
    return fitted.own.combined(forecast, batch, fitted.network.forecaster.recalibration)


@torch.inference_mode()
def complete(fitted: FittedModel, batch: Batch, mode: LabelMode) -> Outputs:
    """Forecast and reconstruct a batch at the mean code."""
    outputs: Outputs = fitted.network(batch.x, labels_for(batch.labels, mode), sample=False, effects=batch.effects)
    return outputs


@torch.inference_mode()
def mean_and_quantiles(
    fitted: FittedModel,
    forecast: Any,
    levels: Sequence[float],
    at: NDArray[np.int64] | None,
    residuals: Tensor | None = None,
) -> tuple[Floats, Floats]:
    """Return mean, (batch, horizon, channel), and quantiles, (level, batch, horizon, channel), in original units.

    Args:
        fitted: the model, with the scale of the windows.
        forecast: their distributions.
        levels: probabilities of the quantiles.
        at: (batch, horizon) phases of their target rows, if they are known.
        residuals: (level, batch, horizon, channel) quantiles of standardised errors; by default those of the model.

    Raises:
        ConfigError: the levels do not increase, or lie outside the calibrated range.
        DataError: the network's output is not finite.
    """
    residuals = fitted.residuals(levels)[:, None] if residuals is None else residuals
    margins = Margins.of(fitted, forecast)
    quantiles = margins.values(residuals.numpy())
    known = np.isfinite(fitted.scale.spread)
    check_finite(margins.mean, fitted.channels, known)
    check_finite(quantiles, fitted.channels, known, "quantile")
    return fitted.bounds.clip(margins.mean, at), fitted.bounds.clip(quantiles, at)


def phases_told(effects: WindowEffects | None) -> NDArray[np.int64] | None:
    """Return the phases of target rows, (batch, horizon), if effects tell them."""
    return None if effects is None or effects.phases is None else effects.phases.cpu().numpy()


def target_phases(fitted: FittedModel, windows: Windows) -> NDArray[np.int64] | None:
    """Return the phases of the target rows of windows, (window, horizon); None if no bound depends on them."""
    if not fitted.bounds.at_low.any():
        return None
    return phases(windows.source.clock, windows.origins[:, None] + np.arange(fitted.shape.horizon))


def forecast_windows(fitted: FittedModel, windows: Windows, mode: LabelMode, levels: Sequence[float]) -> Forecast:
    """Return the forecasts of all windows, in original units; those of independent series side by side."""
    cut = [*forecast_cut(fitted, windows)]
    n_windows = sum(n_folded(piece) for piece in cut) if fitted.independent else len(windows)
    return Forecast.joined(forecast_pieces(fitted, cut, mode, levels, 0), n_windows)


def forecast_cut(fitted: FittedModel, windows: Windows, n_paths: int = 0) -> Iterator[Windows]:
    """Split the windows into pieces as ``pieces`` does; those of independent series of one time stay together."""
    if not fitted.independent:
        return pieces(fitted, windows, n_paths)
    own = windows.own
    if isinstance(own, OwnForecasts):
        windows = replace(windows, own=own.keep(windows.origins, windows.segments))
    return by_time(windows)


def forecast_pieces(  # noqa: PLR0913  all of them decide a forecast
    fitted: FittedModel,
    cut: Iterable[Windows],
    mode: LabelMode,
    levels: Sequence[float],
    n_paths: int,
    ends: NDArray[np.int64] | None = None,
    draws: type[PathDraws] = PathDraws,
) -> Iterator[Forecast]:
    """Yield the forecasts of each piece, in original units.

    Series that could not be learned from are forecast by a plain rule; see ``plain_rule.py``. At the end warns
    (DataWarning) of what windows lack or show; see ``WindowSigns``.
    """
    told = _Told(fitted, levels, ends)
    drawn = draws(fitted.dependence, fitted.calibration, n_paths, fitted.provenance.plan.seed, fitted.adaptation)
    for piece in cut:
        batch, own = batch_of(fitted, piece), fitted.at(piece)
        outputs = predict(fitted, batch, mode)
        mean, quantiles = mean_and_quantiles(own, outputs.forecast, levels, target_phases(fitted, piece))
        forecast = told.forecast(piece, batch, mean, quantiles, paths_of(own, piece, outputs.forecast, drawn))
        yield folded(piece, forecast) if fitted.independent else forecast
    told.warn()


def forecast_together(
    fitted: FittedModel, windows: Sequence[Windows], mode: LabelMode, levels: Sequence[float]
) -> list[Callable[[], Forecast]]:
    """Forecast windows of several tables in one batch, which takes less time than one after another.

    A forecast differs in its last bits from that of its table alone.

    Args:
        fitted: a model of series that are forecast together.
        windows: those of each table, few enough for one batch.
        mode: as in ``forecast_windows``.
        levels: probabilities of the quantiles.

    Returns:
        For each table a function that returns its forecasts, and warns (DataWarning) of what its windows lack or show.
    """
    batches, alike = [batch_of(fitted, piece) for piece in windows], dict[Any, list[int]]()
    for number, batch in enumerate(batches):
        alike.setdefault(None if batch.effects is None else batch.effects.there, []).append(number)
    found = dict[int, tuple[Floats, Floats]]()
    for numbers in alike.values():
        outputs = predict(fitted, Batch.joined([batches[number] for number in numbers]), mode)
        at = [target_phases(fitted, windows[number]) for number in numbers]
        phases_of = None if at[0] is None else np.concatenate([each for each in at if each is not None])
        mean, quantiles = mean_and_quantiles(fitted, outputs.forecast, levels, phases_of)
        stops = np.cumsum([len(windows[number]) for number in numbers])
        for number, stop in zip(numbers, stops, strict=True):
            own = slice(stop - len(windows[number]), stop)
            found[number] = mean[own].copy(), quantiles[:, own].copy()

    def finished(number: int) -> Forecast:
        told, (own_mean, own_quantiles) = _Told(fitted, levels, None), found[number]
        no_paths = np.empty((0, *own_mean.shape), np.float32)
        forecast = told.forecast(windows[number], batches[number], own_mean, own_quantiles, no_paths)
        told.warn()
        return forecast

    return [partial(finished, number) for number in range(len(windows))]


class _Told:
    """Makes the forecasts of pieces, with plain ones of series that could not be learned from, and warns at the end."""

    def __init__(self, fitted: FittedModel, levels: Sequence[float], ends: NDArray[np.int64] | None) -> None:
        self._fitted, self._levels = fitted, tuple(levels)
        self._signs, self._empty = WindowSigns(fitted, ends), Marked()

    def forecast(self, piece: Windows, batch: Batch, mean: Floats, quantiles: Floats, paths: Floats) -> Forecast:
        fitted, levels = self._fitted, self._levels
        plain = PlainForecast.of(fitted, piece)
        self._signs.read(piece, batch, fitted.at(piece).scale.learned.reshape(-1, len(fitted.channels)))
        if plain is not None:
            plain.put(mean, levels, quantiles)
            plain.put_paths(paths, piece.origins, fitted.provenance.plan.seed)
        self._empty.mark(piece, np.asarray(np.isnan(mean).any(axis=1)))
        keys = Keys.of(piece.source, piece.origins, piece.segments, range(-1, fitted.shape.horizon))
        return Forecast(keys, fitted.channels, mean, levels, quantiles, paths)

    def warn(self) -> None:
        self._signs.warn()
        if self._empty.sizes:
            warn_data(
                f"{plural(len(self._empty.sizes), 'series')} that could not be learned from had no value in a "
                f"look-back, and so no forecast there (NaN): {self._empty}"
            )


def paths_of(fitted: FittedModel, piece: Windows, forecast: Any, draws: PathDraws) -> Floats:
    """Return the paths of a piece, (path, window, horizon, channel), in original units.

    Args:
        fitted: the model, with the scale of the windows.
        piece: the windows.
        forecast: their distributions.
        draws: draws of the paths, which depend on the origins of the windows alone.
    """
    if not draws.n_paths:
        return np.empty((0, *forecast.loc.shape), np.float32)
    margins = Margins.of(fitted, forecast)
    paths = drawn_paths(draws, piece.origins, phases(piece.source.clock, piece.origins), margins)
    check_finite(paths, fitted.channels, np.isfinite(fitted.scale.spread), "path")
    return fitted.bounds.clip(paths, target_phases(fitted, piece))


@dataclass(frozen=True, slots=True)
class _BatchCodes:
    """Moments of the codes of a batch; see ``Codes``."""

    a_mean: Tensor
    a_sd: Tensor
    b_mean: tuple[Tensor, ...]
    b_sd: tuple[Tensor, ...]
    probabilities: tuple[Tensor, ...]
    attention: Tensor


@torch.no_grad()
def encode_windows(fitted: FittedModel, windows: Windows, mode: LabelMode = "infer") -> Codes:
    """Infer the codes of windows.

    Args:
        fitted: the model.
        windows: the windows.
        mode: ``infer`` to read the values alone, ``known`` to use known labels, too.

    Returns:
        The codes; factors that are not part of the code are left out.
    """
    network, rows = fitted.network, []
    names, classes = (fitted.factor_names, fitted.classes) if network.n_factors else ((), ())
    for batch in batches(fitted, windows):
        marginal = network.marginal_code(batch.x, labels_for(batch.labels, mode), sample=False)
        q_a = network.infer_conditional(batch.x, marginal.b, batch.effects)
        q_b, blocks = marginal.posterior, network.marginal.blocks
        _, attention = network.fuse_for_forecast(Code(q_a.loc, marginal.b, marginal.classes))
        b_mean, b_sd = tuple(blocks(q_b.mean)), tuple(blocks(q_b.stddev))
        rows.append(_BatchCodes(q_a.loc, q_a.scale, b_mean, b_sd, tuple(marginal.classes), attention))
    return Codes(
        _ends(windows),
        names,
        classes,
        a_mean=_joined(row.a_mean for row in rows),
        a_sd=_joined(row.a_sd for row in rows),
        b_mean=_joined_by_factor(row.b_mean for row in rows),
        b_sd=_joined_by_factor(row.b_sd for row in rows),
        probabilities=_joined_by_factor(row.probabilities for row in rows),
        attention=_joined(row.attention for row in rows),
    )


@torch.no_grad()
def infer_window_labels(fitted: FittedModel, windows: Windows) -> Labels:
    """Infer the labels of windows from their values alone.

    Raises:
        ConfigError: the model infers no labels.
    """
    path = fitted.network.marginal
    if not path.infers_labels:
        labels = fitted.config.code.labels
        reason = f"with model.code.labels={labels!r}" if fitted.factors else "without factors"
        raise ConfigError(
            f"This model infers no labels, since it was fitted {reason}",
            hint='Fit it with {factors} and {model.code.labels} "blocks" or "latent"',
        )
    rows = [
        tuple(log_q.exp() for log_q in path.log_class_probabilities(path.infer(batch.x)))
        for batch in batches(fitted, windows)
    ]
    given = windows.labels[windows.origins - 1].astype(np.int64)
    return Labels(_ends(windows), fitted.factor_names, fitted.classes, _joined_by_factor(rows), given)


def pool_recordings(labels: Labels, segments: NDArray[np.int64]) -> Labels:
    """Pool the labels of windows by recording.

    Args:
        labels: labels of windows.
        segments: (window,) index of the recording, not decreasing.

    Returns:
        For each recording the mean class probabilities and the most frequent given label of its windows.
    """
    ids, first, row = np.unique(segments, return_index=True, return_inverse=True)
    last = np.append(first[1:], len(segments)) - 1
    pooled = []
    for probabilities in labels.probabilities:
        sums = np.zeros((len(ids), probabilities.shape[1]))
        np.add.at(sums, row, probabilities)
        pooled.append((sums / np.bincount(row)[:, None]).astype(np.float32))
    given = np.stack([_most_frequent(labels.given[row == i]) for i in range(len(ids))])
    recordings = labels.keys.recordings
    keys = Keys(
        labels.keys.origins[last],
        None if recordings is None else recordings[last],
        labels.keys.stamps[last],
        labels.keys.backend,
    )
    return Labels(keys, labels.factors, labels.classes, tuple(pooled), given)


def reconstruct_windows(fitted: FittedModel, windows: Windows) -> Reconstruction:
    """Reconstruct windows from their codes, in original units."""
    truth, means = [], []
    for piece in pieces(fitted, windows):
        batch, own = batch_of(fitted, piece), fitted.at(piece)
        truth.append(own.original(batch.x))
        means.append(own.original(complete(fitted, batch, "infer").reconstruction.mean))
    keys = Keys.of(windows.source, windows.origins, windows.segments, range(-fitted.shape.lookback, 0))
    return Reconstruction(keys, fitted.channels, np.concatenate(truth), np.concatenate(means))


def batch_of(fitted: FittedModel, piece: Windows) -> Batch:
    """Return windows as one batch, on the device of the network.

    Raises:
        DataError: a value is too large for a network.
    """
    batch = piece.batch(np.arange(len(piece)))
    check_batch(piece, batch)
    return batch.to(fitted.device)


def _ends(windows: Windows) -> Keys:
    return Keys.of(windows.source, windows.origins, windows.segments, range(-1, 0))


def _joined(batches: Iterable[Tensor]) -> Floats:
    joined: Floats = torch.cat([*batches]).cpu().numpy()
    return joined


def _joined_by_factor(batches: Iterable[Sequence[Tensor]]) -> tuple[Floats, ...]:
    return tuple(_joined(of_factor) for of_factor in zip(*batches, strict=True))


def _most_frequent(given: NDArray[np.int64]) -> NDArray[np.int64]:
    columns = [np.bincount(column[column >= 0], minlength=1) for column in given.T]
    return np.array([counts.argmax() if counts.any() else -1 for counts in columns], dtype=np.int64)
