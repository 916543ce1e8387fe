"""The codes that are compared: divecast's, by its public API, and those of the rivals on the same network."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from divecast import (
    CodeConfig,
    DataWarning,
    DecoderConfig,
    DeepDIVE,
    EncoderConfig,
    LossConfig,
    ModelConfig,
    TrainingConfig,
)
from divecast.metrics import entropy, mutual_information
from research.known_truth.rivals import CCVAE, IVAE, BetaTCVAE, Rival, codes, train
from research.known_truth.scores import SplitCode
from research.known_truth.world import LABELS, PARTS, Drawn, Floats, Ints, PartName

BLOCKS = tuple(n - 1 for n in LABELS.values())
"""Dimensions of each label in b: divecast's for plain factors."""
FEW, MANY = 15, 40
"""Numbers of passes."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is chosen on validation windows.

    Attributes:
        n_conditional: dimensions besides those of the labels.
        beta: weight of the KL of a (divecast), or of the total correlation (beta-TCVAE).
        fusion: how divecast combines a and b; a rival has no b to combine.
        passes: passes over the training part.
    """

    n_conditional: int
    beta: float = 1.0
    fusion: Literal["attention", "concatenation", "gating"] = "attention"
    passes: int = FEW


@dataclass(frozen=True, slots=True)
class Gaussians:
    """Means and standard deviations of a part's code, (window, dimension) each."""

    mean: Floats
    sd: Floats

    def taken(self, dims: Ints) -> "Gaussians":
        """Return some of the dimensions."""
        return Gaussians(self.mean[:, dims], self.sd[:, dims])


@dataclass(frozen=True, slots=True)
class Halves:
    """The code of a part, split in two."""

    a: Gaussians
    b: Gaussians

    @property
    def means(self) -> SplitCode:
        """The means of the code."""
        return SplitCode(self.a.mean, self.b.mean)

    def drawn(self, seed: int) -> SplitCode:
        """Return a draw of the code of every window."""
        rng = np.random.default_rng(seed)
        a, b = (each.mean + each.sd * rng.normal(size=each.sd.shape) for each in (self.a, self.b))
        return SplitCode(a.astype(np.float32), b.astype(np.float32))


Codes = dict[PartName, Halves]


def network(setting: Setting) -> ModelConfig:
    """Return the network of all arms but the one with default settings."""
    decoder = DecoderConfig(
        setting.fusion, movement=False, dropout=0.0, n_mixtures=0, depth=0, cycles=False, linear="ridge"
    )
    return ModelConfig(EncoderConfig("recording", width=64), CodeConfig(setting.n_conditional), decoder)


def training(passes: int) -> TrainingConfig:
    """Return how all arms but the one with default settings are trained."""
    return TrainingConfig(epochs=passes, batch_size=64, learning_rate=4e-3, patience=passes, monitor="total")


def with_defaults(drawn: Drawn, setting: Setting, config: TrainingConfig) -> Codes:  # noqa: ARG001  it has its own
    """Return divecast's code with all settings at their defaults."""
    quick = config.n_epochs < FEW
    return _fitted(drawn, DeepDIVE(drawn.world.horizon, training=config if quick else None))


def divecast(drawn: Drawn, setting: Setting, config: TrainingConfig) -> Codes:
    """Return divecast's code."""
    losses = LossConfig(conditional_kl=setting.beta)
    return _fitted(drawn, DeepDIVE(drawn.world.horizon, model=network(setting), training=config, losses=losses))


def beta_tcvae(drawn: Drawn, setting: Setting, config: TrainingConfig) -> Codes:
    """Return beta-TCVAE's code, with the dimensions for the labels that tell them best."""
    shape, dims, n_data = _shape(drawn), _dims(setting), len(drawn.rows("train"))
    return _by_information(
        drawn, _trained(drawn, lambda: BetaTCVAE(shape, dims, network(setting), setting.beta, n_data), config)
    )


def ivae(drawn: Drawn, setting: Setting, config: TrainingConfig) -> Codes:
    """Return iVAE's code, which is told the labels, with the dimensions for the labels that tell them best."""
    shape, dims = _shape(drawn), _dims(setting)
    return _by_information(drawn, _trained(drawn, lambda: IVAE(shape, dims, network(setting)), config))


