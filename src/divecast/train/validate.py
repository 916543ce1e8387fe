"""Loss terms on the validation windows."""

import torch
from torch import Tensor

from divecast.config import LossConfig, Monitor
from divecast.losses.batch_terms import conditional_terms
from divecast.losses.label_terms import label_terms
from divecast.model.network import Network
from divecast.train.distributed.ranks import ALONE, Ranks
from divecast.train.player_loss import TERMS
from divecast.types import WindowSource

_VALUES_AT_ONCE = 8_000_000  # per batch, 32 MB


def validate(
    network: Network,
    windows: WindowSource,
    batch_size: int,
    device: torch.device,
    index: Tensor | None = None,
    ranks: Ranks = ALONE,
) -> dict[str, float]:
    """Return the mean of every loss term, nats per window, at the mean code with known labels clamped.

    Args:
        network: is left in evaluation mode.
        windows: validation windows, with all channels.
        batch_size: windows per batch; fewer if windows are large, to limit memory.
        device: device of the network.
        index: numbers of the windows to use; all by default.
        ranks: processes that share the windows.
    """
    network.eval()
    total = torch.zeros(len(TERMS), dtype=torch.float64)
    chosen = torch.arange(len(windows)) if index is None else index
    with torch.no_grad():
        for part in ranks.rows(len(chosen)).of(chosen).split(min(batch_size, _max_batch_size(windows))):
            batch = windows.batch(part).to(device)
            marginal = network.marginal_code(batch.x, batch.labels, sample=False)
            outputs = network.complete(batch.x, marginal, sample=False, effects=batch.effects)
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
    (total_of_ranks,) = ranks.sums([total.to(ranks.device)])
    return dict(zip(TERMS, (total_of_ranks / len(chosen)).tolist(), strict=True))


def _max_batch_size(windows: WindowSource) -> int:
    """Return how many windows fit into one batch."""
    if not len(windows):
        return 1
    first = windows.batch(torch.zeros(1, dtype=torch.int64))
    return max(1, _VALUES_AT_ONCE // (first.x.numel() + first.y.numel()))


def monitored_value(valid: dict[str, float], monitor: Monitor, weights: LossConfig) -> float:
    """Return the validation value of early stopping."""
    if monitor == "forecast":
        return valid["forecast"]
    if monitor == "labels":
        return valid["cross_entropy"]
    excluded = ("reconstruction", "conditional_kl") if monitor == "tasks" else ()
    return sum(getattr(weights, name) * value for name, value in valid.items() if name not in excluded)
