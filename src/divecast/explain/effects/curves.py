"""Curves of effects, as a result."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast._text import visible
from divecast.data import Backend, to_frame
from divecast.errors import ConfigError
from divecast.inference.results import Columns, Floats

CurveKind = Literal["classes", "number"]


@dataclass(frozen=True, eq=False, slots=True)
class EffectCurve:
    """How the values of a column move the series, in original units.

    That of a factor is a deviation from its mean over the training part; that of a covariate from the effect of its
    training mean, at the same part of the day.

    Attributes:
        name: of the factor, of the covariate, or of two factors: ``hour x weekday``.
        aspect: whose value it is, if not that of the row: ``day before``, ``mean of the last day``; else empty.
        kind: ``classes``, or ``number`` for a covariate.
        values: (value,) names of classes, or float64 values of a covariate; (value, channel) of one that differs by
            series, over the values of each.
        by: what the effect also differs by: parts of the day (``"06-12"``), or classes of the second factor; ``("",)``
            if by nothing.
        effect: (value, by, channel).

    Example:
        >>> curve = model.effects().of("hour")[0]
        >>> curve.title, curve.effect.shape
        ('hour', (24, 1, 4))
    """

    name: str
    aspect: str
    kind: CurveKind
    values: NDArray[Any]
    by: tuple[str, ...]
    effect: Floats

    def values_of(self, channel: int) -> NDArray[Any]:
        """Return (value,) the values of a channel, of which ``effect[:, :, channel]`` is the effect.

        Example:
            >>> model.effects().of("weekday")[0].values_of(0).tolist()[:2]
            ['Mon', 'Tue']
        """
        return self.values[:, channel] if self.values.ndim == 2 else self.values

    @property
    def title(self) -> str:
        """Name and aspect."""
        return f"{self.name}, {self.aspect}" if self.aspect else self.name


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class EffectCurves(Plottable):
    """The curves of all effects of a model, and how much of the series they are.

    Effects that differ by hour and season of the year, such as ``month x hour``, have a share, but no curve.

    Attributes:
        channels: names of the channels.
        curves: the curves; a factor or covariate has several if that of neighbouring rows acts, too.
        shares: for each name (channel,) variance of its effect over that of the series; the shares of effects that
            often occur together, such as month and temperature, overlap.
        backend: kind of the tables that ``frame`` returns by default.

    Example:
        >>> curves = model.effects()
        >>> [curve.name for curve in curves.curves]
        ['hour', 'weekday']
        >>> curves.of("weekday")[0].effect.shape
        (7, 1, 4)
    """

    channels: tuple[str, ...]
    curves: tuple[EffectCurve, ...]
    shares: Mapping[str, NDArray[np.float64]]
    backend: Backend

    def of(self, name: str) -> tuple[EffectCurve, ...]:
        """Return the curves of a factor or covariate, that of the row itself first.

        Args:
            name: of the factor or covariate.

        Raises:
            ConfigError: it has no curve.

        Example:
            >>> model.effects().of("hour")[0].values[:3].tolist()
            ['00', '01', '02']
        """
        found = tuple(curve for curve in self.curves if curve.name == name)
        if not found:
            named = ", ".join(repr(each) for each in dict.fromkeys(curve.name for curve in self.curves))
            raise ConfigError(expected=f"an effect out of {named}", found=repr(name), argument="name")
        return found

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return the curves as a table, one row per curve, value, part of the day and channel.

        Columns: ``effect_of``, ``aspect``, ``value`` (as text), ``number`` (NaN for classes), ``by``, ``unique_id``,
        ``effect`` (original units) and ``share``, the same for all rows of a name and channel.

        Args:
            backend: ``pandas``, ``polars`` or ``pyarrow``; None for the kind of the data, if any were given.

        Example:
            >>> list(model.effects().frame(backend="pandas").columns)
            ['effect_of', 'aspect', 'value', 'number', 'by', 'unique_id', 'effect', 'share']
        """
        tables = [self._columns(curve) for curve in self.curves]
        columns = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
        return to_frame(columns, backend or self.backend)

    def __str__(self) -> str:
        """Return the shares, mean over the channels, largest first."""
        means = {name: float(np.mean(share)) for name, share in self.shares.items()}
        named = ", ".join(f"{name} {means[name]:.0%}" for name in sorted(means, key=lambda name: -means[name]))
        return visible(f"Shares of the effects in the variance of the series, mean over the channels: {named}.")

    def _columns(self, curve: EffectCurve) -> Columns:
        shape = curve.effect.shape
        is_number = curve.kind == "number"
        values = curve.values.reshape(shape[0], 1, -1)
        names = np.array([f"{each:g}" if is_number else str(each) for each in values.ravel()], dtype=object)
        numbers = values.astype(np.float64) if is_number else np.full(values.shape, np.nan)

        def spread_out(column: Any, axis: int) -> NDArray[Any]:
            at = np.reshape(np.asarray(column), [-1 if each == axis else 1 for each in range(3)])
            return np.broadcast_to(at, shape).reshape(-1)

        def text(column: Any) -> NDArray[Any]:
            return np.array(column, dtype=object)

        return {
            "effect_of": np.repeat(text([curve.name]), curve.effect.size),
            "aspect": np.repeat(text([curve.aspect]), curve.effect.size),
            "value": np.broadcast_to(names.reshape(values.shape), shape).reshape(-1),
            "number": np.broadcast_to(numbers, shape).reshape(-1),
            "by": spread_out(text(curve.by), 1),
            "unique_id": spread_out(text(self.channels), 2),
            "effect": curve.effect.reshape(-1),
            "share": spread_out(self.shares[curve.name], 2),
        }
