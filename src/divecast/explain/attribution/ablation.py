"""Codes with some components set to their prior mean.

Component i of a code is the block of factor i with its class probabilities, which the linear path of the forecaster
reads as covariates; the component after the last factor is a.
"""

from collections.abc import Collection

import torch
from torch import Tensor

from divecast.model.network import Network
from divecast.types import Code


def n_components(network: Network) -> int:
    """Return the number of components that the forecaster reads: one per factor, and a if it is told of it."""
    return network.n_factors + (network.n_conditional > 0 and network.forecaster_reads_a)


def prior_mean(network: Network, n: int) -> Code:
    """Return ``n`` copies of the prior mean: a at 0, each block at the mean of its mixture, classes by frequency.

    Where b is the one-hot class itself, its mean is the label frequencies.
    """
    path, b = network.marginal, network.marginal.prior_mean
    a = torch.zeros(n, network.n_conditional, device=b.device)
    return Code(a, b.expand(n, -1), tuple(pi.expand(n, -1) for pi in path.frequencies))


def replaced(code: Code, other: Code, sizes: list[int], components: Collection[int]) -> Code:
    """Return a code with some components of another.

    With a joint prior of pairs (``CodeConfig.prior``) the partner of a replaced factor keeps its class probabilities,
    so that one component changes at a time.

    Args:
        code: the code to change.
        other: the code to take from, of as many windows.
        sizes: dimensions of each factor's block of b.
        components: numbers of the components to take.
    """
    own_blocks, other_blocks = (z.b.split(sizes, dim=1) if sizes else () for z in (code, other))
    blocks = _mixed(own_blocks, other_blocks, components)
    return Code(
        other.a if len(sizes) in components else code.a,
        torch.cat(blocks, dim=1) if blocks else code.b,
        _mixed(code.classes, other.classes, components),
    )


def _mixed(own: tuple[Tensor, ...], other: tuple[Tensor, ...], components: Collection[int]) -> tuple[Tensor, ...]:
    return tuple(pair[i in components] for i, pair in enumerate(zip(own, other, strict=True)))
