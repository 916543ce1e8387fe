"""The whole DeepDIVE network: inference, clamping of known labels, generation."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from divecast.config import ModelConfig
from divecast.model.centres import FactorKind
from divecast.model.decoder import Decoder
from divecast.model.encoder import ConditionalEncoder, MarginalEncoder
from divecast.model.forecaster import Forecaster
from divecast.model.fusion import CrossAttentionFusion
from divecast.model.prior import MarginalPrior
from divecast.model.ridge import Pairs
from divecast.types import Code, Outputs, Posteriors


@dataclass(frozen=True, slots=True)
class Dimensions:
    """What the data fix of a network.

    Attributes:
        lookback: steps of a window.
        horizon: steps ahead.
        n_channels: channels.
        kinds: kind of each factor.
        frequencies: label frequencies of each factor in the training part.
        pairs: factors whose joint classes the linear path knows.
    """

    lookback: int
    horizon: int
    n_channels: int
    kinds: tuple[FactorKind, ...] = ()
    frequencies: tuple[tuple[float, ...], ...] = ()
    pairs: Pairs = ()

    @property
    def n_classes(self) -> tuple[int, ...]:
        """Classes of each factor."""
        return tuple(len(pi) for pi in self.frequencies)


@dataclass(frozen=True, slots=True)
class MarginalCode:
    """The marginal half of the code.

    Attributes:
        posterior: q(b|x), a normal of (batch, marginal).
        draw: (batch, marginal) a draw from it, or its mean.
        b: (batch, marginal) the draw with given labels put in.
        classes: for each factor its class probabilities, (batch, class).
    """

    posterior: Normal
    draw: Tensor
    b: Tensor
    classes: tuple[Tensor, ...]


class Network(nn.Module):
    """DeepDIVE (Wong et al. 2025): q(b|x), q(a|x,b), RBF prior, fusion, decoder, forecaster.

    Args:
        dimensions: what the data fix.
        config: every other size.
    """

    def __init__(self, dimensions: Dimensions, config: ModelConfig) -> None:
        super().__init__()
        time, channels, code, decoder = dimensions.lookback, dimensions.n_channels, config.code, config.decoder
        self.prior = MarginalPrior(dimensions.kinds, dimensions.frequencies, code)
        dims = self.prior.dims
        self.marginal = MarginalEncoder(time, channels, dims, config.encoder) if dims else None
        self.conditional = ConditionalEncoder(time, channels, dims, code.n_conditional, config.encoder)
        self.fusion = CrossAttentionFusion(
            code.n_conditional, dimensions.n_classes, self.prior.block_sizes, decoder.token_width, decoder.n_heads
        )
        self.decoder = Decoder(time, channels, decoder)
        self.forecaster = Forecaster(
            (time, dimensions.horizon, channels), dimensions.n_classes, dimensions.pairs, decoder
        )

    def infer_marginal(self, x: Tensor) -> Normal:
        """Return q(b|x), a normal of (batch, marginal); without factors it has no dimensions."""
        if self.marginal is None:
            empty = x.new_zeros(len(x), 0)
            return Normal(empty, empty, validate_args=False)
        posterior: Normal = self.marginal(x)
        return posterior

    def infer_conditional(self, x: Tensor, b: Tensor) -> Normal:
        """Return q(a|x,b), a normal of (batch, conditional)."""
        posterior: Normal = self.conditional(x, b)
        return posterior

    def clamp(self, b: Tensor, labels: Tensor, noise: bool) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Put the given classes into b.

        Args:
            b: (batch, marginal), as inferred.
            labels: (batch, factor) class to hand over, -1 keeps what was inferred.
            noise: draw the clamped block from f_k rather than take its centre.

        Returns:
            b with the clamped blocks at their class, and the class probabilities of each factor, (batch, class).
        """
        blocks, classes = [], []
        for i, (mixture, block) in enumerate(zip(self.prior.mixtures(), self.prior.blocks(b), strict=True)):
            label = labels[:, i]
            known = (label >= 0)[:, None]
            given = mixture.component(label.clamp(min=0))
            value = given.loc + given.scale * torch.randn_like(given.scale) if noise else given.loc
            one_hot = nn.functional.one_hot(label.clamp(min=0), mixture.n_classes).to(b.dtype)
            blocks.append(torch.where(known, value, block))
            classes.append(torch.where(known, one_hot, mixture.log_joint(block).softmax(dim=1)))
        return (torch.cat(blocks, dim=1) if blocks else b), tuple(classes)

    def marginal_code(self, x: Tensor, labels: Tensor, sample: bool) -> MarginalCode:
        """Infer b and hand over the labels that are given.

        Args:
            x: (batch, time, channel), scaled units, NaN where missing.
            labels: (batch, factor) classes handed over to the code, -1 where b is to be inferred.
            sample: draw b (with gradients through the draw); else take its mean.
        """
        posterior = self.infer_marginal(x)
        draw = posterior.rsample() if sample else posterior.loc
        b, classes = self.clamp(draw, labels, noise=sample)
        return MarginalCode(posterior, draw, b, classes)

    def complete(self, x: Tensor, marginal: MarginalCode, sample: bool) -> Outputs:
        """Infer a given b, then decode and forecast; the decoder sees the code alone."""
        q_a = self.infer_conditional(x, marginal.b)
        code = Code(q_a.rsample() if sample else q_a.loc, marginal.b, marginal.classes)
        fused, attention = self.fusion(code)
        posteriors = Posteriors(marginal.posterior, q_a)
        return Outputs(posteriors, code, attention, self.decoder(fused), self.forecaster(x, fused, code.classes))

    def forward(self, x: Tensor, labels: Tensor, sample: bool = True) -> Outputs:
        """Run a batch through; arguments as in ``marginal_code``."""
        return self.complete(x, self.marginal_code(x, labels, sample), sample)
