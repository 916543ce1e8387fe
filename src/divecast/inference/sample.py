"""Samples of windows and futures from the prior."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from divecast._device import own_random_state
from divecast.data.labels.class_names import class_place
from divecast.data.tables.frames import default_backend
from divecast.errors import ConfigError
from divecast.inference.fitted_model import FittedModel
from divecast.inference.results import Floats, Samples
from divecast.types import Code


def sample_windows(fitted: FittedModel, n: int, classes: Mapping[str, str], noise: bool, seed: int) -> Samples:
    """Draw windows and futures; see ``DeepDIVE.sample``.

    Raises:
        ConfigError: there is no such factor or class.
    """
    unknown = [name for name in classes if name not in fitted.factor_names]
    if unknown:
        raise ConfigError(
            f"The model has no factor {unknown[0]!r}",
            hint=f"Choose among {', '.join(fitted.factor_names)}" if fitted.factor_names else None,
            argument="classes",
        )
    generator = np.random.default_rng(seed)
    columns, names = [], {}
    for vocabulary in fitted.vocabularies:
        frequencies = np.array(vocabulary.frequencies)
        indices = generator.choice(len(frequencies), n, p=frequencies / frequencies.sum())
        if vocabulary.name in classes:
            indices = np.full(n, class_place(vocabulary.name, vocabulary.classes, classes[vocabulary.name]))
        columns.append(torch.from_numpy(indices))
        names[vocabulary.name] = np.array(vocabulary.classes, dtype=object)[indices]
    labels = torch.stack(columns, dim=1) if columns else torch.empty(n, 0, dtype=torch.int64)
    with own_random_state(seed):
        x, y = sample_prior(fitted, labels.to(fitted.device), noise)
    return Samples(fitted.channels, x, y, names, default_backend())


@torch.no_grad()
def sample_prior(fitted: FittedModel, labels: Tensor, noise: bool) -> tuple[Floats, Floats]:
    """Draw windows and futures of given classes, in original units.

    Args:
        fitted: the model.
        labels: (sample, factor) label indices.
        noise: whether to sample from the likelihoods, or to take their means.

    Returns:
        Windows, (sample, time, channel), and futures, (sample, horizon, channel).
    """
    network = fitted.network
    b, classes = network.marginal.b_of_labels(labels[:, : network.n_factors], noise=True)
    a = torch.randn(len(labels), network.n_conditional, device=labels.device)
    fused, _ = network.fusion(Code(a, b, classes))
    window = network.decoder(fused)
    x = window.sample() if noise else window.mean
    future = network.forecaster(x, fused, classes)
    return fitted.original(x), fitted.original(future.sample() if noise else future.mean)
