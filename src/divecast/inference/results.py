"""What a fitted model gives back; each turns into a table of the caller's kind with ``frame()``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from divecast.data import Backend, Source, to_frame
from divecast.errors import ConfigError

Floats = NDArray[np.float32]
Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False, slots=True)
class Keys:
    """Which windows a result is of.

    Attributes:
        origins: (window,) row of the first step after the window.
        recordings: (window,) name of the recording, or None for a panel.
        stamps: (window, step) time of each step: wall time of the clock's zone, datetime64 without a zone, or seconds
            since a recording's start.
        backend: kind of table to give back.
    """

    origins: NDArray[np.int64]
    recordings: NDArray[Any] | None
    stamps: NDArray[Any]
    backend: Backend

    @classmethod
    def of(cls, source: Source, origins: NDArray[np.int64], segments: NDArray[np.int64], steps: range) -> "Keys":
        """Return the keys of windows; ``steps`` counts from the origin, so -1 is the last observed row."""
        rows = origins[:, None] + np.asarray(steps)
        if source.clock is not None:
            return cls(origins, None, source.clock.local(rows), source.backend)
        seconds = (rows - source.offsets[segments][:, None]) / (source.rate or 1.0)
        return cls(origins, np.array(source.names, dtype=object)[segments], seconds, source.backend)

    @classmethod
    def joined(cls, parts: Sequence["Keys"]) -> "Keys":
        """Return the keys of windows of the same data, part after part."""
        first = parts[0]
        names = None if first.recordings is None else np.concatenate([part.recordings for part in parts])
        origins, stamps = (np.concatenate([getattr(part, name) for part in parts]) for name in ("origins", "stamps"))
        return cls(origins, names, stamps, first.backend)

    def columns(self, name: str, step: int) -> Columns:
        """Return the key columns: the recording, if any, and the time of one step as ``name``."""
        head: Columns = {} if self.recordings is None else {"recording": self.recordings}
        return {**head, name: self.stamps[:, step]}


@dataclass(frozen=True, eq=False, slots=True)
class Forecast:
    """Forecasts of one or more windows, in original units.

    Attributes:
        keys: windows and the times of their steps.
        channels: names.
        mean: (window, horizon, channel) mean of the likelihood at the mean code.
        levels: probabilities of the quantiles, rising.
        quantiles: (level, window, horizon, channel).
        samples: (sample, window, horizon, channel), drawn through the code; no rows when none were asked for.
    """

    keys: Keys
    channels: tuple[str, ...]
    mean: Floats
    levels: tuple[float, ...]
    quantiles: Floats
    samples: Floats

    @classmethod
    def joined(cls, parts: Iterable["Forecast"], n_windows: int) -> "Forecast":
        """Return forecasts of one model from the same data as one, taking part after part.

        Args:
            parts: one or more.
            n_windows: of all parts together.
        """
        rest = iter(parts)
        first = next(rest)
        whole, keys, at = first._room_for(n_windows), [], 0
        for part in chain((first,), rest):
            keys.append(part.keys)
            here = slice(at, at + len(part.mean))
            whole.mean[here], whole.quantiles[:, here], whole.samples[:, here] = part.mean, part.quantiles, part.samples
            at = here.stop
        return replace(whole, keys=Keys.joined(keys))

    def _room_for(self, n_windows: int) -> "Forecast":
        mean, quantiles, samples = (
            np.empty((*array.shape[:-3], n_windows, *array.shape[-2:]), array.dtype)
            for array in (self.mean, self.quantiles, self.samples)
        )
        return replace(self, mean=mean, quantiles=quantiles, samples=samples)

    def frame(self, layout: Literal["long", "wide"] = "long") -> Any:
        """Return a table of the caller's kind.

        ``long`` has a row per window, channel and step: ``unique_id, origin, step, ds, mean`` and a column per
        quantile (``q0.05``); ``wide`` a row per window and step with the means, a column per channel. ``ds`` is the
        time of the step, ``origin`` that of the window's last observation: wall time of the data's zone
        without a zone, or seconds.
        """
        if layout not in ("long", "wide"):
            raise ConfigError(f'layout must be "long" or "wide", got {layout!r}')
        return to_frame(self._long() if layout == "long" else self._wide(), self.keys.backend)

    def _long(self) -> Columns:
        windows, horizon, channels = self.mean.shape

        def by_channel(array: NDArray[Any]) -> NDArray[Any]:
            return array.swapaxes(-1, -2).reshape(-1)

        def per_window(column: NDArray[Any]) -> NDArray[Any]:
            return np.repeat(column, horizon * channels)

        steps = np.broadcast_to(np.arange(1, horizon + 1), (windows, channels, horizon)).reshape(-1)
        stamps = np.broadcast_to(self.keys.stamps[:, None, 1:], (windows, channels, horizon)).reshape(-1)
        names = np.tile(np.repeat(np.array(self.channels, dtype=object), horizon), windows)
        keys = {name: per_window(column) for name, column in self.keys.columns("origin", 0).items()}
        quantiles = {f"q{level:g}": by_channel(q) for level, q in zip(self.levels, self.quantiles, strict=True)}
        return {"unique_id": names, **keys, "step": steps, "ds": stamps, "mean": by_channel(self.mean), **quantiles}

    def _wide(self) -> Columns:
        windows, horizon, _ = self.mean.shape
        keys = {name: np.repeat(column, horizon) for name, column in self.keys.columns("origin", 0).items()}
        steps = np.tile(np.arange(1, horizon + 1), windows)
        means = dict(zip(self.channels, self.mean.reshape(windows * horizon, -1).T, strict=True))
        return merged({**keys, "step": steps, "ds": self.keys.stamps[:, 1:].reshape(-1)}, means)


@dataclass(frozen=True, eq=False, slots=True)
class Codes:
    """The code of every window, as inferred from the window alone.

    Attributes:
        keys: windows, keyed by their last observation.
        factors: names of the factors.
        classes: class names of each factor.
        a_mean: (window, conditional).
        a_sd: (window, conditional).
        b_mean: for each factor, (window, dim of its block).
        b_sd: for each factor, (window, dim of its block).
        probabilities: for each factor the class probabilities at the mean code, (window, class).
        attention: (window, head, factor) weight of each factor's token in the fusion; cross-attention's sum to 1 over
            the factors, and concatenation has no heads.
    """

    keys: Keys
    factors: tuple[str, ...]
    classes: tuple[tuple[str, ...], ...]
    a_mean: Floats
    a_sd: Floats
    b_mean: tuple[Floats, ...]
    b_sd: tuple[Floats, ...]
    probabilities: tuple[Floats, ...]
    attention: Floats

    def frame(self) -> Any:
        """Return a row per window: ``end`` (time of its last observation), then for every dimension mean and sd.

        Columns are ``a0_mean, a0_sd, ...``, ``b_hour0_mean, b_hour0_sd, ...``, ``p_hour_00, ...``, and
        ``attention_hour, ...``, the mean over the heads.
        """
        columns = {**self.keys.columns("end", 0), **_moments("a", self.a_mean, self.a_sd)}
        for name, mean, sd in zip(self.factors, self.b_mean, self.b_sd, strict=True):
            columns = merged(columns, _moments(f"b_{name}", mean, sd))
        for name, classes, shares in zip(self.factors, self.classes, self.probabilities, strict=True):
            shown = {f"p_{name}_{label}": share for label, share in zip(classes, shares.T, strict=True)}
            columns = merged(columns, shown)
        if self.attention.shape[1]:
            weights = self.attention.mean(axis=1).T
            columns |= {f"attention_{name}": weight for name, weight in zip(self.factors, weights, strict=True)}
        return to_frame(columns, self.keys.backend)


@dataclass(frozen=True, eq=False, slots=True)
class Labels:
    """Labels inferred from the data, beside those given.

    Attributes:
        keys: windows, or whole recordings keyed by their last window.
        factors: names of the factors.
        classes: class names of each factor.
        probabilities: for each factor, (window, class).
        given: (window, factor) class indices, -1 where missing or unknown to the model.
    """

    keys: Keys
    factors: tuple[str, ...]
    classes: tuple[tuple[str, ...], ...]
    probabilities: tuple[Floats, ...]
    given: NDArray[np.int64]

    @property
    def inferred(self) -> NDArray[np.int64]:
        """(window, factor) the most probable class."""
        columns = [shares.argmax(axis=1) for shares in self.probabilities]
        return np.stack(columns, axis=1) if columns else np.empty((len(self.keys.origins), 0), dtype=np.int64)

    def accuracy(self) -> dict[str, float]:
        """Return the share of labelled windows read right, by factor; NaN where no label is given."""
        known = self.given >= 0
        right = (self.inferred == self.given) & known
        shares = right.sum(0) / np.where(known.sum(0) > 0, known.sum(0), np.nan)
        return dict(zip(self.factors, shares.tolist(), strict=True))

    def confusion(self, factor: str) -> Any:
        """Return a table of windows by given class (rows, column ``given``) and inferred class (columns)."""
        if factor not in self.factors:
            raise ConfigError(f"expected one of the model's factors {self.factors}, got {factor!r}")
        at = self.factors.index(factor)
        names, known = self.classes[at], self.given[:, at] >= 0
        counts = np.zeros((len(names), len(names)), dtype=np.int64)
        np.add.at(counts, (self.given[known, at], self.inferred[known, at]), 1)
        columns: Columns = {"given": np.array(names, dtype=object)}
        return to_frame(merged(columns, dict(zip(names, counts.T, strict=True))), self.keys.backend)

    def frame(self) -> Any:
        """Return a row per window: ``end``, and per factor the inferred class, its probability and the given class."""
        columns = self.keys.columns("end", 0)
        for at, (name, classes) in enumerate(zip(self.factors, self.classes, strict=True)):
            texts = np.array([*classes, None], dtype=object)  # -1 picks the None
            read = {
                name: texts[self.inferred[:, at]],
                f"{name}_probability": self.probabilities[at].max(axis=1),
                f"{name}_given": texts[self.given[:, at]],
            }
            columns = merged(columns, read)
        return to_frame(columns, self.keys.backend)


@dataclass(frozen=True, eq=False, slots=True)
class Reconstruction:
    """Windows as the code alone gives them back, in original units.

    Attributes:
        keys: windows and the times of their rows.
        channels: names.
        truth: (window, time, channel), NaN where missing.
        mean: (window, time, channel).
    """

    keys: Keys
    channels: tuple[str, ...]
    truth: Floats
    mean: Floats

    def frame(self) -> Any:
        """Return a row per window, channel and time: ``unique_id, end, ds, truth, mean``."""
        windows, time, channels = self.mean.shape

        def flat(array: NDArray[Any]) -> NDArray[Any]:
            return array.swapaxes(1, 2).reshape(-1)

        names = np.tile(np.repeat(np.array(self.channels, dtype=object), time), windows)
        keys = {n: np.repeat(column, time * channels) for n, column in self.keys.columns("end", -1).items()}
        stamps = np.broadcast_to(self.keys.stamps[:, None], (windows, channels, time)).reshape(-1)
        columns = {"unique_id": names, **keys, "ds": stamps, "truth": flat(self.truth), "mean": flat(self.mean)}
        return to_frame(columns, self.keys.backend)


@dataclass(frozen=True, eq=False, slots=True)
class Samples:
    """Windows and futures drawn from the prior, in original units.

    Attributes:
        channels: names.
        x: (sample, time, channel).
        y: (sample, horizon, channel).
        labels: for each factor the class drawn or asked for, (sample,) names.
        backend: kind of table to give back.
    """

    channels: tuple[str, ...]
    x: Floats
    y: Floats
    labels: dict[str, NDArray[Any]]
    backend: Backend

    def frame(self) -> Any:
        """Return a row per sample and step: ``sample, step`` (1 is the first future step), labels, channels."""
        values = np.concatenate([self.x, self.y], axis=1)
        n, steps, _ = values.shape
        columns: Columns = {
            "sample": np.repeat(np.arange(n), steps),
            "step": np.tile(np.arange(steps) - self.x.shape[1] + 1, n),
        }
        drawn = {name: np.repeat(column, steps) for name, column in self.labels.items()}
        by_channel = dict(zip(self.channels, values.reshape(n * steps, -1).T, strict=True))
        return to_frame(merged(columns, drawn, by_channel), self.backend)


def merged(*parts: Columns) -> Columns:
    """Return columns side by side.

    Raises:
        ConfigError: two of them would have one name, so that one would be lost.
    """
    found: Columns = {}
    for part in parts:
        twice = [name for name in part if name in found]
        if twice:
            raise ConfigError(
                f"expected channels, factors and classes that are not called as another column of the table, got "
                f"{twice[:5]}; rename them in the data, or take another layout"
            )
        found |= part
    return found


def _moments(prefix: str, mean: Floats, sd: Floats) -> Columns:
    columns: Columns = {}
    for dim in range(mean.shape[1]):
        columns |= {f"{prefix}{dim}_mean": mean[:, dim], f"{prefix}{dim}_sd": sd[:, dim]}
    return columns
