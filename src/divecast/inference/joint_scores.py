"""Scores of sums, peaks and steps together: what a plan needs beside single numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data import Backend, Windows, to_frame
from divecast.data.sources.series_rows import SeriesRows
from divecast.data.windows.window_batch import cut
from divecast.errors import warn_data
from divecast.inference.dependence import PathDraws
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import LabelMode, forecast_cut, forecast_pieces
from divecast.inference.results import Floats
from divecast.metrics.paths import crps_paths, energy_score, variogram_score

NOMINAL = 0.9
"""Share of the intervals that are scored."""


@dataclass(frozen=True, eq=False, slots=True)
class JointScores:
    """Scores of sample paths.

    Attributes:
        what: what is scored: ``step of a series``, ``total of a series``, ``step of the panel`` (the sum of all
            series), ``total of the panel``, ``peak of the panel``; totals and peaks are those of the horizon.
        n: number of numbers scored; of a series, or the panel, whole horizons alone count.
        coverage: share of them that the 90 % interval of the paths holds.
        width: mean width of that interval, in the units of the data.
        crps: of each, in the units of the data.
        energy: energy score of the vector of the panel's steps, or of each series' steps; NaN where there is no vector.
        variogram: variogram score of the same.
        backend: kind of the tables that ``frame`` returns by default.

    Example:
        >>> scores = model.evaluate(panel, every=24, n_paths=100, baselines=False).joint
        >>> scores.what[0], 0.5 < scores.coverage[0] <= 1
        ('step of a series', True)
    """

    what: tuple[str, ...]
    n: NDArray[np.int64]
    coverage: NDArray[np.float64]
    width: NDArray[np.float64]
    crps: NDArray[np.float64]
    energy: NDArray[np.float64]
    variogram: NDArray[np.float64]
    backend: Backend

    def table(self) -> dict[str, NDArray[Any]]:
        """Return the columns of ``frame``.

        Example:
            >>> list(model.evaluate(panel, every=24, n_paths=100, baselines=False).joint.table())[:3]
            ['what', 'n', 'coverage']
        """
        names = ("n", "coverage", "width", "crps", "energy", "variogram")
        return {"what": np.array(self.what, dtype=object), **{name: getattr(self, name) for name in names}}

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return one row per kind of number.

        Example:
            >>> len(model.evaluate(panel, every=24, n_paths=100, baselines=False).joint.frame())
            5
        """
        return to_frame(self.table(), backend or self.backend)


def joint_scores(
    fitted: FittedModel, windows: Windows, mode: LabelMode, n_paths: int, draws: type[PathDraws] = PathDraws
) -> JointScores:
    """Score the paths of windows, piece by piece.

    Series that could not be learned from are left out, and so are horizons of a series of which a value is not known. A
    DataWarning tells how many windows have no sum of all series for that reason.

    Args:
        fitted: the model.
        windows: of role ``score``.
        mode: as in ``forecast``.
        n_paths: paths per window.
        draws: how they are drawn.
    """
    learned, horizon = np.flatnonzero(fitted.scale.learned), fitted.shape.horizon
    inside = (windows.origins >= windows.target_start[windows.segments]) & (
        windows.origins + horizon <= windows.target_stop[windows.segments]
    )
    sums: dict[str, list[NDArray[np.float64]]] = {}
    shares = list(forecast_cut(fitted, windows.subset(inside), n_paths))
    n_windows = n_whole = 0
    for piece, forecast in zip(shares, forecast_pieces(fitted, shares, mode, (), n_paths, draws=draws), strict=True):
        values, origins = piece.source.values, piece.origins
        if isinstance(piece.source, SeriesRows):
            values, origins = piece.source.panel.values, forecast.keys.origins
        truth = cut(values, origins, horizon, learned).swapaxes(1, 2)
        paths = forecast.paths[..., learned]
        known = ~(np.isnan(truth) | np.isnan(paths[0])).any(axis=1)  # of independent series, some have no window
        n_windows, n_whole = n_windows + len(known), n_whole + int(known.all(axis=1).sum())
        for window in np.flatnonzero(known.any(axis=1)):
            own = known[window]
            for name, found in _of_window(paths[:, window][..., own], truth[window][:, own], bool(own.all())):
                sums.setdefault(name, []).append(found)
    if n_whole < n_windows:
        warn_data(
            f"Sums of all series are scored in {n_whole:,} of {plural(n_windows, 'window')}: in the others the horizon "
            "of some series is not known as a whole",
            hint=None if n_whole else "Leave out series that lack values there, or score shorter horizons",
        )
    table = np.array([np.sum(found, axis=0) for found in sums.values()]).reshape(-1, 6)
    n, vectors = table[:, 0], np.where(table[:, 5] >= 0, 1.0, np.nan)
    counts = np.array([len(found) for found in sums.values()])
    return JointScores(
        tuple(sums),
        n.astype(np.int64),
        table[:, 1] / n,
        table[:, 2] / n,
        table[:, 3] / n,
        vectors * table[:, 4] / counts,
        vectors * table[:, 5] / counts,
        windows.source.backend,
    )


def _of_window(paths: Floats, truth: Floats, whole: bool) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield name and n, number held, sums of width and CRPS, energy and variogram score (-1 if there is no vector).

    Sums of all series are among them if the window is ``whole``.
    """
    yield "step of a series", _scored(paths, truth, paths.swapaxes(1, 2), truth.T)
    yield "total of a series", _scored(paths.sum(1, dtype=np.float64), truth.sum(0, dtype=np.float64))
    if not whole:
        return
    panel, true = paths.sum(2, dtype=np.float64), truth.sum(1, dtype=np.float64)
    yield "step of the panel", _scored(panel, true, panel[:, None], true[None])
    yield "total of the panel", _scored(panel.sum(1), true.sum())
    yield "peak of the panel", _scored(panel.max(1), true.max())


def _scored(paths: Any, truth: Any, vectors: Any = None, true: Any = None) -> NDArray[np.float64]:
    low, high = np.quantile(paths, ((1.0 - NOMINAL) / 2.0, (1.0 + NOMINAL) / 2.0), axis=0)
    held = ((truth >= low) & (truth <= high)).sum()
    joint = (-1.0, -1.0)
    if vectors is not None:
        joint = float(energy_score(vectors, true).mean()), float(variogram_score(vectors, true).mean())
    return np.array([np.size(truth), held, (high - low).sum(), crps_paths(paths, truth).sum(), *joint])
