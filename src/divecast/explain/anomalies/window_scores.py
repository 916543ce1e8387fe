"""How unlikely each window is under the model, before anything is compared with other windows."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.data import Windows
from divecast.explain.anomalies.forecast_errors import STATISTICS, forecast_errors
from divecast.explain.anomalies.label_surprise import label_surprise
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches, handed_labels
from divecast.inference.results import Floats
from divecast.losses.label_terms import label_terms
from divecast.losses.terms import normal_kl
from divecast.model.encoder import standard_normal
from divecast.model.marginal import LabelPath
from divecast.types import Batch, Code, MarginalPosterior

CHANNEL_SCORES = (*STATISTICS, "reconstruction")
"""What is scored channel by channel."""

_DRAWS, _SEED = 16, 0


@dataclass(frozen=True, eq=False, slots=True)
class WindowScores:
    """Raw scores; NaN stands where nothing was observed or no label is given.

    Attributes:
        channels: (part, window, channel), parts as in ``CHANNEL_SCORES``: those of ``forecast_errors``, and
            ``reconstruction``, the mean of -log p(x|a,b) over the observed values, nats a value in scaled units.
        rows: (part, window, channel) how many rows before the end ``peak`` and ``jump`` were found, else 0.
        surprise: (window, factor) -log p(given class | x) at the mean code, nats.
        bound: (window,) -log p(x|a,b) at the mean code + KL(q(a,b|x) || p(a,b)), nats per window; the likelihood
            is scaled to that of all values where some are missing.
        inferred: (window, factor) the most probable class.
        probability: (window, factor) its probability.
        given: (window, factor) the class given, -1 where missing or unknown to the model.
        log_posteriors: for each factor (window, class) log p(class | x) at the mean code, nats.
    """

    channels: Floats
    rows: NDArray[np.int16]
    surprise: Floats
    bound: Floats
    inferred: NDArray[np.int64]
    probability: Floats
    given: NDArray[np.int64]
    log_posteriors: tuple[Floats, ...]


def score_windows(fitted: FittedModel, windows: Windows) -> WindowScores:
    """Score windows by their own rows alone; nothing after a window's end is looked at.

    Every window is scored by itself and without chance: neither the order of the windows nor the size of the batches
    matters but for rounding.
    """
    scored = [_past(fitted, batch) for batch in batches(fitted, windows)]
    columns = [torch.cat(column).cpu().numpy() for column in zip(*scored, strict=True)]
    reconstruction, surprise, bound, inferred, probability, given, *posteriors = columns
    errors, rows = forecast_errors(fitted, windows)
    every = np.concatenate([errors, reconstruction[None]])
    padded = np.pad(rows, ((0, 1), (0, 0), (0, 0)))
    return WindowScores(every, padded, surprise, bound, inferred, probability, given, tuple(posteriors))


def marginal_kl(path: LabelPath, posterior: MarginalPosterior) -> Tensor:
    """Return KL(q(b|x) || p(b)) with no label told, nats, (batch,); 0 where no labels are inferred.

    A mixture's KL has no closed form: it is the mean over standard normals in pairs of both signs, the same for every
    window, so that no window is anomalous by chance.

    Args:
        path: what labels are to the code.
        posterior: its q(b|x).
    """
    mean, sd = posterior.mean, posterior.stddev
    unknown = torch.full((len(mean), len(path.block_sizes)), -1, device=mean.device)
    drawn = torch.randn(_DRAWS, mean.shape[1], generator=torch.Generator().manual_seed(_SEED)).to(mean)
    terms = [label_terms(path, posterior, mean + sd * draw, unknown)[0].sum(1) for draw in torch.cat([drawn, -drawn])]
    return torch.stack(terms).mean(0)


@torch.inference_mode()
def _past(fitted: FittedModel, batch: Batch) -> tuple[Tensor, ...]:
    network, unknown = fitted.network, handed_labels(batch.labels, "infer")
    marginal = network.marginal_code(batch.x, unknown, sample=False)
    q_a = network.infer_conditional(batch.x, marginal.b)
    fused, _ = network.fusion(Code(q_a.loc, marginal.b, marginal.classes))
    surprisal = -network.decoder(fused).log_prob(batch.x)
    kl = normal_kl(q_a, standard_normal(q_a)) + marginal_kl(network.marginal, marginal.posterior)
    bound = surprisal.flatten(1).nanmean(1) * surprisal[0].numel() + kl
    posteriors = network.marginal.log_class_probabilities(marginal.posterior)
    given = batch.labels[:, : len(posteriors)]
    best = torch.stack([log_p.max(dim=1).values for log_p in posteriors], 1) if posteriors else surprisal[:, :0, 0]
    inferred = torch.stack([log_p.argmax(dim=1) for log_p in posteriors], 1) if posteriors else given
    return surprisal.nanmean(1), label_surprise(posteriors, given), bound, inferred, best.exp(), given, *posteriors
