"""A synthetic world whose truth is known: two labelled and two unlabelled factors of short recordings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from divecast import ByGroup, Recordings

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
PartName = Literal["train", "valid", "test"]

LABELS = {"kind": 3, "setting": 4}
"""Labelled factors and their number of classes."""
UNLABELLED = ("amplitude", "phase")
PARTS: Mapping[PartName, float] = {"train": 0.8, "valid": 0.1, "test": 0.1}

_SECOND = (0.0, 0.7, -0.5)  # second and third harmonic of each kind, next to a first one of 1
_THIRD = (0.0, 0.3, 0.6)
_LEAST_LOADING = 0.4


@dataclass(frozen=True, slots=True)
class World:
    """A world; what is drawn from it depends on its fields alone.

    Each recording is one window and its horizon. The kind decides the wave, the setting how strong each channel has
    it, and both together the levels (and a lag, if there is any), so that the labels do not act as a sum:
    ``values[t, channel] = level[kind, setting, channel] + exp(spread * amplitude) * loading[setting, channel] *
    wave[kind](angle[t] + swing * phase + lag[kind, setting]) + noise``. Amplitude and phase are independent standard
    normals.

    Attributes:
        tied: probability that the kind follows from the setting; 0 for independent labels.
        seed: random seed of everything.
        n: number of recordings.
        lookback: rows of a window.
        horizon: rows after it.
        n_channels: number of channels.
        cycles: cycles of the wave in a window.
        spread: standard deviation of the logarithm of the amplitude.
        swing: standard deviation of the phase, radians.
        level: standard deviation of the levels.
        lag: largest lag that the labels give the wave, radians; they then shift what the phase shifts.
        signs: whether loadings have random signs; else all are positive.
        noise: standard deviation of the noise.
    """

    tied: float = 0.0
    seed: int = 0
    n: int = 8000
    lookback: int = 32
    horizon: int = 4
    n_channels: int = 4
    cycles: float = 2.0
    spread: float = 0.35
    swing: float = 0.6
    level: float = 0.3
    lag: float = 0.0
    signs: bool = False
    noise: float = 0.2

    def draw(self) -> "Drawn":
        """Draw the recordings."""
        rng = np.random.default_rng(self.seed)
        n_kinds, n_settings = LABELS.values()
        loading = rng.uniform(_LEAST_LOADING, 1.2, (n_settings, self.n_channels))
        flipped = rng.choice([-1.0, 1.0], loading.shape)
        loading = loading * flipped if self.signs else loading
        level = self.level * rng.normal(size=(n_kinds, n_settings, self.n_channels))
        lag = rng.uniform(-self.lag, self.lag, (n_kinds, n_settings))
        setting = rng.integers(0, n_settings, self.n)
        kind = np.where(rng.random(self.n) < self.tied, setting % n_kinds, rng.integers(0, n_kinds, self.n))
        truth = rng.normal(size=(self.n, len(UNLABELLED)))
        rows = np.arange(self.lookback + self.horizon)
        angle = 2.0 * math.pi * self.cycles / self.lookback * rows[:, None]  # (row, 1)
        angle = angle + self.swing * truth[:, 1, None, None] + lag[kind, setting][:, None, None]
        second, third = (np.array(each)[kind][:, None, None] for each in (_SECOND, _THIRD))
        wave = np.sin(angle) + second * np.sin(2.0 * angle) + third * np.cos(3.0 * angle)
        clean = np.exp(self.spread * truth[:, 0, None, None]) * loading[setting][:, None] * wave
        values = level[kind, setting][:, None] + clean + self.noise * rng.normal(size=clean.shape)
        labels = np.stack([kind, setting], axis=1)
        return Drawn(self, values.astype(np.float32), labels, truth.astype(np.float32))


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn from a world.

    Attributes:
        world: the world.
        values: (recording, row, channel), window and horizon.
        labels: (recording, labelled factor) classes.
        truth: (recording, unlabelled factor), standard normal.
    """

    world: World
    values: Floats
    labels: Ints
    truth: Floats

    def rows(self, part: PartName) -> Ints:
        """Return the numbers of the recordings of a part; recordings were drawn in no order."""
        edges = np.cumsum([0.0, *PARTS.values()]) * len(self.values)
        at = list(PARTS).index(part)
        return np.arange(round(edges[at]), round(edges[at + 1]))

    def windows(self, part: PartName) -> Floats:
        """Return the windows of a part without their horizon, each channel by its mean and spread in training."""
        seen = self.values[:, : self.world.lookback]
        fitted = seen[self.rows("train")]
        mean, spread = fitted.mean((0, 1)), fitted.std((0, 1))
        standard: Floats = ((seen[self.rows(part)] - mean) / spread).astype(np.float32)
        return standard

    def recordings(self) -> Recordings:
        """Return all recordings, labelled, with a label ``part``."""
        named = np.empty(len(self.values), dtype=object)
        for part in PARTS:
            named[self.rows(part)] = part
        labels = {name: [f"{name}{k}" for k in column] for name, column in zip(LABELS, self.labels.T, strict=True)}
        return Recordings.from_arrays([*self.values], labels={**labels, "part": list(named)})

    def part_windows(self, part: PartName) -> Recordings:
        """Return the recordings of a part without labels and horizon, so one window each."""
        return Recordings.from_arrays([*self.values[self.rows(part), : self.world.lookback]])

    @property
    def split(self) -> ByGroup:
        """How ``recordings`` are split."""
        return ByGroup("part", ("valid",), ("test",))


def cramers_v(labels: Ints) -> float:
    """Return how strongly two labels depend on each other, 0 to 1 (Cramer 1946), of (recording, 2) classes."""
    counts = np.zeros(labels.max(0) + 1)
    np.add.at(counts, tuple(labels.T), 1.0)
    expected = counts.sum(1, keepdims=True) * counts.sum(0, keepdims=True) / counts.sum()
    chi = float(np.divide((counts - expected) ** 2, expected, out=np.zeros_like(counts), where=expected > 0).sum())
    return math.sqrt(chi / counts.sum() / (min(counts.shape) - 1))
