"""One direction out of the gradients of several losses."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from divecast._optional import need
from divecast.config import Combine
from divecast.train.distributed.ranks import ALONE, Ranks


def combined_gradients(
    losses: Sequence[Tensor], parameters: Sequence[nn.Parameter], combine: Combine, ranks: Ranks = ALONE
) -> None:
    """Set the ``grad`` of every parameter.

    Args:
        losses: scalars.
        parameters: to differentiate by; None is the gradient of those that no loss reaches.
        combine: ``sum``; ``pcgrad`` takes from each gradient what points against another (Yu et al. 2020);
            ``upgrad`` projects each onto the cone where no loss rises, then averages (Quinton and Rey 2024).
        ranks: whose losses add up; each loss's gradient is summed over them before they are combined.

    Raises:
        ConfigError: torchjd is not installed; ``pcgrad`` and ``upgrad`` need it.
    """
    if combine == "sum":
        gradients = torch.autograd.grad(torch.stack(tuple(losses)).sum(), parameters, allow_unused=True)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            # fused AdamW on the CPU reads memory in order, whatever the strides say
            parameter.grad = None if gradient is None else gradient.contiguous()
        ranks.add_gradients(parameters)
        return
    aggregation, autojac = need("torchjd.aggregation"), need("torchjd.autojac")
    aggregator = aggregation.PCGrad() if combine == "pcgrad" else aggregation.UPGrad()
    autojac.backward(losses, inputs=parameters, parallel_chunk_size=1)
    found: Sequence[Any] = parameters
    for parameter, jacobian in zip(found, ranks.sums([each.jac for each in found]), strict=True):
        parameter.jac = jacobian
    autojac.jac_to_grad(parameters, aggregator)
