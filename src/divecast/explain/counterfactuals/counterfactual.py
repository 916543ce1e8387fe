"""Forecast and reconstruction under a window's own code and under a changed one, as a result."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast._text import plural, visible
from divecast.data import Backend, Windows
from divecast.explain.code import Generated, generate
from divecast.explain.long_table import long_columns
from divecast.inference.dependence import PathDraws
from divecast.inference.fitted_model import FittedModel
from divecast.inference.plain_rule import PlainForecast
from divecast.inference.predict import batch_of, paths_of, pieces
from divecast.inference.results import Columns, Floats, Forecast, Keys, Reconstruction
from divecast.types import Batch, Code


@dataclass(frozen=True, eq=False, slots=True)
class ClassesInCode:
    """The class of each factor in a code.

    Attributes:
        names: (window, factor) the class of the label, or the most probable class where no label is used.
        probabilities: (window, factor) its probability; 1 where the label is used.

    Example:
        >>> model.what_if(panel, factor="weekday", to="Sun").after.names.shape
        (1, 2)
    """

    names: NDArray[Any]
    probabilities: Floats


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Counterfactual(Plottable):
    """Forecast and reconstruction of windows under their own code and under a changed one, in original units.

    The quantiles are calibrated on windows under their own code. For the changed code there are no observations, so its
    intervals are only as reliable as the model. They are quantiles of each forecast, not of the difference.

    Attributes:
        factors: names of the factors in the code.
        before: classes in the window's own code.
        after: classes in the changed code.
        factual: forecast under the window's own code, as ``forecast`` returns it.
        counterfactual: forecast under the changed code.
        factual_window: reconstruction from the window's own code, with the observed values.
        counterfactual_window: reconstruction from the changed code, with the same observed values.
        scenario: what else the table tells of rows to forecast, in words; the code stays as it is then.

    Example:
        >>> what_if = model.what_if(panel, factor="weekday", to="Sun")
        >>> what_if.difference.shape
        (1, 24, 4)
        >>> what_if.after.names[0, 1]
        'Sun'
    """

    factors: tuple[str, ...]
    before: ClassesInCode
    after: ClassesInCode
    factual: Forecast
    counterfactual: Forecast
    factual_window: Reconstruction
    counterfactual_window: Reconstruction
    scenario: tuple[str, ...] = ()

    @property
    def difference(self) -> Floats:
        """(window, horizon, channel) counterfactual minus factual forecast mean."""
        return self.counterfactual.mean - self.factual.mean

    def __str__(self) -> str:
        """Return what changes and the size of the change, in words."""
        changes = [
            f"{name} {before} -> {after}"
            for name, before, after in zip(self.factors, self.before.names.T, self.after.names.T, strict=True)
            for before, after in sorted({pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]})
        ]
        what = ", ".join([*self.scenario, *changes]) or "no class changes"
        size = float(np.abs(self.difference).mean(dtype=np.float64))
        level = float(np.abs(self.factual.mean).mean(dtype=np.float64))
        share = f" ({size / level:.1%} of their mean size)" if level > 0 else ""
        return visible(
            f"{plural(len(self.difference), 'window')}: {what}. The forecasts change by {size:.3g} on average{share}."
        )

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return both forecasts as a table with one row per window, channel and step ahead.

        Columns: ``unique_id, origin``, for each factor its class before and after (``hour_before, hour_after``),
        ``step, ds, factual, counterfactual, difference``, and the quantiles of both forecasts (``factual_q0.05`` ...).

        Args:
            backend: kind of table; by default that of the data.

        Example:
            >>> table = model.what_if(panel, factor="weekday", to="Sun").frame()
            >>> len(table) == 24 * 4
            True
        """
        keys, levels = self.factual.keys, self.factual.levels
        quantiles = {
            f"{name}_q{level:g}": values
            for name, forecast in (("factual", self.factual), ("counterfactual", self.counterfactual))
            for level, values in zip(levels, forecast.quantiles, strict=True)
        }
        values = {"factual": self.factual.mean, "counterfactual": self.counterfactual.mean}
        values |= {"difference": self.difference, **quantiles}
        steps = np.arange(1, self.factual.mean.shape[1] + 1)
        of_window = {**keys.columns("origin", 0), **self._classes()}
        columns = long_columns(keys, self.factual.channels, of_window, steps, keys.times[:, 1:], values)
        return keys.frame(columns, backend)

    def path_frame(self, *, backend: Backend | None = None) -> Any:
        """Return the paths of both forecasts as a table with one row per path, window, channel and step ahead.

        Columns: ``path``, and those of ``frame`` up to ``ds``, ``factual, counterfactual, difference``. A path of both
        has the same random numbers, so that their difference is that of the labels.

        Args:
            backend: kind of table; by default that of the data.

        Raises:
            ConfigError: there are no paths.

        Example:
            >>> answer = model.what_if(panel, factor="weekday", to="Sun", n_paths=3)
            >>> len(answer.path_frame()) == 3 * 24 * 4
            True
        """
        (own, other), keys = (each.ensemble.values for each in (self.factual, self.counterfactual)), self.factual.keys
        steps, of_window = np.arange(1, own.shape[2] + 1), {**keys.columns("origin", 0), **self._classes()}
        tables = []
        for one, two in zip(own, other, strict=True):
            values = {"factual": one, "counterfactual": two, "difference": two - one}
            tables.append(long_columns(keys, self.factual.channels, of_window, steps, keys.times[:, 1:], values))
        columns: Columns = {"path": np.repeat(np.arange(len(tables)), own[0].size)}
        columns |= {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
        return keys.frame(columns, backend)

    def window_frame(self, *, backend: Backend | None = None) -> Any:
        """Return both reconstructions as a table with one row per window, channel and row of the window.

        Columns: ``unique_id, end``, the classes as in ``frame``, ``step`` (0 is the last row), ``ds``, ``truth,
        factual, counterfactual``.

        Args:
            backend: kind of table; by default that of the data.

        Example:
            >>> table = model.what_if(panel, factor="weekday", to="Sun").window_frame()
            >>> len(table) == 48 * 4
            True
        """
        factual, keys = self.factual_window, self.factual_window.keys
        values = {"truth": factual.truth, "factual": factual.mean, "counterfactual": self.counterfactual_window.mean}
        steps = np.arange(1 - factual.mean.shape[1], 1)
        of_window = {**keys.columns("end", -1), **self._classes()}
        return keys.frame(long_columns(keys, factual.channels, of_window, steps, keys.times, values), backend)

    def _classes(self) -> Columns:
        columns: Columns = {}
        for i, name in enumerate(self.factors):
            columns[f"{name}_before"], columns[f"{name}_after"] = self.before.names[:, i], self.after.names[:, i]
        return columns


@dataclass(frozen=True, eq=False, slots=True)
class Contrast:
    """The observed values of a batch, its own and its changed code, and what both codes give."""

    truth: Floats
    own: Code
    changed: Code
    factual: Generated
    counterfactual: Generated


@dataclass(frozen=True, eq=False, slots=True)
class Wanted:
    """What is wanted of both forecasts beside their means.

    Attributes:
        levels: probabilities of the quantiles.
        n_paths: number of paths of each, drawn with the same random numbers.
    """

    levels: Sequence[float] = ()
    n_paths: int = 0

    def pieces(self, fitted: FittedModel, windows: Windows) -> "Iterator[tuple[Windows, Batch, Contrasting]]":
        """Yield windows that need little memory with their paths, as batches, and what contrasts their codes."""
        draws = PathDraws(fitted.dependence, fitted.calibration, self.n_paths, fitted.provenance.plan.seed)
        for piece in pieces(fitted, windows, self.n_paths):
            draw = (lambda own, forecast, piece=piece: paths_of(own, piece, forecast, draws)) if self.n_paths else None
            yield piece, batch_of(fitted, piece), Contrasting(fitted.at(piece), self.levels, draw)


@dataclass(frozen=True, eq=False, slots=True)
class Contrasting:
    """How the codes of windows are contrasted.

    Attributes:
        fitted: the model, with the scale of the windows.
        levels: probabilities of the quantiles.
        draw: draws paths; None for none.
    """

    fitted: FittedModel
    levels: Sequence[float]
    draw: Callable[[FittedModel, Any], Floats] | None

    def __call__(self, batch: Batch, own: Code, changed: Code, moved: Batch | None = None) -> Contrast:
        """Generate from the own and the changed code of windows; from ``moved`` for the latter, if given."""
        factual = generate(self.fitted, batch, own, self.levels, self.draw)
        counterfactual = generate(self.fitted, batch if moved is None else moved, changed, self.levels, self.draw)
        return Contrast(self.fitted.original(batch.x), own, changed, factual, counterfactual)


def counterfactual_of(
    fitted: FittedModel, windows: Windows, contrasts: Iterable[Contrast], levels: Sequence[float]
) -> Counterfactual:
    """Join the batches of windows."""
    batches = list(contrasts)
    ahead = Keys.of(windows.source, windows.origins, windows.segments, range(-1, fitted.shape.horizon))
    behind = Keys.of(windows.source, windows.origins, windows.segments, range(-fitted.shape.lookback, 0))
    truth = np.concatenate([batch.truth for batch in batches])

    plain = PlainForecast.of(fitted, windows)

    def forecast_of(generated: Generated) -> Forecast:
        if plain is not None:
            plain.put(generated.mean, levels, generated.quantiles)
            plain.put_paths(generated.paths, windows.origins, fitted.provenance.plan.seed)
        return Forecast(ahead, fitted.channels, generated.mean, tuple(levels), generated.quantiles, generated.paths)

    factual = Generated.joined([batch.factual for batch in batches])
    counterfactual = Generated.joined([batch.counterfactual for batch in batches])
    return Counterfactual(
        factors=coded_factors(fitted),
        before=_classes(fitted, [batch.own for batch in batches]),
        after=_classes(fitted, [batch.changed for batch in batches]),
        factual=forecast_of(factual),
        counterfactual=forecast_of(counterfactual),
        factual_window=Reconstruction(behind, fitted.channels, truth, factual.window),
        counterfactual_window=Reconstruction(behind, fitted.channels, truth, counterfactual.window),
    )


def coded_factors(fitted: FittedModel) -> tuple[str, ...]:
    """Return the names of the factors in the code."""
    return tuple(vocabulary.name for vocabulary in fitted.vocabularies) if fitted.network.n_factors else ()


def _classes(fitted: FittedModel, codes: Sequence[Code]) -> ClassesInCode:
    if not fitted.network.n_factors:
        n_windows = sum(len(code.a) for code in codes)
        return ClassesInCode(np.empty((n_windows, 0), dtype=object), np.empty((n_windows, 0), dtype=np.float32))
    names, highest = [], []
    for i, vocabulary in enumerate(fitted.vocabularies):
        probabilities = np.concatenate([code.classes[i].cpu().numpy() for code in codes])
        names.append(np.array(vocabulary.classes, dtype=object)[probabilities.argmax(axis=1)])
        highest.append(probabilities.max(axis=1))
    return ClassesInCode(np.stack(names, axis=1), np.stack(highest, axis=1))
