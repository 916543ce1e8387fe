"""A labelling of the series of a panel: whether what the model has learned of each series tells its class.

A class of a series is a fact of it, for which a fitted model has no block. So nothing is kept here; what is measured is
whether series of a class are alike in the model, and whether their forecasts do worse.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Panel, Windows
from divecast.data.names import check_known
from divecast.errors import ConfigError, DataError
from divecast.fit.proposals.labelling import completed
from divecast.fit.proposals.measures import Classes, balanced_accuracy, explained_share
from divecast.fit.proposals.proposal import FactorProposal, ProposedClass
from divecast.fit.proposals.shuffles import AgainstShuffled, exchanged
from divecast.inference.fitted_model import FittedModel, PartName
from divecast.inference.predict import encode_windows
from divecast.inference.spread import spread_windows
from divecast.inference.track_record import track_record
from divecast.metrics.linear_reading import read_left_out

Floats = NDArray[np.float64]

_MOST_DIRECTIONS, _SERIES_PER_DIRECTION = 10, 3
_LEAST_SERIES, _MOST_WINDOWS, _MOST_FORECASTS = 3, 50, 200


def propose_of_series(  # noqa: PLR0913
    fitted: FittedModel,
    panel: Panel,
    labels: Mapping[Any, Any],
    name: str,
    otherwise: str | None,
    alpha: float,
    n_shuffles: int,
) -> FactorProposal:
    """Return what the data say of classes of series; see ``DeepDIVE.propose_factor``.

    Raises:
        DataError: there is no such series, or fewer than three series of each of two classes.
        ConfigError: the model has learned nothing of each series to compare.
    """
    check_known([*map(str, labels)], panel.channels, "series", argument="labels")
    cells: NDArray[np.object_] = np.array([labels.get(each) for each in panel.channels], dtype=object)
    column = completed(cells, otherwise)
    names = sorted({str(each) for each in column if each is not None})
    classes = np.array([-1 if each is None else names.index(str(each)) for each in column], dtype=np.int64)
    n = np.bincount(classes[classes >= 0], minlength=len(names))
    if (n >= _LEAST_SERIES).sum() < 2:
        raise DataError(
            "The labelling needs some series of each of two classes",
            expected=f"{_LEAST_SERIES} series or more of each",
            found=", ".join(f"{count} {each}" for each, count in zip(names, n.tolist(), strict=True)) or "none",
            argument="labels",
        )
    named = np.flatnonzero(classes >= 0)
    features, what = _features(fitted, panel)
    shown, own = _directions(features[named]), classes[named]

    def read(given: Classes) -> Classes:
        wanted = np.eye(len(names))[given]
        found: Classes = (read_left_out(shown, wanted, np.arange(len(given))) - wanted.mean(0)).argmax(1)
        return found

    shuffles = exchanged(own, np.zeros_like(own), n_shuffles, fitted.provenance.plan.seed)
    accuracy = AgainstShuffled.of(lambda given: balanced_accuracy(given, read(given), len(names)), own, shuffles)
    errors = _log_errors(fitted, panel)[named]
    known = np.isfinite(errors)
    of_errors = AgainstShuffled.of(
        lambda given: explained_share(np.where(known, given, -1), np.where(known, errors, 0.0)[:, None], len(names)),
        own,
        shuffles,
    )
    found = read(own)
    is_read = accuracy.p <= alpha
    explains = of_errors.p <= alpha
    return FactorProposal(
        name=name,
        unit="series",
        held_out=f"each series in turn, a tenth of {len(named)} series at a time; read from {what}",
        shuffled="exchanged among series",
        classes=tuple(
            ProposedClass(
                each,
                int(n[number]),
                int(n[number]),
                int(n[number]),
                float((found[own == number] == number).mean()),
                float(np.exp(errors[known & (own == number)].mean() - errors[known].mean()))
                if (known & (own == number)).any()
                else float("nan"),
            )
            for number, each in enumerate(names)
        ),
        read=accuracy,
        of_a=None,
        of_errors=of_errors,
        told_by_factors=None,
        alpha=alpha,
        kept=False,
        rule="never kept: a class of a series is a fact of it, and a fitted model has no block for one.",
        reason=(
            f"Series of a class are {'' if is_read else 'not '}more alike in the model than those of shuffled classes, "
            f"and {'their errors differ' if explains else 'their errors do not differ'} more than by chance."
        ),
        advice=(
            "To use it, fit again with it among the static facts of series, which models of independent series read."
            if is_read or explains
            else "The model stays as it was."
        ),
    )


def _features(fitted: FittedModel, panel: Panel) -> tuple[Floats, str]:
    """Return what the model has learned of each series, (series, feature), and what that is."""
    if fitted.independent:
        windows = fitted.windows_of(panel, None, "encode", "common")
        windows = spread_windows(windows, _MOST_WINDOWS)
        return _mean_codes(fitted, windows, len(panel.channels)), "the mean of a over its windows"
    if fitted.effects is None:
        raise ConfigError(
            "The model has learned nothing of each series that classes could be read from",
            hint='Fit it with {model.effects}, or with {series} "independent"',
            argument="labels",
        )
    weights = [fitted.effects.weight.T, fitted.effects.own_weight]
    return np.concatenate(weights, axis=1).astype(np.float64), "the effects of the calendar and columns on it"


def _mean_codes(fitted: FittedModel, windows: Windows, n_series: int) -> Floats:
    codes = encode_windows(fitted, windows).a_mean.astype(np.float64)
    sums = np.zeros((n_series, codes.shape[1]))
    np.add.at(sums, windows.segments, codes)
    means: Floats = sums / np.maximum(np.bincount(windows.segments, minlength=n_series), 1)[:, None]
    return means


def _directions(features: Floats) -> Floats:
    """Return the main directions in which series differ, (series, direction) of unit variance."""
    features = np.nan_to_num(features - features.mean(0))
    left, sizes, _ = np.linalg.svd(features, full_matrices=False)
    n = max(1, min(_MOST_DIRECTIONS, len(features) // _SERIES_PER_DIRECTION, int((sizes > 1e-9 * sizes[0]).sum())))
    shown: Floats = left[:, :n] * np.sqrt(len(features))
    return shown


def _log_errors(fitted: FittedModel, panel: Panel) -> Floats:
    """Return the logarithm of the mean absolute error of each series, over the seasonal error of the training part."""
    part: PartName = "test" if fitted.is_fit_data(panel) and not fitted.provenance.refit else "all"
    record = track_record(fitted, panel, part, _MOST_FORECASTS)
    place = {name: number for number, name in enumerate(fitted.series or fitted.channels)}
    unit = np.array([fitted.seasonal_error[place[name]] if name in place else np.nan for name in record.series])
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.log(record.mae / unit)
    return np.where(np.isfinite(found), found, np.nan)
