"""What a code that was changed by hand gives, beside what the window's own code gives."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from divecast.data import Windows, to_frame
from divecast.explain.code import Generated, generate
from divecast.explain.long_table import long_columns
from divecast.inference.fitted_model import FittedModel
from divecast.inference.results import Columns, Floats, Forecast, Keys, Reconstruction
from divecast.types import Code


@dataclass(frozen=True, eq=False, slots=True)
class ClassesInCode:
    """The class of each factor that a code holds.

    Attributes:
        names: (window, factor) the class; where the label was told it is that one, else the most probable.
        probabilities: (window, factor) its probability; 1 where it was told.
    """

    names: NDArray[Any]
    probabilities: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Counterfactual:
    """Forecast and reconstruction of windows under their own code and under a changed one, in original units.

    The quantiles are calibrated on windows under their own code: for the changed one nothing was observed, and they
    are as wide as the model says, no more. They are those of either forecast, not of the difference.

    Attributes:
        factors: names of the factors in the code.
        before: classes in the window's own code.
        after: classes in the changed code.
        factual: the forecast under the window's own code, as ``forecast`` gives it.
        counterfactual: the forecast under the changed code.
        factual_window: the window given back through its own code, beside the truth.
        counterfactual_window: the window given back through the changed code, beside the same truth.
    """

    factors: tuple[str, ...]
    before: ClassesInCode
    after: ClassesInCode
    factual: Forecast
    counterfactual: Forecast
    factual_window: Reconstruction
    counterfactual_window: Reconstruction

    @property
    def difference(self) -> Floats:
        """(window, horizon, channel) counterfactual less factual mean of the forecast."""
        return self.counterfactual.mean - self.factual.mean

    def frame(self) -> Any:
        """Return a row per window, channel and step ahead.

        Columns: ``unique_id, origin``, for each factor its class before and after (``hour_before, hour_after``),
        ``step, ds, factual, counterfactual, difference``, and both forecasts' quantiles (``factual_q0.05`` and on).
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
        head = {**keys.columns("origin", 0), **self._classes()}
        return to_frame(long_columns(self.factual.channels, head, steps, keys.stamps[:, 1:], values), keys.backend)

    def window_frame(self) -> Any:
        """Return a row per window, channel and row of the window.

        Columns: ``unique_id, end``, the classes as in ``frame``, ``step`` (0 is the last observed row), ``ds``,
        ``truth, factual, counterfactual``.
        """
        seen, other = self.factual_window, self.counterfactual_window
        values = {"truth": seen.truth, "factual": seen.mean, "counterfactual": other.mean}
        steps = np.arange(1 - seen.mean.shape[1], 1)
        head = {**seen.keys.columns("end", -1), **self._classes()}
        return to_frame(long_columns(seen.channels, head, steps, seen.keys.stamps, values), seen.keys.backend)

    def _classes(self) -> Columns:
        columns: Columns = {}
        for at, name in enumerate(self.factors):
            columns[f"{name}_before"], columns[f"{name}_after"] = self.before.names[:, at], self.after.names[:, at]
        return columns


@dataclass(frozen=True, eq=False, slots=True)
class Contrast:
    """One batch: two codes and what they give."""

    truth: Floats
    own: Code
    changed: Code
    factual: Generated
    counterfactual: Generated


def contrast(fitted: FittedModel, x: Tensor, codes: tuple[Code, Code], levels: Sequence[float]) -> Contrast:
    """Generate from the windows' own and the changed code; x is (batch, time, channel), scaled units."""
    own, changed = codes
    factual, counterfactual = (generate(fitted, x, code, levels) for code in codes)
    return Contrast(fitted.scale.invert(x.cpu().numpy()), own, changed, factual, counterfactual)


def counterfactual_of(
    fitted: FittedModel, windows: Windows, contrasts: Iterable[Contrast], levels: Sequence[float]
) -> Counterfactual:
    """Join the batches of the windows."""
    found = list(contrasts)
    names = coded_factors(fitted)
    ahead = Keys.of(windows.source, windows.origins, windows.segments, range(-1, fitted.shape.horizon))
    behind = Keys.of(windows.source, windows.origins, windows.segments, range(-fitted.shape.lookback, 0))
    truth = np.concatenate([contrast.truth for contrast in found])
    forecasts, seen = [], []
    for parts in ([contrast.factual for contrast in found], [contrast.counterfactual for contrast in found]):
        whole = Generated.joined(parts)
        none = np.empty((0, *whole.mean.shape), dtype=np.float32)
        forecasts.append(Forecast(ahead, fitted.channels, whole.mean, tuple(levels), whole.quantiles, none))
        seen.append(Reconstruction(behind, fitted.channels, truth, whole.window))
    before = _classes(fitted, [contrast.own for contrast in found])
    after = _classes(fitted, [contrast.changed for contrast in found])
    return Counterfactual(names, before, after, forecasts[0], forecasts[1], seen[0], seen[1])


def coded_factors(fitted: FittedModel) -> tuple[str, ...]:
    """Return the names of the factors that are part of the code."""
    return tuple(known.name for known in fitted.vocabularies) if fitted.network.n_factors else ()


def _classes(fitted: FittedModel, codes: Sequence[Code]) -> ClassesInCode:
    if not fitted.network.n_factors:
        n_windows = sum(len(code.a) for code in codes)
        return ClassesInCode(np.empty((n_windows, 0), dtype=object), np.empty((n_windows, 0), dtype=np.float32))
    names, shares = [], []
    for at, known in enumerate(fitted.vocabularies):
        share = np.concatenate([code.classes[at].cpu().numpy() for code in codes])
        names.append(np.array(known.classes, dtype=object)[share.argmax(axis=1)])
        shares.append(share.max(axis=1))
    return ClassesInCode(np.stack(names, axis=1), np.stack(shares, axis=1))
