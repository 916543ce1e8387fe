"""Windows and forecasts along one dimension of the code, as a result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast._optional import Plottable
from divecast._text import plural, visible
from divecast.data import Backend, Windows
from divecast.explain.code import generate, infer_code
from divecast.explain.counterfactuals.dimension import Dimension
from divecast.explain.counterfactuals.label_effects import LabelEffects
from divecast.explain.long_table import long_columns
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches, pieces
from divecast.inference.results import Floats, Keys
from divecast.types import Batch, Code


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Traversal(Plottable):
    """Windows and forecasts along one dimension of the code, in original units; the code is inferred without labels.

    The class probabilities follow b. Where b moves, a is kept, although the model would infer another a, or adjusted
    (``explain/counterfactuals/label_effects.py``).

    Attributes:
        dimension: its name.
        unit: of the positions: ``prior sd`` from the mean of the prior, or ``class`` from the first one.
        closes: whether the traversal goes through the classes and returns to the first.
        positions: (position,).
        values: (position, dim) values of the moved dimensions.
        keys: windows and the times of their rows and of the steps ahead.
        channels: names.
        windows: (window, position, time, channel) reconstructions.
        forecasts: (window, position, horizon, channel) means.
        classes: class names of the moved factor; none for a.
        probabilities: (window, position, class) class probabilities at the moved code.
        own_position: (window,) position of the window's own code; through classes, that of its most probable class.
        own_windows: (window, time, channel) reconstruction from the window's own code, as ``reconstruct`` returns it.
        own_forecasts: (window, horizon, channel) its forecast, as ``forecast(labels="infer")`` returns it.

    Example:
        >>> traversal = model.traverse(panel, "b_hour")
        >>> traversal.unit, traversal.closes, len(traversal.positions)
        ('class', True, 25)
    """

    dimension: str
    unit: str
    closes: bool
    positions: NDArray[np.float64]
    values: Floats
    keys: Keys
    channels: tuple[str, ...]
    windows: Floats
    forecasts: Floats
    classes: tuple[str, ...]
    probabilities: Floats
    own_position: NDArray[np.float64]
    own_windows: Floats
    own_forecasts: Floats

    def __str__(self) -> str:
        """Return what is moved, how far, and by how much the forecasts change."""
        span = f"{self.positions.min():g} to {self.positions.max():g}"
        size = float(np.ptp(self.forecasts, axis=1).mean(dtype=np.float64))
        return visible(
            f"{self.dimension} from {span} ({self.unit}) in {plural(len(self.windows), 'window')}: the forecasts "
            f"change by {size:.3g} on average."
        )

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return the traversal as a table with one row per window, position, channel and step.

        Columns: ``unique_id, end`` (time of the last observed row), ``position, own_position, step`` (up to 0 the
        reconstruction, from 1 the forecast), ``ds, value``, and ``own``, the value from the window's own code.

        Args:
            backend: kind of table; by default that of the data.

        Example:
            >>> table = model.traverse(panel, "a0", n=3).frame()
            >>> len(table) == 3 * 4 * (48 + 24)
            True
        """
        n_windows, n_positions, lookback, n_channels = self.windows.shape
        steps = np.arange(1 - lookback, self.forecasts.shape[2] + 1)
        value = np.concatenate([self.windows, self.forecasts], axis=2).reshape(-1, len(steps), n_channels)
        own = np.concatenate([self.own_windows, self.own_forecasts], axis=1).repeat(n_positions, axis=0)
        of_window = {**self.keys.columns("end", lookback - 1), "own_position": self.own_position}
        of_window = {name: np.repeat(column, n_positions) for name, column in of_window.items()}
        of_window["position"] = np.tile(self.positions, n_windows)
        times = self.keys.times.repeat(n_positions, axis=0)
        columns = long_columns(self.keys, self.channels, of_window, steps, times, {"value": value, "own": own})
        return self.keys.frame(columns, backend)


