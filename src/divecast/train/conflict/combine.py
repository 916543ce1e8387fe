"""The combination of the gradients of several losses."""

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
    """Set the ``grad`` of every parameter to the combined gradient of the losses.

    Args:
        losses: scalars.
        parameters: parameters; the gradient of those that no loss depends on is None.
        combine: ``sum``; ``pcgrad`` removes from each gradient its conflicting part (Yu et al. 2020);
            ``upgrad`` projects each onto the cone where no loss increases, then averages (Quinton and Rey 2024).
        ranks: the gradient of each loss is summed over them before the gradients are combined.

    Raises:
        ConfigError: torchjd is not installed; ``pcgrad`` and ``upgrad`` need it.
    """
    if combine == "sum":
        gradients = torch.autograd.grad(torch.stack(tuple(losses)).sum(), parameters, allow_unused=True)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            # fused AdamW on the CPU ignores strides
            parameter.grad = None if gradient is None else gradient.contiguous()
        ranks.add_gradients(parameters)
        return
    aggregation, autojac = need("torchjd.aggregation"), need("torchjd.autojac")
    aggregator = aggregation.PCGrad() if combine == "pcgrad" else aggregation.UPGrad()
    autojac.backward(losses, inputs=parameters, parallel_chunk_size=1)
    with_jacobians: Sequence[Any] = parameters
    jacobians = ranks.sums([parameter.jac for parameter in with_jacobians])
    for parameter, jacobian in zip(with_jacobians, jacobians, strict=True):
        parameter.jac = jacobian
    autojac.jac_to_grad(parameters, aggregator)
