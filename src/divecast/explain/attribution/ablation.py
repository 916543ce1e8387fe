"""The code with parts of it set to their prior mean.

Part i of a code is the block of factor i with its class probabilities, which the forecaster's linear path reads as
covariates; a is the part after the last factor.
"""

from collections.abc import Collection

import torch
from torch import Tensor

from divecast.model.network import Network
from divecast.types import Code


def n_parts(network: Network) -> int:
    """Parts of a code: one a factor, and a if it has dimensions."""
    return network.n_factors + (network.n_conditional > 0)


def prior_mean(network: Network, n: int) -> Code:
    """Return the mean of the prior, ``n`` times: a at 0, each block at its mixture's mean, classes by frequency.

    Where b is the class itself, one-hot, its mean is the label frequencies.
    """
    path, b = network.marginal, network.marginal.prior_mean
    a = torch.zeros(n, network.n_conditional, device=b.device)
    return Code(a, b.expand(n, -1), tuple(pi.expand(n, -1) for pi in path.frequencies))


def replaced(code: Code, other: Code, sizes: list[int], parts: Collection[int]) -> Code:
    """Return a code with some parts of another.

    With a joint prior of pairs (``CodeConfig.prior``) the partner of a replaced factor keeps its class probabilities:
    one part changes at a time.

    Args:
        code: the one.
        other: the other, of as many windows.
        sizes: dimensions of each factor's block of b.
        parts: numbers of the parts to take from the other.
    """
    own, theirs = (z.b.split(sizes, dim=1) if sizes else () for z in (code, other))
    blocks = _chosen(own, theirs, parts)
    return Code(
        other.a if len(sizes) in parts else code.a,
        torch.cat(blocks, dim=1) if blocks else code.b,
        _chosen(code.classes, other.classes, parts),
    )


def _chosen(own: tuple[Tensor, ...], theirs: tuple[Tensor, ...], parts: Collection[int]) -> tuple[Tensor, ...]:
    return tuple(pair[i in parts] for i, pair in enumerate(zip(own, theirs, strict=True)))
