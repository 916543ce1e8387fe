"""Raw scores of windows: how unlikely each is under the model, before the comparison with a reference."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.data import Windows
from divecast.explain.anomalies.forecast_errors import STATISTICS, forecast_errors
from divecast.explain.anomalies.label_surprise import label_surprise
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches, labels_for
from divecast.inference.results import Floats
from divecast.losses.label_terms import label_terms
from divecast.losses.terms import normal_kl
from divecast.model.encoder import standard_normal
from divecast.model.marginal import LabelPath
from divecast.types import Batch, Code, MarginalPosterior

CHANNEL_SCORES = (*STATISTICS, "reconstruction")
"""Names of the scores that every channel has."""

_DRAWS, _SEED = 16, 0


@dataclass(frozen=True, eq=False, slots=True)
class WindowScores:
    """Raw scores; NaN where nothing was observed or there is no label.

    Attributes:
        channels: (score, window, channel), scores as in ``CHANNEL_SCORES``: those of ``forecast_errors``, and
            ``reconstruction``, the mean of -log p(x|a,b) over the observed values, nats per value in scaled units.
        rows: (score, window, channel) number of rows before the window's end of ``peak`` and ``jump``, else 0.
        surprise: (window, factor) -log p(given class | x) at the mean code, nats.
        bound: (window,) -log p(x|a,b) at the mean code + KL(q(a,b|x) || p(a,b)), nats per window; where values
            are missing, the likelihood is scaled up to the full number of values.
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
    """Score windows by their own rows alone; nothing after a window's end is used.

    Every window is scored deterministically and independently of the others, up to rounding.
    """
    scored = [_score_batch(fitted, batch) for batch in batches(fitted, windows)]

    def joined(name: str) -> NDArray[Any]:
        return torch.cat([getattr(batch, name) for batch in scored]).cpu().numpy()

    errors = forecast_errors(fitted, windows)
    posteriors = zip(*(batch.log_posteriors for batch in scored), strict=True)
    return WindowScores(
        channels=np.concatenate([errors.scores, joined("reconstruction")[None]]),
        rows=np.pad(errors.rows, ((0, 1), (0, 0), (0, 0))),
        surprise=joined("surprise"),
        bound=joined("bound"),
        inferred=joined("inferred"),
        probability=joined("probability"),
        given=joined("given"),
        log_posteriors=tuple(torch.cat(log_p).cpu().numpy() for log_p in posteriors),
    )


def marginal_kl(path: LabelPath, posterior: MarginalPosterior) -> Tensor:
    """Return KL(q(b|x) || p(b)) without labels, nats, (batch,); 0 if no labels are inferred.

    The KL of a mixture has no closed form. It is estimated from antithetic pairs of standard normal draws, the same for
    every window, so that no window scores high by chance.

    Args:
        path: the label path.
        posterior: its q(b|x).
    """
    mean, sd = posterior.mean, posterior.stddev
    unknown = torch.full((len(mean), len(path.block_sizes)), -1, device=mean.device)
    drawn = torch.randn(_DRAWS, mean.shape[1], generator=torch.Generator().manual_seed(_SEED)).to(mean)
    terms = [label_terms(path, posterior, mean + sd * draw, unknown)[0].sum(1) for draw in torch.cat([drawn, -drawn])]
    return torch.stack(terms).mean(0)


@dataclass(frozen=True, eq=False, slots=True)
class _BatchScores:
    """The fields of ``WindowScores`` that need no earlier forecast, for one batch; reconstruction (batch, channel)."""

    reconstruction: Tensor
    surprise: Tensor
    bound: Tensor
    inferred: Tensor
    probability: Tensor
    given: Tensor
    log_posteriors: tuple[Tensor, ...]


@torch.inference_mode()
def _score_batch(fitted: FittedModel, batch: Batch) -> _BatchScores:
    network, unknown = fitted.network, labels_for(batch.labels, "infer")
    marginal = network.marginal_code(batch.x, unknown, sample=False)
    q_a = network.infer_conditional(batch.x, marginal.b, batch.effects)
    code = Code(q_a.loc, marginal.b, marginal.classes)
    surprisal = -network.reconstruct(code, batch.effects).log_prob(batch.x)
    kl = normal_kl(q_a, standard_normal(q_a)) + marginal_kl(network.marginal, marginal.posterior)
    posteriors = network.marginal.log_class_probabilities(marginal.posterior)
    given = batch.labels[:, : len(posteriors)]
    best = torch.stack([log_p.max(dim=1).values for log_p in posteriors], 1) if posteriors else surprisal[:, :0, 0]
    return _BatchScores(
        reconstruction=surprisal.nanmean(1),
        surprise=label_surprise(posteriors, given),
        bound=surprisal.flatten(1).nanmean(1) * surprisal[0].numel() + kl,
        inferred=torch.stack([log_p.argmax(dim=1) for log_p in posteriors], 1) if posteriors else given,
        probability=best.exp(),
        given=given,
        log_posteriors=posteriors,
    )
