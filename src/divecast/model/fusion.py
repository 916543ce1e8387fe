"""Fusion of a with one token per factor: cross-attention, and the plainer ways it is compared with.

The paper names cross-attention; this form is our choice: a factor's token is the sum of its class vectors weighted by
the class posterior, plus a projection of its block of b.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from divecast.config import DecoderConfig
from divecast.model.blocks import Residual
from divecast.types import Code


class FactorToken(nn.Module):
    """One factor's token.

    Args:
        n_classes: classes of the factor.
        dims: dimensions of its block of b.
        width: width of the token.
    """

    def __init__(self, n_classes: int, dims: int, width: int) -> None:
        super().__init__()
        self.class_vectors = nn.Parameter(torch.randn(n_classes, width) / width**0.5)
        self.project = nn.Linear(dims, width)

    def forward(self, probabilities: Tensor, block: Tensor) -> Tensor:
        """Map (batch, class) and (batch, dim) to (batch, width)."""
        token: Tensor = probabilities @ self.class_vectors + self.project(block)
        return token


class ConstantQuery(nn.Module):
    """The question where there is no a to ask it: the same for all windows.

    Args:
        width: width of the token.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.randn(width) / width**0.5)

    def forward(self, a: Tensor) -> Tensor:
        """Map (batch, 0) to (batch, width)."""
        return self.token.expand(len(a), -1)


class CrossAttention(nn.Module):
    """a asks (query), the factors' tokens answer (key and value).

    Args:
        width: width of the tokens and of the result.
        n_heads: attention heads.
    """

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width)

    def forward(self, asking: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Map (batch, width) and (batch, factor, width) to (batch, width); weights sum to 1 over the factors."""
        batch, factors, width = tokens.shape
        query = self.query(asking).view(batch, self.n_heads, 1, -1)
        key, value = (
            half.view(batch, factors, self.n_heads, -1).transpose(1, 2)
            for half in self.key_value(tokens).chunk(2, dim=-1)
        )
        weights = ((query * key).sum(-1) * key.shape[-1] ** -0.5).softmax(dim=-1)
        attended = (weights[..., None] * value).sum(2).reshape(batch, width)
        return self.out(attended), weights


class Gating(nn.Module):
    """Every factor's token times a gate between 0 and 1 that a opens.

    Args:
        width: width of the tokens and of the result.
        n_factors: tokens.
    """

    def __init__(self, width: int, n_factors: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, n_factors)
        self.out = nn.Linear(width, width)

    def forward(self, asking: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Map (batch, width) and (batch, factor, width) to (batch, width); weights are the gates, one head."""
        gates = self.gate(asking).sigmoid()
        return self.out((gates[..., None] * tokens).sum(1)), gates[:, None]


class Concatenation(nn.Module):
    """a and all tokens side by side through one linear map; there are no weights to read.

    Args:
        width: width of the tokens and of the result.
        n_factors: tokens.
    """

    def __init__(self, width: int, n_factors: int) -> None:
        super().__init__()
        self.out = nn.Linear((1 + n_factors) * width, width)

    def forward(self, asking: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Map (batch, width) and (batch, factor, width) to (batch, width); weights have no head."""
        joined = torch.cat([asking, tokens.flatten(1)], dim=1)
        return self.out(joined), asking.new_zeros(len(asking), 0, tokens.shape[1])


class Fusion(nn.Module):
    """Fuse a and b into one vector, keeping the weights of the factors.

    Args:
        n_conditional: dimensions of a.
        n_classes: classes of each factor; none leaves a feed-forward map of a.
        block_sizes: dimensions of each factor's block of b.
        config: how and how wide.
    """

    def __init__(
        self, n_conditional: int, n_classes: Sequence[int], block_sizes: Sequence[int], config: DecoderConfig
    ) -> None:
        super().__init__()
        width = config.token_width
        self.block_sizes = list(block_sizes)
        self.query_token = nn.Linear(n_conditional, width) if n_conditional else ConstantQuery(width)
        self.tokens = nn.ModuleList([FactorToken(k, d, width) for k, d in zip(n_classes, block_sizes, strict=True)])
        self.join = _join(config, len(block_sizes)) if block_sizes else None
        self.deep = Residual(width, 0.0)

    def forward(self, code: Code) -> tuple[Tensor, Tensor]:
        """Return the fused code, (batch, width), and the factors' weights, (batch, head, factor)."""
        asking = self.query_token(code.a)
        if self.join is None:
            return self.deep(asking), asking.new_zeros(len(asking), 0, 0)
        blocks = code.b.split(self.block_sizes, dim=1)
        tokens = torch.stack([t(p, b) for t, p, b in zip(self.tokens, code.classes, blocks, strict=True)], dim=1)
        joined, weights = self.join(asking, tokens)
        return self.deep(asking + joined), weights


def _join(config: DecoderConfig, n_factors: int) -> nn.Module:
    if config.fusion == "attention":
        return CrossAttention(config.token_width, config.n_heads)
    kind = Gating if config.fusion == "gating" else Concatenation
    return kind(config.token_width, n_factors)
