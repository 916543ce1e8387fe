"""A fitted model: the network and all that is needed to use it without the data it was fitted on."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast._device import own_random_state
from divecast.config import ModelConfig
from divecast.data import (
    Factor,
    Panel,
    Scale,
    Source,
    Vocabulary,
    WindowShape,
    align,
    as_factors,
    read_source,
)
from divecast.data.labels.encode import encode_known_labels
from divecast.data.tables.columns import check_names
from divecast.errors import DataError, warn_data
from divecast.inference.calibration import Calibration
from divecast.inference.provenance import Provenance, read_factor, typed
from divecast.inference.upgrade import upgraded
from divecast.model.network import Dimensions, Network
from divecast.model.pairing import Coupling
from divecast.persistence.artifact import Artifact, read_artifact, under, write_artifact
from divecast.persistence.strict import as_artifact_error, as_json, check_like, check_understood

SCHEMA = 6
KIND = "model"


@dataclass(frozen=True, eq=False, slots=True)
class FittedModel:
    """What a fit leaves behind.

    Attributes:
        network: in evaluation mode.
        dimensions: what the data fix of it.
        config: its sizes.
        shape: look-back and horizon.
        channels: names, in order.
        factors: as named by the user.
        vocabularies: classes and frequencies of each factor in the training part.
        scale: centre and spread of each channel in the training part.
        seasonal_error: (channel,) mean absolute seasonal-naive error in the training part, original units, for MASE.
        calibration: quantiles of the standardised residuals in the validation part.
        frequency: step of the panel's clock, or rate of the recordings.
        about: settings, seed, split, zone of the clock, data fingerprint and history, as JSON values.
    """

    network: Network
    dimensions: Dimensions
    config: ModelConfig
    shape: WindowShape
    channels: tuple[str, ...]
    factors: tuple[Factor, ...]
    vocabularies: tuple[Vocabulary, ...]
    scale: Scale
    seasonal_error: NDArray[np.float64]
    calibration: Calibration
    frequency: str
    about: dict[str, Any]

    def source(self, data: Any) -> Source:
        """Bring data to the model's channels and check that its clock fits.

        Raises:
            DataError: channels are missing, or the clock's step or the recordings' rate is another.
        """
        aligned = align(to_source(data, self.factors, self.about["tz"], absent_labels=True), self.channels)
        found = frequency_of(aligned)
        if found != self.frequency:
            raise DataError(
                f"expected data sampled as in the fit ({self.frequency}), got {found}; resample them or fit on them"
            )
        return self._in_zone(aligned)

    def _in_zone(self, source: Source) -> Source:
        """Read the calendar in the zone of the fit: another would shift every hour without a word."""
        zone = self.about["tz"]
        if not isinstance(source, Panel) or source.clock.tz == zone:
            return source
        if source.clock.unit != "s":
            raise DataError(f"expected a clock in the zone of the fit, {zone}, got {source.clock.tz}; give tz={zone!r}")
        warn_data(f"the model was fitted in the zone {zone}: the clock in {source.clock.tz} was put into it")
        return replace(source, clock=replace(source.clock, tz=zone))

    def codes(self, source: Source) -> NDArray[np.int16]:
        """Return the class index of every row and factor, -1 where missing, unknown, or no such column."""
        return encode_known_labels(source, self.factors, self.vocabularies)

    def save(self, path: Path) -> None:
        """Write one file; see :mod:`divecast.persistence.artifact`."""
        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()} | {
            "scale.center": torch.from_numpy(self.scale.center),
            "scale.spread": torch.from_numpy(self.scale.spread),
            "seasonal_error": torch.from_numpy(self.seasonal_error),
            "calibration": self.calibration.quantiles,
        }
        write_artifact(path, Artifact(KIND, SCHEMA, self.document(), tensors))

    def document(self) -> dict[str, Any]:
        """Return all but the tensors as JSON values."""
        document: dict[str, Any] = as_json(
            {
                "config": asdict(self.config),
                "shape": asdict(self.shape),
                "channels": self.channels,
                "factors": [typed(factor) for factor in self.factors],
                "vocabularies": [vocabulary.to_dict() for vocabulary in self.vocabularies],
                "pairs": self.dimensions.pairs,
                "couplings": [asdict(coupling) for coupling in self.dimensions.couplings],
                "season": self.dimensions.season,
                "levels": self.calibration.levels,
                "frequency": self.frequency,
                "about": self.about,
            }
        )
        return document

    def understood(self) -> dict[str, Any]:
        """Return the document with all of it made anew from what it was understood to be."""
        about = Provenance.read(self.about).about(self.shape, self.factors, self.config)
        return self.document() | {"about": about}

    @classmethod
    def load(cls, path: Path, device: torch.device) -> "FittedModel":
        """Read what ``save`` wrote.

        Raises:
            ArtifactError: no such file, foreign, newer, cut short or damaged.
        """
        artifact = read_artifact(path, KIND, SCHEMA)
        with as_artifact_error(path, KIND):
            artifact = upgraded(artifact)
            fitted = cls._of(artifact.document, artifact.tensors)
            check_understood(artifact.document, fitted.understood())
        return replace(fitted, network=fitted.network.to(device))

    @classmethod
    def _of(cls, document: dict[str, Any], tensors: dict[str, Tensor]) -> "FittedModel":
        from pydantic import TypeAdapter

        config = TypeAdapter(ModelConfig).validate_python(document["config"])
        shape, channels = WindowShape(**document["shape"]), tuple(document["channels"])
        factors = tuple(read_factor(plain) for plain in document["factors"])
        vocabularies = tuple(Vocabulary.from_dict(plain) for plain in document["vocabularies"])
        _check_names(channels, factors, vocabularies)
        pairs = tuple((int(i), int(j)) for i, j in document["pairs"])
        couplings = TypeAdapter(tuple[Coupling, ...]).validate_python(document["couplings"])
        dimensions = replace(
            dimensions_of(shape, len(channels), vocabularies),
            pairs=pairs,
            couplings=couplings,
            season=TypeAdapter(int).validate_python(document["season"]),
        )
        levels = tuple(map(float, document["levels"]))
        _check_tensors(tensors, dimensions, config, len(levels))
        network = build_network(dimensions, config, seed=0)
        network.load_state_dict(under("network.", tensors))
        return cls(
            network=network.eval(),
            dimensions=dimensions,
            config=config,
            shape=shape,
            channels=channels,
            factors=factors,
            vocabularies=vocabularies,
            scale=Scale(tensors["scale.center"].numpy(), tensors["scale.spread"].numpy()),
            seasonal_error=tensors["seasonal_error"].numpy(),
            calibration=Calibration(levels, tensors["calibration"]),
            frequency=str(document["frequency"]),
            about=document["about"],
        )


def _check_names(channels: Sequence[str], factors: Sequence[Factor], vocabularies: Sequence[Vocabulary]) -> None:
    if not channels or not all(isinstance(name, str) for name in channels):
        raise ValueError(f"expected names of channels, got {channels!r:.80}")
    check_names(channels)
    found, expected = [vocabulary.name for vocabulary in vocabularies], [factor.name for factor in as_factors(factors)]
    if found != expected:
        raise ValueError(f"expected the classes of factors {expected}, got those of {found}")


def _check_tensors(tensors: Mapping[str, Tensor], dimensions: Dimensions, config: ModelConfig, n_levels: int) -> None:
    """Check names, shapes and numbers against those of a network that takes no memory, before one is built that does.

    Raises:
        ValueError: they differ, or are not finite.
    """
    with torch.device("meta"):
        network, n_channels = build_network(dimensions, config, seed=0), dimensions.n_channels
        expected = {f"network.{name}": value for name, value in network.state_dict().items()} | {
            "scale.center": torch.empty(n_channels),
            "scale.spread": torch.empty(n_channels),
            "seasonal_error": torch.empty(n_channels, dtype=torch.float64),
            "calibration": torch.empty(n_levels, dimensions.horizon),
        }
    check_like(tensors, expected, may_lack_numbers=frozenset({"seasonal_error"}))
    if not bool((tensors["scale.spread"] > 0).all()):
        raise ValueError("expected a spread above 0 for every channel")


def frequency_of(source: Source) -> str:
    """Return how the rows follow one another: "a panel every 1h", "recordings at 50 Hz"."""
    if source.clock is not None:
        return f"a panel every {source.clock.frequency}"
    return f"recordings at {source.rate or 1.0:g} Hz"


def to_source(data: Any, factors: Sequence[Factor], tz: str | None = None, absent_labels: bool = False) -> Source:
    """Take a panel, recordings, a table or a path; label columns of a table are those the factors name.

    Args:
        data: what to take.
        factors: as named by the user.
        tz: zone of a table's clock; by default that of its stamps, else UTC.
        absent_labels: whether a table may lack label columns, as one may that is forecast from.

    Raises:
        DataError: the data cannot be read so.
    """
    return read_source(data, factors=factors, absent_labels=absent_labels, tz=tz)


def dimensions_of(shape: WindowShape, n_channels: int, vocabularies: Sequence[Vocabulary]) -> Dimensions:
    """Return what the data fix of a network but for what labels do together."""
    kinds = tuple(vocabulary.kind for vocabulary in vocabularies)
    frequencies = tuple(vocabulary.frequencies for vocabulary in vocabularies)
    return Dimensions(shape.lookback, shape.horizon, n_channels, kinds, frequencies)


def build_network(dimensions: Dimensions, config: ModelConfig, seed: int) -> Network:
    """Build the network with weights drawn from ``seed``; the global random state is left as it was."""
    with own_random_state(seed):
        return Network(dimensions, config)
