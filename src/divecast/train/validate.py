"""The loss terms on windows that were not learned from."""

import torch
from torch import Tensor

from divecast.config import LossConfig, Monitor
from divecast.losses.batch_terms import conditional_terms
from divecast.losses.label_terms import label_terms
from divecast.model.network import Network
from divecast.train.distributed.ranks import ALONE, Ranks
from divecast.train.player_loss import TERMS
from divecast.types import WindowSource

_VALUES_AT_ONCE = 8_000_000  # of windows in a batch, 32 MB


def validate(
    network: Network,
    windows: WindowSource,
    batch_size: int,
    device: torch.device,
    index: Tensor | None = None,
    ranks: Ranks = ALONE,
) -> dict[str, float]:
    """Return the mean of every loss term, nats a window, at the mean code with known labels handed over.

    Args:
        network: left in evaluation mode.
        windows: with all channels.
        batch_size: windows at a time; less where windows are so large that memory would grow with them.
        device: of the network.
        index: numbers of the windows to take; by default all.
        ranks: who each take a share of them.
    """
    network.eval()
    total = torch.zeros(len(TERMS), dtype=torch.float64)
    chosen = torch.arange(len(windows)) if index is None else index
    with torch.no_grad():
        for part in ranks.rows(len(chosen)).of(chosen).split(min(batch_size, _affordable(windows))):
            batch = windows.batch(part).to(device)
            marginal = network.marginal_code(batch.x, batch.labels, sample=False)
            outputs = network.complete(batch.x, marginal, sample=False)
            terms = (
                *conditional_terms(outputs, batch),
                *(
                    term.sum(1)
                    for term in label_terms(network.marginal, marginal.posterior, marginal.draw, batch.labels)
                ),
            )
            total += torch.stack([term.sum() for term in terms]).cpu().double()  # mps has no float64
    if not len(chosen):
        return {}
    (everyones,) = ranks.sums([total.to(ranks.device)])
    return dict(zip(TERMS, (everyones / len(chosen)).tolist(), strict=True))


def _affordable(windows: WindowSource) -> int:
    """Return how many windows may be in memory at a time."""
    if not len(windows):
        return 1
    first = windows.batch(torch.zeros(1, dtype=torch.int64))
    return max(1, _VALUES_AT_ONCE // (first.x.numel() + first.y.numel()))


def monitored_value(valid: dict[str, float], monitor: Monitor, weights: LossConfig) -> float:
    """Return the value early stopping looks at."""
    if monitor == "forecast":
        return valid["forecast"]
    if monitor == "labels":
        return valid["cross_entropy"]
    left_out = ("reconstruction", "conditional_kl") if monitor == "tasks" else ()
    return sum(getattr(weights, name) * value for name, value in valid.items() if name not in left_out)