def ccvae(drawn: Drawn, setting: Setting, config: TrainingConfig) -> Codes:
    """Return CCVAE's code; its first dimensions are those of the labels."""
    labels, shape = drawn.labels[drawn.rows("train")], _shape(drawn)
    counts = [np.bincount(column, minlength=n) for column, n in zip(labels.T, LABELS.values(), strict=True)]
    frequencies = [(each / each.sum()).tolist() for each in counts]
    rival = _trained(drawn, lambda: CCVAE(shape, _dims(setting), network(setting), BLOCKS, frequencies), config)
    dims = np.arange(_dims(setting))
    return _split(rival, dims[: sum(BLOCKS)], dims[sum(BLOCKS) :])


Arm = Callable[[Drawn, Setting, TrainingConfig], Codes]
ARMS: dict[str, Arm] = {
    "divecast, defaults": with_defaults,
    "divecast": divecast,
    "beta-TCVAE": beta_tcvae,
    "CCVAE": ccvae,
    "iVAE": ivae,
}
TRIED: dict[str, tuple[Setting, ...]] = {
    "divecast, defaults": (Setting(16),),
    "divecast": (Setting(16, 4.0), Setting(2), Setting(16, 4.0, "gating"), Setting(16, 2.0, "gating")),
    "beta-TCVAE": (Setting(2, 4.0), Setting(16, 4.0)),
    "CCVAE": (Setting(2), Setting(16)),
    "iVAE": (Setting(2), Setting(16)),
}
"""Settings from which one is chosen on validation windows."""
LONGER = {
    "divecast": Setting(16, 4.0, "gating", MANY),
    "beta-TCVAE": Setting(16, 4.0, passes=MANY),
    "CCVAE": Setting(16, passes=MANY),
    "iVAE": Setting(16, passes=MANY),
}
"""The same with more passes, to see what they add; they are not chosen."""


def label_dimensions(code: Floats, labels: Ints, n: int) -> Ints:
    """Return the ``n`` dimensions with the most information about the labels, each in shares of its entropy."""
    told, wide = np.zeros(code.shape[1]), code.astype(np.float64)
    for column in labels.T:
        told += [mutual_information(wide[:, [at]], column) / entropy(column) for at in range(code.shape[1])]
    return np.sort(np.argsort(-told, kind="stable")[:n])


def _fitted(drawn: Drawn, unset: DeepDIVE) -> Codes:
    model = unset.set_params(lookback=drawn.world.lookback, factors=list(LABELS), seed=drawn.world.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        model.fit(drawn.recordings(), split=drawn.split, progress=False)
        found: Codes = {}
        for part in _read():
            said = model.encode(drawn.part_windows(part))
            b = (np.concatenate(each, axis=1) for each in (said.b_mean, said.b_sd))
            found[part] = Halves(Gaussians(said.a_mean, said.a_sd), Gaussians(*b))
    return found


def _trained(drawn: Drawn, build: Callable[[], Rival], config: TrainingConfig) -> dict[PartName, Gaussians]:
    data = {part: (drawn.windows(part), drawn.labels[drawn.rows(part)]) for part in PARTS}
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(drawn.world.seed)
        rival = build()
    train(rival, data["train"], data["valid"], config, drawn.world.seed)
    return {part: Gaussians(*codes(rival, *data[part])) for part in _read()}


def _by_information(drawn: Drawn, found: dict[PartName, Gaussians]) -> Codes:
    chosen = label_dimensions(found["valid"].mean, drawn.labels[drawn.rows("valid")], sum(BLOCKS))
    return _split(found, chosen, np.setdiff1d(np.arange(found["valid"].mean.shape[1]), chosen))


def _split(found: dict[PartName, Gaussians], b: Ints, a: Ints) -> Codes:
    return {part: Halves(code.taken(a), code.taken(b)) for part, code in found.items()}


def _read() -> tuple[PartName, ...]:
    return ("valid", "test")


def _shape(drawn: Drawn) -> tuple[int, int]:
    return drawn.world.lookback, drawn.world.n_channels


def _dims(setting: Setting) -> int:
    return setting.n_conditional + sum(BLOCKS)
