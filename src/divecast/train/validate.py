"""The loss terms on windows that were not learned from."""

import torch
from torch import Tensor

from divecast.config import LossConfig, Monitor
from divecast.model.network import Network
from divecast.train.label_terms import label_terms
from divecast.train.objective import conditional_terms
from divecast.train.turn import TERMS
from divecast.types import WindowSource


def validate(network: Network, windows: WindowSource, batch_size: int, device: torch.device) -> dict[str, float]:
    """Return the mean of every loss term, nats a window, at the mean code with known labels handed over."""
    network.eval()
    total: Tensor | None = None
    with torch.no_grad():
        for index in torch.arange(len(windows)).split(batch_size):
            batch = windows.batch(index).to(device)
            marginal = network.marginal_code(batch.x, batch.labels, sample=False)
            outputs = network.complete(batch.x, marginal, sample=False)
            terms = (
                *conditional_terms(outputs, batch),
                *(
                    term.sum(1)
                    for term in label_terms(network.marginal, marginal.posterior, marginal.draw, batch.labels)
                ),
            )
            sums = torch.stack([term.sum() for term in terms]).cpu().double()  # mps has no float64
            total = sums if total is None else total + sums
    if total is None:
        return {}
    return dict(zip(TERMS, (total / len(windows)).tolist(), strict=True))


def monitored_value(valid: dict[str, float], monitor: Monitor, weights: LossConfig) -> float:
    """Return the value early stopping looks at."""
    if monitor == "forecast":
        return valid["forecast"]
    if monitor == "labels":
        return valid["cross_entropy"]
    left_out = ("reconstruction", "conditional_kl") if monitor == "tasks" else ()
    return sum(getattr(weights, name) * value for name, value in valid.items() if name not in left_out)
