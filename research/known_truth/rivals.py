"""The rivals: their objectives on the encoder and decoder of divecast's network, and the loop that trains them."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from divecast import CodeConfig, ModelConfig, TrainingConfig
from divecast.losses import negative_log_likelihood
from divecast.model import Dimensions, Network
from divecast.types import Code
from research.known_truth.objectives import Classified, beta_tcvae, ccvae, ivae
from research.known_truth.world import LABELS, Floats, Ints

N_DRAWS = 100  # of z for CCVAE's q(y|x), as in the authors' code
_WIDTH = 64  # of iVAE's map from labels to its prior


class Rival(nn.Module, ABC):
    """A code of ``dims`` dimensions, encoder and decoder those of divecast's network without labels.

    Args:
        shape: rows and channels of a window.
        dims: dimensions of the code.
        config: settings of the network.
    """

    def __init__(self, shape: tuple[int, int], dims: int, config: ModelConfig) -> None:
        super().__init__()
        self.network = Network(Dimensions(shape[0], 1, shape[1]), _without_labels(config, dims))

    def infer(self, x: Tensor, labels: Tensor) -> Normal:  # noqa: ARG002  one of the rivals is told them
        """Return the posterior of the code of windows, (batch, dim)."""
        return self.network.infer_conditional(x, x.new_zeros(len(x), 0))

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """Return log p(x|z), (batch,)."""
        return -negative_log_likelihood(self.network.reconstruct(Code(z, z.new_zeros(len(z), 0), ())), x)

    @abstractmethod
    def loss(self, x: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of windows, (batch,)."""


