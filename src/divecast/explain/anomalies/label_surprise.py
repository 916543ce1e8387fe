"""How surprising the labels of a window are: those read from its values against those given."""

import torch
from torch import Tensor

from divecast.model.marginal import LatentLabels, MarginalPath, RBFBlocks
from divecast.types import ClassPosterior, MarginalPosterior


def log_class_posteriors(path: MarginalPath, posterior: MarginalPosterior) -> tuple[Tensor, ...]:
    """Return the log probability of every class at the mean code, no label told: (batch, class) of each factor.

    Logarithms throughout: a label the values speak against has a probability far below what float32 can hold.

    Args:
        path: where the labels of the code come from; one that infers none gives no factors.
        posterior: its q(b|x).
    """
    if isinstance(path, RBFBlocks):
        return path.prior.log_class_probabilities(posterior.mean)
    if isinstance(path, LatentLabels) and isinstance(posterior, ClassPosterior):
        return path.blocks(posterior.log_probability)
    return ()


def label_surprise(log_posteriors: tuple[Tensor, ...], given: Tensor) -> Tensor:
    """Return -log p(given class | x), nats, (batch, factor); NaN where no label is given.

    Args:
        log_posteriors: (batch, class) of each factor.
        given: (batch, factor) classes, -1 where missing.
    """
    columns = [
        torch.where(label >= 0, -log_p.gather(1, label.clamp(min=0)[:, None])[:, 0], torch.nan)
        for log_p, label in zip(log_posteriors, given.T, strict=False)
    ]
    return torch.stack(columns, dim=1) if columns else torch.empty(len(given), 0)
