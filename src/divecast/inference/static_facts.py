"""Facts of independent series as features that windows have, read alike from other data than those of the fit."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast._text import plural
from divecast.data import Panel, WindowShape
from divecast.data.names import check_short, listed
from divecast.data.source import Column
from divecast.data.sources.series_rows import Blocks, SeriesRows
from divecast.data.tables.label_columns import as_text, distinct, label_missing
from divecast.errors import warn_data
from divecast.persistence.adapters import adapter_of
from divecast.types import WindowEffects

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of series as features: a number in units of its spread, or indicators of categories.

    Attributes:
        name: name of the fact.
        centre: mean of a number over the series of the fit.
        spread: standard deviation of a number; 0 where it does not vary.
        low: smallest number of the fit.
        high: largest number of the fit.
        categories: values of a fact that is text; empty for a number.
    """

    name: str
    centre: float = 0.0
    spread: float = 0.0
    low: float = 0.0
    high: float = 0.0
    categories: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, column: Column) -> "Fact":
        """Take the units, or the categories, of the series of a fit."""
        if column.dtype.kind != "f":
            categories = tuple(distinct(column)[0])
            check_short(categories, f"category of fact {name!r}")
            return cls(name, categories=categories)
        known = column[np.isfinite(column)]
        if not len(known):
            return cls(name)
        return cls(name, float(known.mean()), float(known.std()), float(known.min()), float(known.max()))

    @property
    def width(self) -> int:
        """Number of features."""
        return len(self.categories) or 1

    def features(self, column: Column) -> NDArray[np.float64]:
        """Return (series, feature); 0 where the fact is missing, or of a category that the fit did not see.

        A number beyond those of the fit by more than their standard deviation counts as the nearest that is not.
        """
        if not self.categories:
            return np.nan_to_num((self._counted(column) - self.centre) / (self.spread or 1.0))[:, None]
        found = np.zeros((len(column), len(self.categories)))
        place, known = {name: at for at, name in enumerate(self.categories)}, np.flatnonzero(~label_missing(column))
        given = as_text(column[known].tolist())
        for series, name in zip(known, given, strict=True):
            if name in place:
                found[series, place[name]] = 1.0
        if unseen := sorted({*given} - {*place}):
            warn_data(
                f"Series have values of the fact {self.name!r} that the fit did not see, and which count as missing: "
                f"{listed(unseen)}",
                hint=f"Its values are {listed(self.categories)}",
            )
        return found

    def _counted(self, column: Column) -> NDArray[np.float64]:
        """Return what numbers count as, NaN where missing; warns of those that are far off, and of text."""
        if column.dtype.kind != "f":
            warn_data(f"The fact {self.name!r} was a number in the fit, and is text here: it counts as missing")
            return np.full(len(column), np.nan)
        counted = np.clip(column, self.low - self.spread, self.high + self.spread)
        if len(far := np.unique(column[np.abs(column - counted) > 1e-9 * np.abs(counted)])):
            warn_data(
                f"Series have values of the fact {self.name!r} far from those of the fit, {self.low:g} to "
                f"{self.high:g}, and which count as the nearest: {listed([f'{value:g}' for value in far])}",
                hint="Check the unit",
            )
        return counted


@dataclass(frozen=True, eq=False, slots=True)
class StaticFacts:
    """The facts that an independent model reads.

    Attributes:
        facts: the facts, in order.
        kept: (series, feature) those of the series of the fit.
    """

    facts: tuple[Fact, ...] = ()
    kept: Tensor | None = None

    @classmethod
    def of(cls, panel: Panel) -> "StaticFacts":
        """Take the facts of the series of a fit."""
        facts = cls(tuple(Fact.of(name, column) for name, column in panel.static.items()))
        return replace(facts, kept=facts.features(panel))

    @property
    def width(self) -> int:
        """Number of features."""
        return sum(fact.width for fact in self.facts)

    def features(self, panel: Panel) -> Tensor:
        """Return (series, feature) float32 of any panel; 0 where a fact is missing."""
        n_series = len(panel.channels)
        columns = [
            fact.features(panel.static[fact.name]) if fact.name in panel.static else np.zeros((n_series, fact.width))
            for fact in self.facts
        ]
        return torch.from_numpy(np.concatenate([np.empty((n_series, 0)), *columns], axis=1)).float()

    def of_series(self, panel: Panel, names: Sequence[str]) -> Tensor:
        """Return (series, feature) of a panel; where that has none of the facts, those of the fit by the names there.

        Args:
            panel: any panel.
            names: series of the fit.
        """
        if self.kept is None or any(fact.name in panel.static for fact in self.facts):
            return self.features(panel)
        place = {name: at for at, name in enumerate(names)}
        places = torch.tensor([place.get(name, len(names)) for name in panel.channels])
        if new := [name for name in panel.channels if name not in place]:
            facts = ", ".join(fact.name for fact in self.facts)
            warn_data(
                f"No facts ({facts}) are given of {plural(len(new), 'series')} that are new to the model: "
                f"{listed(new)}",
                hint="Name a table of them in {static} where the data are read",
            )
        return torch.cat([self.kept, self.kept.new_zeros(1, self.width)])[places]

    def to_json(self) -> list[dict[str, Any]]:
        """Return the facts as JSON values."""
        return [asdict(fact) for fact in self.facts]

    @staticmethod
    def from_json(plain: Sequence[Mapping[str, Any]]) -> "StaticFacts":
        """Read the result of ``to_json``.

        Raises:
            ValueError, LookupError, TypeError: it is malformed.
        """
        return StaticFacts(tuple(adapter_of(Fact).validate_python(each) for each in plain))


NO_FACTS = StaticFacts()


@dataclass(frozen=True, eq=False, slots=True)
class FactsOfRows:
    """The facts of the series of windows.

    Attributes:
        features: (series, feature).
        blocks: where the rows of the series lie.
        shape: lengths of a window.
    """

    features: Tensor
    blocks: Blocks
    shape: WindowShape

    @classmethod
    def read(
        cls, facts: StaticFacts, source: SeriesRows, shape: WindowShape, names: Sequence[str]
    ) -> "FactsOfRows | None":
        """Return the facts of the series of a source; None for a model that reads none.

        Args:
            facts: the facts of the model.
            source: the series.
            shape: lengths of a window.
            names: series of the fit.
        """
        return cls(facts.of_series(source.panel, names), source.blocks, shape) if facts.facts else None

    def at(self, origins: Rows) -> Tensor:
        """Return the features of windows, (batch, feature)."""
        return self.features[torch.from_numpy(self.blocks.series_of(origins))]

    def of(self, origins: Rows, channels: Rows | None = None) -> WindowEffects:  # noqa: ARG002  as RowEffects
        """Return windows without other effects than these facts."""
        past, ahead = (torch.zeros(len(origins), n, 1) for n in (self.shape.lookback, self.shape.horizon))
        return WindowEffects(past, ahead, static=self.at(origins))