def traverse_windows(
    fitted: FittedModel,
    windows: Windows,
    dimension: Dimension,
    positions: Sequence[float],
    effects: LabelEffects | None = None,
) -> Traversal:
    """Move one dimension of the code of windows; a is kept, or adjusted by the effects of the labels."""
    values = dimension.values(positions)
    steps = []
    for piece, batch in zip(pieces(fitted, windows), batches(fitted, windows), strict=True):
        own = infer_code(fitted, batch, "infer")
        codes = [moved_to(fitted, own, dimension, value.to(batch.x.device)) for value in values]
        codes = [effects.adjusted(own, code) for code in codes] if effects else codes
        steps.append(_traverse_batch(fitted.at(piece), batch, own, dimension, codes))
    factor = dimension.factor
    return Traversal(
        dimension=dimension.name,
        unit="class" if dimension.through_classes else "prior sd",
        closes=dimension.closes,
        positions=np.asarray(positions, dtype=np.float64),
        values=values.reshape(len(values), -1).numpy(),
        keys=Keys.of(
            windows.source, windows.origins, windows.segments, range(-fitted.shape.lookback, fitted.shape.horizon)
        ),
        channels=fitted.channels,
        windows=np.concatenate([step.windows for step in steps]),
        forecasts=np.concatenate([step.forecasts for step in steps]),
        classes=() if factor is None else fitted.vocabularies[factor].classes,
        probabilities=np.concatenate([step.probabilities for step in steps]),
        own_position=np.concatenate([step.own_position for step in steps]),
        own_windows=np.concatenate([step.own_windows for step in steps]),
        own_forecasts=np.concatenate([step.own_forecasts for step in steps]),
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Batch:
    """The fields of a ``Traversal`` that have windows, for one batch."""

    windows: Floats
    forecasts: Floats
    probabilities: Floats
    own_position: NDArray[np.float64]
    own_windows: Floats
    own_forecasts: Floats


def _traverse_batch(
    fitted: FittedModel, batch: Batch, own: Code, dimension: Dimension, codes: Sequence[Code]
) -> _Batch:
    moved = [generate(fitted, batch, code) for code in codes]
    factor, unmoved = dimension.factor, generate(fitted, batch, own)
    probabilities = [code.a.new_empty(len(batch.x), 0) if factor is None else code.classes[factor] for code in codes]
    return _Batch(
        windows=np.stack([generated.window for generated in moved], axis=1),
        forecasts=np.stack([generated.mean for generated in moved], axis=1),
        probabilities=torch.stack(probabilities, dim=1).cpu().numpy(),
        own_position=_own_position(fitted, own, dimension),
        own_windows=unmoved.window,
        own_forecasts=unmoved.mean,
    )


@torch.inference_mode()
def moved_to(fitted: FittedModel, code: Code, dimension: Dimension, value: Tensor) -> Code:
    """Set a dimension of every code of a batch to a value, () or (dim,) for a whole block."""
    path, column = fitted.network.marginal, dimension.column
    if dimension.factor is None:
        a = code.a.clone()
        a[:, column] = value
        return replace(code, a=a)
    blocks = [block.clone() for block in path.blocks(code.b)]
    blocks[dimension.factor][:, slice(None) if column is None else column] = value
    b = torch.cat(blocks, dim=1)
    return replace(code, b=b, classes=path.class_probabilities(b))


def _own_position(fitted: FittedModel, code: Code, dimension: Dimension) -> NDArray[np.float64]:
    if dimension.through_classes and dimension.factor is not None:
        return code.classes[dimension.factor].argmax(dim=1).cpu().numpy().astype(np.float64)
    z = code.a if dimension.factor is None else fitted.network.marginal.blocks(code.b)[dimension.factor]
    prior = dimension.spread()
    position: NDArray[np.float64] = (z[:, dimension.column].cpu().numpy().astype(np.float64) - prior.mean) / prior.sd
    return position
