"""Surprise of the labels of a window under the class posteriors inferred from its values."""

import torch
from torch import Tensor


def label_surprise(log_posteriors: tuple[Tensor, ...], given: Tensor) -> Tensor:
    """Return -log p(given class | x), nats, (batch, factor); NaN where there is no label.

    Args:
        log_posteriors: (batch, class) of each factor.
        given: (batch, factor) classes, -1 where missing.
    """
    columns = [
        torch.where(label >= 0, -log_p.gather(1, label.clamp(min=0)[:, None])[:, 0], torch.nan)
        for log_p, label in zip(log_posteriors, given.T, strict=False)
    ]
    return torch.stack(columns, dim=1) if columns else torch.empty(len(given), 0)
