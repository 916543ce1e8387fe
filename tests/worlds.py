"""Seeded worlds with known truth, and small models of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from divecast import (
    ByRecording,
    ByTime,
    CodeConfig,
    Covariate,
    DecoderConfig,
    DeepDIVE,
    EncoderConfig,
    Label,
    ModelConfig,
    Panel,
    Recordings,
    TrainingConfig,
)
from divecast.data import Factor
from divecast.model.network import Dimensions, Network
from divecast.types import Batch

SMALL = ModelConfig(
    EncoderConfig(n_mixtures=6, time_features=12, width=32, dropout=0.0, channel_dropout=0.1),
    CodeConfig(n_conditional=3, forecaster="code", n_harmonics=2, n_free=2),
    DecoderConfig(
        token_width=16, n_heads=2, n_loadings=4, width=24, depth=1, channel_features=4, n_mixtures=4, dropout=0.0
    ),
)
"""Sizes for tests, of a model whose forecaster reads a as well, so that all parts of the code act on it."""


@dataclass(frozen=True, eq=False)
class Hours:
    """A panel whose every value is known up to noise.

    Attributes:
        panel: hourly, original units.
        clean: (row, channel) the values without noise.
        noise: (channel,) standard deviation of the noise.
    """

    panel: Panel
    clean: NDArray[np.float64]
    noise: NDArray[np.float64]


def hours(weeks: int = 8, n_channels: int = 4, noise: float = 0.3, seed: int = 0) -> Hours:
    """Each channel is level + size x (profile of the hour, another one at weekends, + white noise).

    The channels' levels and sizes differ by far; the clock starts on Monday 2024-01-01 in UTC.
    """
    draw = np.random.default_rng(seed)
    row = np.arange(weeks * 7 * 24)
    hour, weekend = row % 24, (row // 24 % 7 >= 5).astype(int)
    first, second = draw.uniform(0, 2 * np.pi, (2, 2, n_channels))
    angle = 2 * np.pi * hour[:, None] / 24
    shape = np.cos(angle + first[weekend]) + 0.5 * np.cos(2 * angle + second[weekend])
    size = 10.0 ** np.linspace(0, 2, n_channels)
    clean = size * (5.0 + shape)
    values = clean + size * noise * draw.normal(size=clean.shape)
    panel = Panel.from_array(values.astype(np.float32), "2024-01-01", "1h", [f"s{i}" for i in range(n_channels)])
    return Hours(panel, clean, size * noise)


def fit_hours(
    factors: tuple[str | Factor, ...] = ("hour", "weekend"),
    epochs: int = 4,
    seed: int = 0,
    data: object = None,
    config: ModelConfig = SMALL,
) -> DeepDIVE:
    """Fit a small model of ``hours``: look-back 24, horizon 6."""
    training = TrainingConfig(epochs=epochs, batch_size=128, learning_rate=1e-2)
    model = DeepDIVE(6, 24, factors, model=config, training=training, seed=seed)
    return model.fit(hours().panel if data is None else data, ByTime(3, 1, 1), progress=False)


def moves(n_each: int = 8, seed: int = 0) -> Recordings:
    """Recordings of two channels at 10 Hz: ``move`` sets the frequency (slow, fast), ``side`` which channel leads.

    The label ``side`` is missing in every third recording.
    """
    draw = np.random.default_rng(seed)
    arrays, labels = [], {"move": [], "side": [], "person": []}
    for person in range(n_each):
        for move, hertz in (("fast", 2.0), ("slow", 0.7)):
            for side, sign in (("left", 1.0), ("right", -1.0)):
                time = np.arange(draw.integers(90, 130)) / 10.0
                angle = 2 * np.pi * hertz * time + draw.uniform(0, 2 * np.pi)
                wave = np.stack([np.sin(angle), np.sin(angle + sign * np.pi / 2)], axis=1)
                arrays.append(
                    (wave * [1.0, 20.0] + [0.0, 3.0] + 0.05 * draw.normal(size=wave.shape)).astype(np.float32)
                )
                labels["move"].append(move)
                labels["side"].append(None if len(arrays) % 3 == 0 else side)
                labels["person"].append(f"p{person}")
    return Recordings.from_arrays(arrays, labels, rate=10.0, channels=["ax", "wx"])


def fit_moves(seed: int = 0) -> DeepDIVE:
    """Fit a small model of ``moves``: look-back 40, horizon 5."""
    training = TrainingConfig(epochs=6, batch_size=128, learning_rate=1e-2, window_stride=2)
    model = DeepDIVE(5, 40, ["move", "side"], model=SMALL, training=training, seed=seed)
    return model.fit(moves(), ByRecording(6, 1, 1, group="person"), progress=False)


def told(weeks: int = 8) -> Any:
    """Two hourly series, as a long pandas table, that follow the hour and what its other columns tell.

    A temperature shared by both (0.1 per degree), a promotion of each series (+2) and a wind that no one knows ahead; v
    is 50 times u. Some values are missing.
    """
    import pandas as pd

    draw, row = np.random.default_rng(1), np.arange(weeks * 7 * 24)
    temperature, wind = 10 + 8 * np.sin(row / 40) + draw.normal(size=len(row)), draw.gamma(2.0, 3.0, len(row))
    stamps, parts = pd.date_range("2024-01-01", periods=len(row), freq="1h"), []
    for number, (name, size) in enumerate((("u", 1.0), ("v", 50.0))):
        promotion = np.where(row // 36 % 7 == number, "yes", "no")
        y = np.sin(row % 24 / 4) + 0.1 * temperature + 0.02 * wind + 2.0 * (promotion == "yes")
        y = size * (5 + y + 0.1 * draw.normal(size=len(row)))
        y[draw.random(len(row)) < 0.02] = np.nan
        columns = {"unique_id": name, "ds": stamps, "y": y, "temperature": temperature, "wind": wind}
        parts.append(pd.DataFrame({**columns, "promotion": promotion}))
    return pd.concat(parts)


def fit_told() -> DeepDIVE:
    """Fit a small model of ``told``: look-back 60, horizon 8."""
    factors = ["hour", "weekday", Label("promotion", per_series=True)]
    covariates = ["temperature", Covariate("wind", known_ahead=False)]
    training = TrainingConfig(epochs=2, batch_size=128)
    model = DeepDIVE(8, 60, factors, covariates=covariates, model=SMALL, training=training)
    return model.fit(told(), progress=False)


KINDS = ("cyclic", "plain")
FREQUENCIES = ((0.25, 0.25, 0.25, 0.25), (0.5, 0.5))


def network(
    seed: int = 0,
    factors: bool = True,
    lookback: int = 8,
    horizon: int = 3,
    n_channels: int = 2,
    config: ModelConfig = SMALL,
) -> Network:
    """A small network with a cyclic factor of four classes and a plain one of two, in evaluation mode."""
    kinds, frequencies = (KINDS, FREQUENCIES) if factors else ((), ())
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Network(Dimensions(lookback, horizon, n_channels, kinds, frequencies), config).eval()


@dataclass(frozen=True, eq=False)
class Tensors:
    """A window source over tensors in memory."""

    x: torch.Tensor
    y: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.x)

    def batch(self, index: torch.Tensor) -> Batch:
        """Windows at ``index``."""
        return Batch(self.x[index], self.y[index], self.labels[index])


def turning(n: int = 200, seed: int = 0, missing: float = 0.0, factors: bool = True) -> Tensors:
    """Windows of 8 steps and 2 channels, 3 steps ahead: a wave whose phase is class 1 and whose sign is class 2.

    ``missing`` is the share of values that are NaN and of labels that are -1.
    """
    draw = torch.Generator().manual_seed(seed)
    phase, sign = torch.randint(0, 4, (n,), generator=draw), torch.randint(0, 2, (n,), generator=draw)
    angle = torch.pi / 4 * torch.arange(11) + torch.pi / 2 * phase[:, None]
    waves = torch.stack([angle.cos(), (2 * sign - 1)[:, None] * angle.sin()], dim=2)
    waves = waves + 0.2 * torch.randn(waves.shape, generator=draw)
    labels = torch.stack([phase, sign], dim=1)[:, : 2 if factors else 0]
    waves[torch.rand(waves.shape, generator=draw) < missing] = torch.nan
    labels[torch.rand(labels.shape, generator=draw) < missing] = -1
    return Tensors(waves[:, :8], waves[:, 8:], labels)
