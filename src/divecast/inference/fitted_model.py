"""Fitted models: the network and all that is needed to use it without the data of the fit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast._device import own_random_state
from divecast._text import plural
from divecast.config import ModelConfig, check_choice
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
    """A fitted model: the network, what is needed to apply it, and its provenance.

    Attributes:
        network: the network, in evaluation mode.
        dimensions: sizes of the network that depend on the data.
        channels: names of the channels, in order.
        vocabularies: classes and frequencies of each factor in the training part.
        scale: centre and spread of each channel in the training part.
        seasonal_error: (channel,) mean absolute error of the seasonal naive forecast in the training part, in original
            units, for MASE.
        calibration: quantiles of the standardised residuals in the validation part.
        frequency: step of the panel's clock or rate of the recordings, as text.
        provenance: settings, split, time zone, data and history of the fit.

    Example:
        >>> fitted = model.fitted_model
        >>> fitted.factor_names, len(fitted.windows(panel, "test", every=24)) > 0
        (('hour', 'weekday'), True)
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
        """Settings of the network."""
        return self.provenance.plan.model

    @property
    def shape(self) -> WindowShape:
        """Look-back and horizon."""
        return self.provenance.plan.shape

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Factors of the fit."""
        return self.provenance.plan.factors

    @property
    def factor_names(self) -> tuple[str, ...]:
        """Names of the factors."""
        return tuple(vocabulary.name for vocabulary in self.vocabularies)

    @property
    def classes(self) -> tuple[tuple[str, ...], ...]:
        """Class names of each factor."""
        return tuple(vocabulary.classes for vocabulary in self.vocabularies)

    @property
    def device(self) -> torch.device:
        """Device of the network."""
        return next(self.network.parameters()).device

    def source(self, data: Any) -> Source:
        """Read data, with the channels in the order of the model.

        Args:
            data: a panel, recordings, a table or a path.

        Raises:
            DataError: channels are missing, or the step of the clock or the rate of the recordings is not that of the
                fit.
        """
        source = read_source(data, factors=self.factors, absent_labels=True, tz=self.provenance.time_zone)
        aligned = align(source, self.channels)
        frequency = frequency_of(aligned)
        if frequency != self.frequency:
            raise DataError(
                "The data have another sampling than those of the fit",
                expected=self.frequency,
                found=frequency,
                hint="Resample them, or fit a model on them",
            )
        return self._in_zone(aligned)

    def windows(self, data: Any, part: PartName = "all", role: WindowRole = "encode", every: int = 1) -> Windows:
        """Return the windows of a part of the data.

        Args:
            data: as in ``source``; for a part other than ``all`` the data of the fit.
            part: part of the rows.
            role: ``encode`` for windows whose last row is in the part, ``score`` for those with a target in it.
            every: keep one window in this many.

        Raises:
            DataError: the data cannot be used, or are not those of the fit although a part of them is chosen.
            ConfigError: there is no such part.
        """
        source = self.source(data)
        return self.windows_of(source, self.part_of(source, part), role).subset(slice(None, None, every))

    def windows_of(self, source: Source, part: Part | None, role: WindowRole) -> Windows:
        """Return the windows of an aligned source.

        Recordings that are too short for a window are left out with a DataWarning.

        Args:
            source: what ``source`` returned.
            part: rows of the windows; None for all.
            role: as in ``windows``.
        """
        rows = part or Part(source.offsets[:-1], source.offsets[1:])
        windows = Windows.of(source, rows, self.label_indices(source), self.scale, self.shape, role)
        without_window = rows.stop > rows.start
        without_window[windows.segments] = False
        short = np.flatnonzero(without_window)
        if len(short):
            names = ", ".join(source.names[segment] for segment in short[:5])
            warn_data(
                f"{len(short)} of {plural(len(source.names), 'recording')} are too short for "
                f"lookback={self.shape.lookback} and were left out: {names}{', ...' if len(short) > 5 else ''}"
            )
        return windows

    def part_of(self, source: Source, part: PartName) -> Part | None:
        """Return the rows of a part of the data of the fit, or None for ``all``.

        Raises:
            DataError: the data are not those of the fit.
            ConfigError: there is no such part.
        """
        if part == "all":
            return None
        check_choice(get_args(PartName), part=part)
        if not self.is_fit_data(source):
            raise DataError(
                f"The {part} part belongs to the data of the fit, and these are other data",
                hint='Use the data of the fit, or choose "all"',
                argument="part",
            )
        rows: Part = getattr(split(source, self.provenance.split), part)
        if not rows.n_rows:
            raise ConfigError(
                f"The split of the fit, {self.provenance.split}, has no {part} part",
                hint="Choose another part",
                argument="part",
            )
        return rows

    def is_fit_data(self, source: Source) -> bool:
        """Return whether an aligned source has the data of the fit."""
        return source.fingerprint() == self.provenance.fingerprint

    def label_indices(self, source: Source) -> LabelIndices:
        """Return the label indices of all rows, (row, factor); -1 where missing or unknown to the model."""
        return encode_labels(source, self.factors, self.vocabularies, absent_labels=True)

    def original(self, scaled: Tensor) -> NDArray[np.float32]:
        """Return scaled values, (..., channel), in original units."""
        return self.scale.invert(scaled.cpu().numpy())

    def _in_zone(self, source: Source) -> Source:
        """Return the source with its clock in the time zone of the fit; another would shift the hours unnoticed."""
        zone = self.provenance.time_zone
        if not isinstance(source, Panel) or source.clock.tz == zone:
            return source
        if source.clock.unit != "s":
            raise DataError(
                "The clock has another time zone than that of the fit",
                expected=zone,
                found=source.clock.tz,
                hint=f'Pass "{zone}" as {{tz}}',
                argument="tz",
            )
        warn_data(f"The clock was converted from {source.clock.tz} to {zone}, the time zone of the fit")
        return replace(source, clock=replace(source.clock, tz=zone))


def frequency_of(source: Source) -> str:
    """Return kind and sampling of a source as text: "a panel every 1h", "recordings at 50 Hz"."""
    if source.clock is not None:
        return f"a panel every {source.clock.frequency}"
    return f"recordings at {source.rate or 1.0:g} Hz"


def dimensions_of(shape: WindowShape, n_channels: int, vocabularies: Sequence[Vocabulary]) -> Dimensions:
    """Return the sizes that depend on the data, without pairs of factors and the season."""
    kinds = tuple(vocabulary.kind for vocabulary in vocabularies)
    frequencies = tuple(vocabulary.frequencies for vocabulary in vocabularies)
    return Dimensions(shape.lookback, shape.horizon, n_channels, kinds, frequencies)


def build_network(dimensions: Dimensions, config: ModelConfig, seed: int) -> Network:
    """Return a network with weights drawn from a seed; the global random state stays as it was."""
    with own_random_state(seed):
        return Network(dimensions, config)
