"""Calibration of a fitted model on windows of the validation part: mean and spread, quantiles, dependence."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.data import Windows
from divecast.data.sources.series_rows import SeriesRows
from divecast.data.time.phase import phases
from divecast.fit.across_groups import GroupedErrors, spread_across_groups
from divecast.fit.counts import Seen, fit_counts, scores_of, thinned
from divecast.fit.departures import fit_departures
from divecast.fit.drawn_errors import Draws
from divecast.fit.outages import fit_ages
from divecast.fit.recalibrate import Errors, fit_recalibration, folds
from divecast.inference.calibration import Calibration
from divecast.inference.counts import Counts
from divecast.inference.dependence import Dependence
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches, predict
from divecast.persistence.page_cache import free_heap

_MOST_PER_STEP, _MOST_VALUES = 500_000, 20_000_000  # errors; more would not change a quantile
_MOST_WINDOWS = 50_000  # of independent series; more would take minutes
_MOST_OF_RECORDINGS = 4000  # they overlap, and reading their classes takes a millisecond or two each
_MOST_OF_TRAINING = 1000  # windows, which tell how people differ
_MOST_SCORES = 1_000_000  # of counts; more take a long time
_LEAST_HORIZONS = 2  # of validation rows, to tell a bias
_YEAR = np.timedelta64(365, "D")


def calibrated(
    fitted: FittedModel,
    train: Windows,
    valid: Windows,
    low_counts: NDArray[np.bool_],
    groups: NDArray[np.int64] | None = None,
) -> FittedModel:
    """Return the model with its recalibration, quantiles and dependence fitted; the network changes in place.

    The quantiles are of errors whose mean and spread were recalibrated on other target rows.

    Args:
        fitted: the model.
        train: windows of the training part.
        valid: windows of ``draw_windows``.
        low_counts: (channel,) channels that hold low counts, or series of an independent model.
        groups: (segment,) the group of each recording, where whole groups are held out; see ``spread_across_groups``.
    """
    seed, n_phases = fitted.provenance.plan.seed, fitted.dimensions.n_phases
    free_heap()
    values = _recalibrated(fitted, valid)
    free_heap()
    draws = Draws.of(fitted, valid, seed)
    fit_ages(draws)
    fit_departures(draws, train)
    counts = fitted.counts
    if not fitted.independent:
        low_counts = low_counts & ~values.isnan().all(1).all(0).numpy()  # others follow a plain rule
    if low_counts.any():
        counts = _counts(fitted, valid, values, low_counts)
        if counts.there_are:
            some = thinned(len(valid), values.shape[1] * _columns(fitted, counts.known), _MOST_SCORES)
            valid, values = valid.subset(some), values[torch.from_numpy(some)]
            values = torch.from_numpy(scores_of(seen_of(fitted, valid, errors_of(fitted, valid), values), counts, seed))
    at = phases(valid.source.clock, valid.origins)
    spread = values
    if groups is not None:
        learned = train.subset(thinned(len(train), 1, _MOST_OF_TRAINING))
        trained = errors_of(fitted, learned)
        in_training = GroupedErrors(trained.values / trained.scale, groups[learned.segments])
        spread = spread_across_groups(GroupedErrors(values, groups[valid.segments]), (in_training,), seed)
    if not counts.there_are and _one_sided(valid):
        spread = torch.cat([spread, -spread])
    return replace(
        fitted,
        counts=counts,
        calibration=Calibration.of(spread),
        dependence=Dependence.of(values, torch.from_numpy(at), n_phases, seed),
    )


def _recalibrated(fitted: FittedModel, valid: Windows) -> Tensor:
    """Fit the recalibration of a network; return errors, (window, horizon, channel), each by a fit to other rows."""
    errors, n_phases, share = errors_of(fitted, valid), fitted.dimensions.n_phases, _share_of_year(valid)
    fold, values = folds(errors), torch.empty_like(errors.values)
    for number in fold.unique().tolist():
        inside = fold == number
        others = errors if bool(inside.all()) else errors.without(inside)
        values[inside] = errors.standardised(fit_recalibration(others, n_phases, share))[inside]
    found = fit_recalibration(errors, n_phases, share)
    fitted.network.forecaster.recalibration.load_state_dict(found.state_dict())
    return values


def _one_sided(valid: Windows) -> bool:
    """Return whether the windows are too few to tell a bias from chance: then errors count with either sign.

    The errors of one horizon of a panel are mostly of one sign, and quantiles of them may all lie beside the mean.
    """
    if valid.source.clock is None or isinstance(valid.source, SeriesRows):
        return False
    n_targets = int(valid.origins.max() - valid.origins.min()) + 2 - valid.shape.horizon
    return n_targets < _LEAST_HORIZONS * valid.shape.horizon


def _counts(fitted: FittedModel, valid: Windows, values: Tensor, low_counts: NDArray[np.bool_]) -> Counts:
    """Return the distributions of low counts, fitted to some of the windows, and none where they do not pay."""
    some = thinned(len(valid), values.shape[1] * _columns(fitted, low_counts))
    valid, values = valid.subset(some), values[torch.from_numpy(some)]
    seen = seen_of(fitted, valid, errors_of(fitted, valid), values)
    seen = seen if fitted.independent else seen.of_channels(low_counts)
    return fit_counts(seen, low_counts, fitted.config.counts, fitted.provenance.plan.seed)


def _columns(fitted: FittedModel, chosen: NDArray[np.bool_]) -> int:
    """Return how many values of a row of a window are of the chosen channels, or series of an independent model."""
    return 1 if fitted.independent else int(chosen.sum())


def seen_of(fitted: FittedModel, windows: Windows, errors: Errors, residuals: Tensor) -> Seen:
    """Return forecasts of windows and what happened, in original units.

    Args:
        fitted: the model.
        windows: in order of time.
        errors: of their forecasts, as they are made.
        residuals: (window, horizon, channel) standardised.
    """
    scale = windows.own_scale()
    center, spread = (each if each.ndim == 1 else each[:, None] for each in (scale.center, scale.spread))
    mean, truth, wide = errors.mean.numpy(), (errors.mean + errors.values).numpy(), errors.scale.numpy()
    group = windows.segments[:, None] if fitted.independent else np.arange(len(fitted.channels))[None]
    group = np.broadcast_to(group, (len(mean), len(fitted.channels)))
    return Seen(mean * spread + center, truth * spread + center, wide * spread, residuals.numpy(), group)


def draw_windows(valid: Windows, seed: int) -> Windows:
    """Return validation windows for calibration, drawn at random: a regular stride might show one hour only."""
    n_channels = len(valid.source.channels)
    n = max(1, min(len(valid), _MOST_PER_STEP // n_channels, _MOST_VALUES // (n_channels * valid.shape.horizon)))
    n = min(n, _MOST_WINDOWS) if isinstance(valid.source, SeriesRows) else n
    n = min(n, _MOST_OF_RECORDINGS) if valid.source.clock is None else n
    drawn = torch.randperm(len(valid), generator=torch.Generator().manual_seed(seed))[:n]
    return valid.subset(drawn.sort().values.numpy())


def errors_of(fitted: FittedModel, valid: Windows) -> Errors:
    """Return the errors of forecasts at the mean code with known labels."""
    errors, means, scales, told = [], [], [], []
    for batch in batches(fitted, valid):
        forecast: Any = predict(fitted, batch, "known").forecast
        errors.append((batch.y - forecast.loc).cpu())
        means.append(forecast.loc.cpu().nan_to_num())
        scales.append(forecast.scale.cpu())
        told.append(None if batch.effects is None else batch.effects.phases)
    known = [each.cpu() for each in told if each is not None]
    at = torch.cat(known) if len(known) == len(told) else None
    origins = torch.from_numpy(valid.origins)
    return Errors(torch.cat(errors), torch.cat(means), torch.cat(scales), at, origins)


def _share_of_year(windows: Windows) -> float:
    """Return the share of a year that windows span, at most 1; 1 for recordings, which have no season."""
    clock = windows.source.clock
    if clock is None:
        return 1.0
    stamps = clock.at(windows.origins)
    return min(1.0, float((stamps.max() - stamps.min()) / _YEAR))