class BetaTCVAE(Rival):
    """The objective of Chen et al. 2018; arguments as ``Rival``, its weight, and the number of training windows."""

    def __init__(self, shape: tuple[int, int], dims: int, config: ModelConfig, beta: float, n_data: int) -> None:
        super().__init__(shape, dims, config)
        self.beta, self.n_data = beta, n_data

    def loss(self, x: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of windows, (batch,)."""
        q = self.infer(x, labels)
        z = q.rsample()
        return beta_tcvae(self.log_likelihood(x, z), q, z, self.beta, self.n_data)


class CCVAE(Rival):
    """The objective of Joy et al. 2021; each label has a block, as many dimensions as divecast's, with linear maps.

    Args:
        shape: rows and channels of a window.
        dims: dimensions of the code; the first are those of the labels.
        config: settings of the network.
        blocks: dimensions of each label.
        frequencies: label frequencies of each label, (class,).
    """

    def __init__(
        self,
        shape: tuple[int, int],
        dims: int,
        config: ModelConfig,
        blocks: Sequence[int],
        frequencies: Sequence[Sequence[float]],
    ) -> None:
        super().__init__(shape, dims, config)
        self.blocks, self.dims = list(blocks), dims
        self.log_frequencies = [torch.tensor(each).log() for each in frequencies]
        sizes = list(zip(LABELS.values(), blocks, strict=True))
        self.classifiers = nn.ModuleList([nn.Linear(size, n) for n, size in sizes])
        self.locs = nn.ParameterList([nn.Parameter(torch.randn(n, size)) for n, size in sizes])
        self.log_scales = nn.ParameterList([nn.Parameter(torch.zeros(n, size)) for n, size in sizes])

    def loss(self, x: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of windows, (batch,)."""
        q = self.infer(x, labels)
        z = q.rsample()
        said = Classified(
            self._log_classes(z, labels), self._log_classes(z.detach(), labels), self._of_draws(q, labels)
        )
        log_label = torch.stack([pi[y] for pi, y in zip(self.log_frequencies, labels.T, strict=True)]).sum(0)
        return ccvae(self.log_likelihood(x, z), q, self._prior(labels), said, log_label)

    def _of_draws(self, q: Normal, labels: Tensor) -> Tensor:
        draws = q.rsample(torch.Size([N_DRAWS])).flatten(0, 1)
        return self._log_classes(draws, labels.repeat(N_DRAWS, 1)).view(N_DRAWS, -1)

    def _log_classes(self, z: Tensor, labels: Tensor) -> Tensor:
        blocks = z[:, : sum(self.blocks)].split(self.blocks, dim=1)
        logits = [classify(block) for classify, block in zip(self.classifiers, blocks, strict=True)]
        said = [-nn.functional.cross_entropy(g, y, reduction="none") for g, y in zip(logits, labels.T, strict=True)]
        return torch.stack(said).sum(0)

    def _prior(self, labels: Tensor) -> Normal:
        rest = self.dims - sum(self.blocks)
        loc = torch.cat([each[y] for each, y in zip(self.locs, labels.T, strict=True)], dim=1)
        scale = torch.cat([each[y] for each, y in zip(self.log_scales, labels.T, strict=True)], dim=1).exp()
        pad = nn.functional.pad
        return Normal(pad(loc, (0, rest)), pad(scale, (0, rest), value=1.0), validate_args=False)


class IVAE(Rival):
    """The objective of Khemakhem et al. 2020: encoder and prior are told the labels; arguments as ``Rival``."""

    def __init__(self, shape: tuple[int, int], dims: int, config: ModelConfig) -> None:
        super().__init__(shape, dims, config)
        n = sum(LABELS.values())
        told = replace(config, code=CodeConfig(n_conditional=dims, labels="given"))
        frequencies = tuple((1.0 / k,) * k for k in LABELS.values())
        plain: Literal["plain"] = "plain"
        kinds = tuple(plain for _ in LABELS)
        sizes = Dimensions(shape[0], 1, shape[1], kinds, frequencies)
        self.network.conditional = Network(sizes, told).conditional
        self.prior = nn.Sequential(nn.Linear(n, _WIDTH), nn.GELU(), nn.Linear(_WIDTH, 2 * dims))

    def infer(self, x: Tensor, labels: Tensor) -> Normal:
        """Return the posterior of the code of windows and their labels, (batch, dim)."""
        return self.network.infer_conditional(x, _one_hot(labels))

    def loss(self, x: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of windows, (batch,)."""
        q = self.infer(x, labels)
        loc, log_scale = self.prior(_one_hot(labels)).chunk(2, dim=1)
        prior = Normal(loc, log_scale.clamp(-6.0, 2.0).exp(), validate_args=False)
        return ivae(self.log_likelihood(x, q.rsample()), q, prior)


def train(
    rival: Rival, fitted: tuple[Floats, Ints], valid: tuple[Floats, Ints], config: TrainingConfig, seed: int
) -> None:
    """Train a rival as divecast trains: AdamW, a warm-up and half a cosine, the weights of the best pass.

    Args:
        rival: to train, in place; it ends in evaluation mode.
        fitted: training windows and labels.
        valid: validation windows and labels.
        config: passes, batch size, learning rate, decay and clipping.
        seed: of batches and draws.
    """
    windows, labels = torch.from_numpy(fitted[0]), torch.from_numpy(fitted[1])
    held_out = torch.from_numpy(valid[0]), torch.from_numpy(valid[1])
    parameters = [*rival.parameters()]
    optimiser = torch.optim.AdamW(_groups(rival, config.weight_decay), lr=config.learning_rate, fused=True)
    per_pass = len(windows) // config.n_batch
    n_steps, step, least, best = per_pass * config.n_epochs, 0, math.inf, {}
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        for _ in range(config.n_epochs):
            rival.train()
            for rows in torch.randperm(len(windows)).split(config.n_batch)[:per_pass]:
                loss = rival.loss(windows[rows], labels[rows]).mean() / windows[0].numel()
                optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(parameters, config.clip)
                for group in optimiser.param_groups:
                    group["lr"] = learning_rate(step, n_steps, config)
                optimiser.step()
                step += 1
            loss_now = _valid_loss(rival, *held_out, config.n_batch)
            if loss_now < least:
                least, best = loss_now, {name: each.clone() for name, each in rival.state_dict().items()}
    rival.load_state_dict(best)
    rival.eval()


@torch.no_grad()
def codes(rival: Rival, windows: Floats, labels: Ints) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the code of windows, (window, dim) each."""
    q = rival.infer(torch.from_numpy(windows), torch.from_numpy(labels))
    return q.loc.numpy(), q.scale.numpy()


def learning_rate(step: int, n_steps: int, config: TrainingConfig) -> float:
    """Return the learning rate of a batch: a linear warm-up, then half a cosine down to nearly 0."""
    warm = max(1, round(config.warmup * n_steps))
    if step < warm:
        return config.learning_rate * (step + 1) / warm
    return config.learning_rate * 0.5 * (1.0 + math.cos(math.pi * (step - warm) / max(1, n_steps - warm)))


@torch.no_grad()
def _valid_loss(rival: Rival, windows: Tensor, labels: Tensor, n_batch: int) -> float:
    rival.eval()
    parts = zip(windows.split(n_batch), labels.split(n_batch), strict=True)
    return float(torch.cat([rival.loss(x, y) for x, y in parts if len(x) == n_batch or len(windows) < n_batch]).mean())


def _groups(rival: Rival, decay: float) -> list[dict[str, object]]:
    layers = {id(m.weight) for m in rival.modules() if isinstance(m, nn.Linear | nn.Conv1d)}
    parameters = [*rival.parameters()]
    return [
        {"params": [p for p in parameters if id(p) in layers], "weight_decay": decay},
        {"params": [p for p in parameters if id(p) not in layers], "weight_decay": 0.0},
    ]


def _one_hot(labels: Tensor) -> Tensor:
    columns = zip(labels.T, LABELS.values(), strict=True)
    return torch.cat([nn.functional.one_hot(column, n) for column, n in columns], dim=1).float()


def _without_labels(config: ModelConfig, dims: int) -> ModelConfig:
    return replace(config, code=CodeConfig(n_conditional=dims, labels="unused"))
