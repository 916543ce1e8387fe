"""A fitted model: the network and all that is needed to use it without the data it was fitted on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from divecast.artifact import Artifact, read_artifact, write_artifact
from divecast.calibration import Calibration
from divecast.config import ModelConfig
from divecast.data import (
    Calendar,
    Factor,
    Label,
    Panel,
    Recordings,
    Scale,
    Source,
    Vocabulary,
    WindowShape,
    align,
    as_panel,
)
from divecast.data.columns import open_frame
from divecast.data.encode import encode_known_labels
from divecast.data.report import report
from divecast.data.tables import read_table
from divecast.device import own_random_state
from divecast.errors import ArtifactError, ConfigError, DataError
from divecast.model.network import Dimensions, Network
from divecast.model.pairing import Coupling
from divecast.upgrade import upgraded

SCHEMA = 4
KIND = "model"


@dataclass(frozen=True, eq=False, slots=True)
class Fitted:
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
        report(f"the model was fitted in the zone {zone}: the clock in {source.clock.tz} was put into it")
        return replace(source, clock=replace(source.clock, tz=zone))

    def codes(self, source: Source) -> NDArray[np.int16]:
        """Return the class index of every row and factor, -1 where missing, unknown, or no such column."""
        return encode_known_labels(source, self.factors, self.vocabularies)

    def save(self, path: Path) -> None:
        """Write one file; see :mod:`divecast.artifact`."""
        document = {
            "config": asdict(self.config),
            "shape": asdict(self.shape),
            "channels": list(self.channels),
            "factors": [{"type": type(factor).__name__, **asdict(factor)} for factor in self.factors],
            "vocabularies": [vocabulary.to_dict() for vocabulary in self.vocabularies],
            "pairs": [list(pair) for pair in self.dimensions.pairs],
            "couplings": [asdict(coupling) for coupling in self.dimensions.couplings],
            "levels": list(self.calibration.levels),
            "frequency": self.frequency,
            "about": self.about,
        }
        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()} | {
            "scale.center": torch.from_numpy(self.scale.center),
            "scale.spread": torch.from_numpy(self.scale.spread),
            "seasonal_error": torch.from_numpy(self.seasonal_error),
            "calibration": self.calibration.quantiles,
        }
        write_artifact(path, Artifact(KIND, SCHEMA, document, tensors))

    @classmethod
    def load(cls, path: Path, device: torch.device) -> "Fitted":
        """Read what ``save`` wrote.

        Raises:
            ArtifactError: no such file, foreign, newer, cut short or damaged.
        """
        artifact = read_artifact(path, KIND, SCHEMA)
        try:
            return cls._of(upgraded(artifact), device)
        except (KeyError, TypeError, ValueError, RuntimeError, ConfigError) as error:
            raise ArtifactError(f"{path} is not a whole divecast model: {error}") from error

    @classmethod
    def _of(cls, artifact: Artifact, device: torch.device) -> "Fitted":
        from pydantic import TypeAdapter

        document, tensors = artifact.document, artifact.tensors
        config = TypeAdapter(ModelConfig).validate_python(document["config"])
        shape, channels = WindowShape(**document["shape"]), tuple(document["channels"])
        vocabularies = tuple(Vocabulary.from_dict(plain) for plain in document["vocabularies"])
        pairs = tuple((int(i), int(j)) for i, j in document["pairs"])
        couplings = TypeAdapter(tuple[Coupling, ...]).validate_python(document["couplings"])
        dimensions = replace(dimensions_of(shape, len(channels), vocabularies), pairs=pairs, couplings=couplings)
        network = build_network(dimensions, config, seed=0)
        weights = {name.removeprefix("network."): t for name, t in tensors.items() if name.startswith("network.")}
        network.load_state_dict(weights)
        return cls(
            network=network.to(device).eval(),
            dimensions=dimensions,
            config=config,
            shape=shape,
            channels=channels,
            factors=tuple(_factor(plain) for plain in document["factors"]),
            vocabularies=vocabularies,
            scale=Scale(tensors["scale.center"].numpy(), tensors["scale.spread"].numpy()),
            seasonal_error=tensors["seasonal_error"].numpy(),
            calibration=Calibration(tuple(document["levels"]), tensors["calibration"]),
            frequency=document["frequency"],
            about=document["about"],
        )


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
    if isinstance(data, Panel | Recordings):
        return data
    named = {factor.name for factor in factors if isinstance(factor, Label)}
    if named and absent_labels and not _is_store(data):
        data = read_table(Path(data)) if isinstance(data, str | Path) else data
        named &= set(map(str, open_frame(data)[0].columns))
    return as_panel(data, labels=sorted(named), tz=tz)


def _is_store(data: Any) -> bool:
    return isinstance(data, str | Path) and Path(data).is_dir()


def dimensions_of(shape: WindowShape, n_channels: int, vocabularies: Sequence[Vocabulary]) -> Dimensions:
    """Return what the data fix of a network but for what labels do together."""
    kinds = tuple(vocabulary.kind for vocabulary in vocabularies)
    frequencies = tuple(vocabulary.frequencies for vocabulary in vocabularies)
    return Dimensions(shape.lookback, shape.horizon, n_channels, kinds, frequencies)


def build_network(dimensions: Dimensions, config: ModelConfig, seed: int) -> Network:
    """Build the network with weights drawn from ``seed``; the global random state is left as it was."""
    with own_random_state(seed):
        return Network(dimensions, config)


def _factor(plain: dict[str, Any]) -> Factor:
    from pydantic import TypeAdapter

    fields = {name: value for name, value in plain.items() if name != "type"}
    kind: type[Calendar | Label] = Calendar if plain["type"] == "Calendar" else Label
    factor: Factor = TypeAdapter(kind).validate_python(fields)
    return factor
