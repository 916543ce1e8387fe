"""Fusion of a with one token per factor: cross-attention, gating or concatenation.

Wong et al. (2025) use cross-attention; this form of it is our choice: the token of a factor is the sum of its class
vectors weighted by the class posterior, plus a projection of its block of b.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from divecast.config import DecoderConfig
from divecast.model.blocks import Residual
from divecast.types import Code


class FactorToken(nn.Module):
    """The token of a factor.

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
    """The query if there is no a: the same for all windows.

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
    """Cross-attention with a as the query and the factors' tokens as keys and values.

    Args:
        width: width of the tokens and of the result.
        n_heads: number of attention heads.
    """

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width)

    def forward(self, query: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Map (batch, width) and (batch, factor, width) to (batch, width); weights sum to 1 over the factors."""
        batch, factors, width = tokens.shape
        queries = self.query(query).view(batch, self.n_heads, 1, -1)
        key, value = (
            half.view(batch, factors, self.n_heads, -1).transpose(1, 2)
            for half in self.key_value(tokens).chunk(2, dim=-1)
        )
        weights = ((queries * key).sum(-1) * key.shape[-1] ** -0.5).softmax(dim=-1)
        attended = (weights[..., None] * value).sum(2).reshape(batch, width)
        return self.out(attended), weights


class Gating(nn.Module):
    """The sum of the factors' tokens, each times a gate between 0 and 1 computed from a.

    Args:
        width: width of the tokens and of the result.
        n_factors: number of tokens.
    """

    def __init__(self, width: int, n_factors: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, n_factors)
        self.out = nn.Linear(width, width)

    def forward(self, query: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Map (batch, width) and (batch, factor, width) to (batch, width); weights are the gates, one head."""
        gates = self.gate(query).sigmoid()
        return self.out((gates[..., None] * tokens).sum(1)), gates[:, None]


class Concatenation(nn.Module):
    """A linear map of a and all tokens side by side; it has no attention weights.

    Args:
        width: width of the tokens and of the result.
        n_factors: number of tokens.
    """

    def __init__(self, width: int, n_factors: int) -> None:
        super().__init__()
        self.out = nn.Linear((1 + n_factors) * width, width)

    def forward(self, query: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Map (batch, width) and (batch, factor, width) to (batch, width); weights have no head."""
        joined = torch.cat([query, tokens.flatten(1)], dim=1)
        return self.out(joined), query.new_zeros(len(query), 0, tokens.shape[1])


class Fusion(nn.Module):
    """Combines a and b into one vector, and returns the weights of the factors.

    Args:
        n_conditional: dimensions of a.
        n_classes: classes of each factor; without factors, a feed-forward map of a.
        block_sizes: dimensions of each factor's block of b.
        config: kind of fusion and sizes.
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
        """Return the fused code, (batch, width), and the weights of the factors, (batch, head, factor)."""
        query = self.query_token(code.a)
        if self.join is None:
            return self.deep(query), query.new_zeros(len(query), 0, 0)
        blocks = code.b.split(self.block_sizes, dim=1)
        tokens = torch.stack([t(p, b) for t, p, b in zip(self.tokens, code.classes, blocks, strict=True)], dim=1)
        joined, weights = self.join(query, tokens)
        return self.deep(query + joined), weights


def _join(config: DecoderConfig, n_factors: int) -> nn.Module:
    if config.fusion == "attention":
        return CrossAttention(config.token_width, config.n_heads)
    kind = Gating if config.fusion == "gating" else Concatenation
    return kind(config.token_width, n_factors)
