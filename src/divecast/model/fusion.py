"""Cross-attention of a (query) with one token per factor (key and value).

The paper names cross-attention; this form is our choice: a factor's token is the sum of its class vectors weighted by
the class posterior, plus a projection of its block of b.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

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


class CrossAttentionFusion(nn.Module):
    """Fuse a and b into one vector, keeping the attention weights.

    Args:
        n_conditional: dimensions of a.
        n_classes: classes of each factor; none leaves a feed-forward map of a.
        block_sizes: dimensions of each factor's block of b.
        width: width of the tokens and of the result.
        n_heads: attention heads.
    """

    def __init__(
        self, n_conditional: int, n_classes: Sequence[int], block_sizes: Sequence[int], width: int, n_heads: int
    ) -> None:
        super().__init__()
        self.block_sizes = list(block_sizes)
        self.n_heads = n_heads
        self.query_token = nn.Linear(n_conditional, width)
        self.tokens = nn.ModuleList([FactorToken(k, d, width) for k, d in zip(n_classes, block_sizes, strict=True)])
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width)
        self.deep = Residual(width, 0.0)

    def forward(self, code: Code) -> tuple[Tensor, Tensor]:
        """Return the fused code, (batch, width), and the attention weights, (batch, head, factor)."""
        asking = self.query_token(code.a)
        batch, width = asking.shape
        if not self.tokens:
            return self.deep(asking), asking.new_zeros(batch, self.n_heads, 0)
        blocks = code.b.split(self.block_sizes, dim=1)
        tokens = torch.stack([t(p, b) for t, p, b in zip(self.tokens, code.classes, blocks, strict=True)], dim=1)
        query = self.query(asking).view(batch, self.n_heads, 1, -1)
        key, value = (
            half.view(batch, len(self.tokens), self.n_heads, -1).transpose(1, 2)
            for half in self.key_value(tokens).chunk(2, dim=-1)
        )
        weights = ((query * key).sum(-1) * key.shape[-1] ** -0.5).softmax(dim=-1)
        attended = (weights[..., None] * value).sum(2).reshape(batch, width)
        return self.deep(asking + self.out(attended)), weights
