"""A fitted model: the network and all that is needed to use it without the data it was fitted on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast._device import own_random_state
from divecast._text import plural
from divecast.config import ModelConfig
from divecast.data import (
    Factor,
    Panel,
    Part,
    Scale,
    Source,
    Vocabulary,
    Windows,
    WindowShape,
    align,
    read_source,
    split,
)
from divecast.data.labels.encode import encode_labels
from divecast.data.labels.vocabulary import LabelIndices
from divecast.errors import ConfigError, DataError, warn_data
from divecast.inference.calibration import Calibration
from divecast.inference.provenance import Provenance
from divecast.model.network import Dimensions, Network

PartName = Literal["train", "valid", "test", "all"]
WindowRole = Literal["score", "encode"]


@dataclass(frozen=True, eq=False, slots=True)
class FittedModel:
    """What a fit leaves behind: what forecasts, explains, draws and serves take.

    Attributes:
        network: in evaluation mode.
        dimensions: sizes of the network that follow from the data.
        channels: names, in order.
        vocabularies: classes and frequencies of each factor in the training part.
        scale: centre and spread of each channel in the training part.
        seasonal_error: (channel,) mean absolute seasonal-naive error in the training part, original units, for MASE.
        calibration: quantiles of the standardised residuals in the validation part.
        frequency: step of the panel's clock, or rate of the recordings, as text.
        provenance: settings, split, zone, data and history of the fit.
    """

    network: Network
    dimensions: Dimensions
    channels: tuple[str, ...]
    vocabularies: tuple[Vocabulary, ...]
    scale: Scale
    seasonal_error: NDArray[np.float64]
    calibration: Calibration
    frequency: str
    provenance: Provenance

    @property
    def config(self) -> ModelConfig:
        """Sizes of the network."""
        return self.provenance.plan.model

    @property
    def shape(self) -> WindowShape:
        """Look-back and horizon."""
        return self.provenance.plan.shape

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The factors as the user named them."""
        return self.provenance.plan.factors

    @property
    def factor_names(self) -> tuple[str, ...]:
        """Name of each factor."""
        return tuple(vocabulary.name for vocabulary in self.vocabularies)

    @property
    def classes(self) -> tuple[tuple[str, ...], ...]:
        """Class names of each factor."""
        return tuple(vocabulary.classes for vocabulary in self.vocabularies)

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    def source(self, data: Any) -> Source:
        """Bring data to the model's channels and check that its clock fits.

        Args:
            data: a panel, recordings, a table or a path.

        Raises:
            DataError: channels are missing, or the clock's step or the recordings' rate differs from the fit's.
        """
        source = read_source(data, factors=self.factors, absent_labels=True, tz=self.provenance.time_zone)
        aligned = align(source, self.channels)
        frequency = frequency_of(aligned)
        if frequency != self.frequency:
            raise DataError(
                "The data are sampled otherwise than those of the fit",
                expected=self.frequency,
                found=frequency,
                hint="Resample them, or fit a model on them",
            )
        return self._in_zone(aligned)

    def windows(self, data: Any, part: PartName = "all", role: WindowRole = "encode", every: int = 1) -> Windows:
        """Return every ``every``-th window of a part of the data.

        Args:
            data: as in ``source``; for a part other than ``all`` the data of the fit.
            part: which rows the windows are of.
            role: ``encode`` for windows whose last row lies in the part, ``score`` for those whose whole future does.
            every: take one window in this many.

        Raises:
            DataError: the data cannot be used, or a part is asked of other data than those of the fit.
            ConfigError: there is no such part.
        """
        source = self.source(data)
        return self.windows_of(source, self.part_of(source, part), role).subset(slice(None, None, every))

    def windows_of(self, source: Source, part: Part | None, role: WindowRole) -> Windows:
        """Return the windows of some rows of an aligned source, or of all.

        Recordings too short for a window are left out with a DataWarning.
        """
        rows = part or Part(source.offsets[:-1], source.offsets[1:])
        windows = Windows.of(source, rows, self.label_indices(source), self.scale, self.shape, role)
        unread = rows.stop > rows.start
        unread[windows.segments] = False
        short = np.flatnonzero(unread)
        if len(short):
            names = [source.names[segment] for segment in short[:5]]
            warn_data(
                f"{len(short)} of {plural(len(source.names), 'recording')} are too short for "
                f"lookback={self.shape.lookback} and were left out, first {names}"
            )
        return windows

    def part_of(self, source: Source, part: PartName) -> Part | None:
        """Return the rows of a part of the data of the fit, or None for ``all``.

        Raises:
            DataError: these are other data than those of the fit.
            ConfigError: there is no such part.
        """
        if part == "all":
            return None
        if part not in get_args(PartName):
            raise ConfigError(expected='"train", "valid", "test" or "all"', found=repr(part), argument="part")
        if not self.is_fit_data(source):
            raise DataError(
                f"The {part} part belongs to the data of the fit, and these are other data",
                hint='Use the data of the fit, or choose "all"',
                argument="part",
            )
        chosen: Part = getattr(split(source, self.provenance.split), part)
        if not chosen.n_rows:
            raise ConfigError(
                f"The split of the fit, {self.provenance.split}, has no {part} part",
                hint="Choose another part",
                argument="part",
            )
        return chosen

    def is_fit_data(self, source: Source) -> bool:
        """Tell whether an aligned source is the data of the fit."""
        return source.fingerprint() == self.provenance.fingerprint

    def label_indices(self, source: Source) -> LabelIndices:
        """Return the class index of every row and factor, (row, factor); -1 where missing or unknown to the model."""
        return encode_labels(source, self.factors, self.vocabularies, absent_labels=True)

    def original(self, scaled: Tensor) -> NDArray[np.float32]:
        """Return scaled values, (..., channel), in original units."""
        return self.scale.invert(scaled.cpu().numpy())

    def _in_zone(self, source: Source) -> Source:
        """Read the calendar in the zone of the fit: another would shift every hour without a word."""
        zone = self.provenance.time_zone
        if not isinstance(source, Panel) or source.clock.tz == zone:
            return source
        if source.clock.unit != "s":
            raise DataError(
                "The clock is in another zone than that of the fit",
                expected=zone,
                found=source.clock.tz,
                hint=f"Give {{tz}} as {zone}",
                argument="tz",
            )
        warn_data(f"The clock in {source.clock.tz} was converted to {zone}, the zone of the fit")
        return replace(source, clock=replace(source.clock, tz=zone))


def frequency_of(source: Source) -> str:
    """Return how the rows follow one another: "a panel every 1h", "recordings at 50 Hz"."""
    if source.clock is not None:
        return f"a panel every {source.clock.frequency}"
    return f"recordings at {source.rate or 1.0:g} Hz"


def dimensions_of(shape: WindowShape, n_channels: int, vocabularies: Sequence[Vocabulary]) -> Dimensions:
    """Return the sizes that follow from the data, without what labels do together."""
    kinds = tuple(vocabulary.kind for vocabulary in vocabularies)
    frequencies = tuple(vocabulary.frequencies for vocabulary in vocabularies)
    return Dimensions(shape.lookback, shape.horizon, n_channels, kinds, frequencies)


def build_network(dimensions: Dimensions, config: ModelConfig, seed: int) -> Network:
    """Build the network with weights drawn from ``seed``; the global random state is left as it was."""
    with own_random_state(seed):
        return Network(dimensions, config)
