"""Windows of a source, gathered into batches."""

from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast._text import plural
from divecast.data.labels.vocabulary import LabelIndices
from divecast.data.names import listed
from divecast.data.parts import Part
from divecast.data.source import Source
from divecast.data.sources.series_rows import SeriesRows
from divecast.data.windows.own_scale import OwnScale
from divecast.data.windows.scale import Scale
from divecast.data.windows.window_batch import gather
from divecast.errors import ConfigError, DataError, warn_data
from divecast.types import Batch, ChannelSample, OwnForecast, WindowEffects

Role = Literal["fit", "score", "encode"]
Rows = NDArray[np.int64]


class EffectsSource(Protocol):
    """The effects of the rows of a source, cut into windows."""

    def of(self, origins: Rows, channels: Rows | None = None) -> WindowEffects:
        """Return the effects of windows with these origins, (batch,), of all or some channels."""


class OwnSource(Protocol):
    """Forecasts of windows by models of each series alone."""

    def of(self, origins: Rows, segments: Rows, scale: Scale) -> OwnForecast:
        """Return the forecasts of windows with these origins and segments, (batch,), in units of their scale."""


@dataclass(frozen=True, slots=True)
class WindowShape:
    """Lengths of a window: ``lookback`` rows of the past and ``horizon`` rows of the future."""

    lookback: int
    horizon: int

    def __post_init__(self) -> None:
        """Check the lengths (ConfigError)."""
        if self.lookback < 1 or self.horizon < 1:
            raise ConfigError(
                expected="lookback and horizon of at least 1", found=f"{self.lookback} and {self.horizon}"
            )


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of a source, held as row numbers until a batch is gathered.

    The origin of a window is the row of its first future step: the past is rows [origin - lookback, origin), the future
    rows [origin, origin + horizon). A window never crosses from one segment into another.

    Attributes:
        source: Panel or recordings.
        origins: (window,) row of the origin, increasing.
        segments: (window,) segment.
        labels: (row, factor) int16 class indices of all rows, -1 where missing.
        scale: scale of the channels.
        shape: lengths.
        target_start: (segment,) first row that may be a target.
        target_stop: (segment,) row after the last one.
        effects: effects of the rows; None for a model without effects.
        own: forecasts by models of each series alone; None for a model without them.
        own_origin: whether there is one window of each of independent series, from its own last row, whose forecasts
            are one.
    """

    source: Source
    origins: Rows
    segments: Rows
    labels: LabelIndices
    scale: Scale
    shape: WindowShape
    target_start: Rows
    target_stop: Rows
    effects: EffectsSource | None = None
    own: OwnSource | None = None
    own_origin: bool = False

    @classmethod
    def of(  # noqa: PLR0913 (all of them define a window)
        cls,
        source: Source,
        part: Part,
        labels: LabelIndices,
        scale: Scale,
        shape: WindowShape,
        role: Role,
        stride: int = 1,
    ) -> "Windows":
        """All windows of a part.

        Args:
            source: Panel or recordings.
            part: the part.
            labels: (row, factor) int16, from :func:`~divecast.data.labels.encode.encode_labels`.
            scale: scale fitted on the training part.
            shape: lengths.
            role: "fit": all targets are in the part. "score": at least one target is; those outside are NaN, so that
                every row is scored once at every step. "encode": the last past row is; the future may be NaN. The past
                may begin in the part before.
            stride: keep every stride-th origin of each segment.

        Raises:
            ConfigError: the stride is below 1, or the role unknown.
            DataError: no segment of the part is long enough for one window.

        Returns:
            The windows; of independent series those that have a value in the past, and for "fit" and "score" one among
            their targets.
        """
        if stride < 1:
            raise ConfigError(expected="a stride of at least 1", found=str(stride))
        first, last = _bounds(source, part, shape, role)
        count = np.where(part.stop > part.start, np.maximum(0, -(-(last - first) // stride)), 0)
        if not count.sum():
            raise _too_short(source, part, shape, role)
        _report_short(source, part, count, shape, role)
        segments = np.repeat(np.arange(len(count)), count)
        within = np.arange(len(segments)) - np.repeat(np.cumsum(count) - count, count)
        origins = first[segments] + stride * within
        bounds = (part.start, part.stop) if role != "encode" else (source.offsets[:-1], source.offsets[1:])
        windows = cls(source, origins, segments, labels, scale, shape, *bounds)
        if not isinstance(source, SeriesRows):
            return windows
        known = windows._known(with_target=role != "encode")
        if not known.any():
            raise _too_short(source, part, shape, role)
        return windows.subset(known)

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.origins)

    def subset(self, index: Any) -> "Windows":
        """Some of the windows, by a numpy index: a slice, numbers or a mask."""
        return replace(self, origins=self.origins[index], segments=self.segments[index])

    def own_scale(self) -> Scale:
        """The scale of these windows: of all alike, (channel,), or of each, (window, channel)."""
        return self.scale.at(self.origins, self.segments)

    def scaled(self) -> "Windows":
        """The windows that have a scale: all, but those of independent series whose past does not vary."""
        if not isinstance(self.scale, OwnScale):
            return self
        return self.subset(~np.isnan(self.own_scale().center).all(axis=1))

    def _known(self, with_target: bool) -> NDArray[np.bool_]:
        """(window,) whether there is a value in the past of a window, and among its targets."""
        counts = np.concatenate([[0], np.cumsum(~np.isnan(self.source.values[:, 0]))])
        known: NDArray[np.bool_] = counts[self.origins] > counts[self.origins - self.shape.lookback]
        if with_target:
            first = np.maximum(self.origins, self.target_start[self.segments])
            stop = np.minimum(self.origins + self.shape.horizon, self.target_stop[self.segments])
            known &= counts[np.maximum(first, stop)] > counts[first]
        return known

    def batch(self, index: Tensor | NDArray[np.int64], sample: ChannelSample | None = None) -> Batch:
        """Gather windows.

        Args:
            index: (batch,) numbers of windows.
            sample: channels to copy; None for all.

        Returns:
            x (batch, time, channel) and y (batch, horizon, channel), scaled float32, NaN where missing or outside the
            target rows; in memory both are (batch, channel, step). Labels (batch, factor) of the last past row.
        """
        chosen = np.asarray(index)
        origins, segments = self.origins[chosen], self.segments[chosen]
        lookback, horizon = self.shape.lookback, self.shape.horizon
        channels = None if sample is None else sample.index.numpy()
        scale = self.scale.at(origins, segments)
        block = gather(self.source.values, origins - lookback, lookback + horizon, scale, channels)
        targets = origins[:, None] + np.arange(horizon)
        outside = (targets < self.target_start[segments, None]) | (targets >= self.target_stop[segments, None])
        if outside.any():
            block[:, :, lookback:][np.broadcast_to(outside[:, None, :], (*block.shape[:2], horizon))] = np.nan
        steps = torch.from_numpy(block).transpose(1, 2)
        labels = torch.from_numpy(self.labels[origins - 1].astype(np.int64))
        effects = None if self.effects is None else self.effects.of(origins, channels)
        own = None if self.own is None else self.own.of(origins, segments, scale)
        return Batch(steps[:, :lookback], steps[:, lookback:], labels, sample, effects=effects, own=own)


def _bounds(source: Source, part: Part, shape: WindowShape, role: Role) -> tuple[Rows, Rows]:
    """(segment,) first origin and the one after the last.

    Independent series that are shorter than a window have windows of which some targets are not in the part, for "fit",
    too.
    """
    full = source.offsets[:-1] + shape.lookback
    if role == "fit":
        stop = part.stop - shape.horizon + 1
        if isinstance(source, SeriesRows):
            stop = np.where(part.stop - part.start < shape.lookback + shape.horizon, part.stop, stop)
        return np.maximum(part.start, full), stop
    if role == "score":
        return np.maximum(part.start - shape.horizon + 1, full), part.stop
    if role == "encode":
        return np.maximum(part.start + 1, full), part.stop + 1
    raise ConfigError(expected='role "fit", "score" or "encode"', found=repr(role))


def _too_short(source: Source, part: Part, shape: WindowShape, role: Role) -> DataError:
    needed = shape.lookback + (shape.horizon if role == "fit" else 0)
    lengths = f"lookback={shape.lookback}" + (f" and horizon={shape.horizon}" if role == "fit" else "")
    longest, before = int(np.max(part.stop - part.start)), int(np.max(part.start - source.offsets[:-1]))
    ahead = f" with {plural(before, 'row')} before it" if before else ""
    reach = {"fit": -shape.horizon, "score": -1, "encode": 0}[role]
    most = int(np.max(np.where(part.stop > part.start, part.stop + reach - source.offsets[:-1], 0)))
    fitting = f"Use {{lookback}} of at most {most}" if most > 0 else "Use a shorter {horizon}"
    return DataError(
        f"No window fits: {lengths} needs {needed} rows, the longest segment of the part has {longest}{ahead}",
        hint=f"{fitting}, more data, or a larger share of the part",
    )


def _report_short(source: Source, part: Part, count: Rows, shape: WindowShape, role: Role) -> None:
    short = np.flatnonzero((count == 0) & (part.stop > part.start))
    if role == "fit" and len(short) and not isinstance(source, SeriesRows):
        warn_data(
            f"{len(short)} of {int((part.stop > part.start).sum())} recordings are too short for lookback="
            f"{shape.lookback} and horizon={shape.horizon} and have no window: "
            f"{listed([source.names[segment] for segment in short])}"
        )
