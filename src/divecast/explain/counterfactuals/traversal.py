"""How a window and its forecast change when one dimension of the code is moved and all else is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.data import Windows, to_frame
from divecast.explain.code import generate, infer_code
from divecast.explain.counterfactuals.dimension import Dimension
from divecast.explain.counterfactuals.label_effects import LabelEffects
from divecast.explain.long_table import long_columns
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches
from divecast.inference.results import Floats, Keys
from divecast.types import Code


@dataclass(frozen=True, eq=False, slots=True)
class Traversal:
    """Windows and forecasts along a way through the code, in original units; the code is as inferred from the window.

    The class probabilities follow b. Where b moves, a is kept, though the model would infer another one, or adjusted
    (``explain/label_effects.py``).

    Attributes:
        dimension: its name.
        unit: what positions count: ``prior sd`` from the prior's mean, or ``class`` from the first one.
        closes: whether the way goes round through the classes and comes back to where it began.
        positions: (position,).
        values: (position, dim) the values of the moved dimensions.
        keys: windows and the times of their rows and of the steps ahead.
        channels: names.
        windows: (window, position, time, channel) reconstructions.
        forecasts: (window, position, horizon, channel) means.
        classes: class names of the factor that is moved; none for a.
        probabilities: (window, position, class) what the RBF layer reads there.
        own_position: (window,) of the window's own code; along a way of classes, of its most probable class.
        own_windows: (window, time, channel) reconstruction from the window's own code, as ``reconstruct`` gives it.
        own_forecasts: (window, horizon, channel) its forecast, as ``forecast(labels="infer")`` gives it.
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

    def frame(self) -> Any:
        """Return a row per window, position, channel and step.

        Columns: ``unique_id, end`` (time of the last observed row), ``position, own_position, step`` (up to 0 the
        window given back, from 1 on the forecast), ``ds, value``, and ``own``, the same from the window's own code.
        """
        n_windows, n_positions, lookback, n_channels = self.windows.shape
        steps = np.arange(1 - lookback, self.forecasts.shape[2] + 1)
        value = np.concatenate([self.windows, self.forecasts], axis=2).reshape(-1, len(steps), n_channels)
        own = np.concatenate([self.own_windows, self.own_forecasts], axis=1).repeat(n_positions, axis=0)
        head = {**self.keys.columns("end", lookback - 1), "own_position": self.own_position}
        head = {name: np.repeat(column, n_positions) for name, column in head.items()}
        head["position"] = np.tile(self.positions, n_windows)
        stamps = self.keys.stamps.repeat(n_positions, axis=0)
        return to_frame(
            long_columns(self.channels, head, steps, stamps, {"value": value, "own": own}), self.keys.backend
        )


def traverse_windows(
    fitted: FittedModel,
    windows: Windows,
    dimension: Dimension,
    positions: Sequence[float],
    effects: LabelEffects | None = None,
) -> Traversal:
    """Move one dimension of the code of windows; arguments as in ``DeepDIVE.traverse``."""
    values = dimension.values(positions)
    rows = []
    for batch in batches(fitted, windows):
        own = infer_code(fitted, batch, "infer")
        codes = [moved_to(fitted, own, dimension, value.to(batch.x.device)) for value in values]
        codes = [effects.adjusted(own, code) for code in codes] if effects else codes
        rows.append(_traversed(fitted, batch.x, own, dimension, codes))
    moved = [np.concatenate(column) for column in zip(*rows, strict=True)]
    steps = range(-fitted.shape.lookback, fitted.shape.horizon)
    factor = dimension.factor
    return Traversal(
        dimension=dimension.name,
        unit="class" if dimension.is_way else "prior sd",
        closes=dimension.closes,
        positions=np.asarray(positions, dtype=np.float64),
        values=values.reshape(len(values), -1).numpy(),
        keys=Keys.of(windows.source, windows.origins, windows.segments, steps),
        channels=fitted.channels,
        windows=moved[0],
        forecasts=moved[1],
        classes=() if factor is None else fitted.vocabularies[factor].classes,
        probabilities=moved[2],
        own_position=moved[3],
        own_windows=moved[4],
        own_forecasts=moved[5],
    )


def _traversed(
    fitted: FittedModel, x: Tensor, own: Code, dimension: Dimension, codes: Sequence[Code]
) -> list[NDArray[Any]]:
    found = [generate(fitted, x, code) for code in codes]
    at, as_is = dimension.factor, generate(fitted, x, own)
    shares = [code.a.new_empty(len(x), 0) if at is None else code.classes[at] for code in codes]
    return [
        np.stack([each.window for each in found], axis=1),
        np.stack([each.mean for each in found], axis=1),
        torch.stack(shares, dim=1).cpu().numpy(),
        _own_position(fitted, own, dimension),
        as_is.window,
        as_is.mean,
    ]


@torch.inference_mode()
def moved_to(fitted: FittedModel, code: Code, dimension: Dimension, value: Tensor) -> Code:
    """Put a value, () or (dim,) for a way, into a dimension of every code of a batch."""
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
    if dimension.is_way and dimension.factor is not None:
        return code.classes[dimension.factor].argmax(dim=1).cpu().numpy().astype(np.float64)
    part = code.a if dimension.factor is None else fitted.network.marginal.blocks(code.b)[dimension.factor]
    mean, sd = dimension.spread()
    own: NDArray[np.float64] = ((part[:, dimension.column].cpu().numpy().astype(np.float64)) - mean) / sd
    return own
