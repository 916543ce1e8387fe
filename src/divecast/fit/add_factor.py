"""Teaches a fitted model a factor from a few labelled windows, without a change of the network."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from divecast._device import own_random_state
from divecast._text import plural
from divecast.data import Label, Vocabulary, Windows, encode_labels, fit_vocabularies
from divecast.data.parts import whole
from divecast.errors import ConfigError, DataError, warn_data
from divecast.inference.added_factor import AddedFactor, infer_block, path_of
from divecast.inference.fitted_model import FittedModel, PartName
from divecast.losses.label_terms import label_terms
from divecast.losses.objective import marginal_objective
from divecast.model.marginal import RBFBlocks
from divecast.train.optimiser import AdamW

# Our choices, for some fifty examples.
_STEPS, _BATCH, _RATE, _DECAY, _CLIP = 300, 64, 3e-3, 0.02, 1.0
_FEW = 5  # windows of a class


def add_factor(fitted: FittedModel, data: Any, factor: Label, part: PartName) -> FittedModel:
    """Return the model with a further factor; its network is the same object.

    Raises:
        ConfigError: the model has a column of this name, or the label differs by series.
        DataError: there are no windows with labels, or these have a single class.
    """
    check_addable(fitted, factor)
    source = fitted.source(data, labels=(factor,))
    rows = fitted.part_of(source, part)
    windows = fitted.without_outliers(fitted.windows_of(source, rows, "encode"))
    source = windows.source
    (vocabulary,) = fit_vocabularies(source, [factor], rows or whole(source))
    labels = encode_labels(source, [factor], [vocabulary])[windows.origins - 1, 0].astype(np.int64)
    added = learn_factor(fitted, factor, vocabulary, windows, labels)
    return replace(fitted, added=(*fitted.added, added))


def learn_factor(
    fitted: FittedModel,
    factor: Label,
    vocabulary: Vocabulary,
    windows: Windows,
    labels: NDArray[np.int64],
    balanced: bool = False,
) -> AddedFactor:
    """Learn to infer a further label.

    Args:
        fitted: the model, which does not change.
        factor: the label.
        vocabulary: its classes.
        windows: the windows.
        labels: (window,) class index of each, -1 where missing.
        balanced: whether all classes are drawn equally often, and get their frequencies afterwards, so that one of few
            windows among many others is learned.

    Raises:
        DataError: no window has a label.
    """
    known = np.flatnonzero(labels >= 0)
    if not len(known):
        raise DataError(f"No window ends at a row with a label {factor.name!r}", argument="labels")
    counts = np.bincount(labels[known], minlength=vocabulary.n_classes)
    rare = [name for name, n in zip(vocabulary.classes, counts, strict=True) if n < _FEW]
    if rare:
        classes = ", ".join(rare[:8])
        warn_data(f"{plural(len(rare), 'class')} of {factor.name!r} with fewer than {_FEW} labelled windows: {classes}")
    n_classes = vocabulary.n_classes
    learned = replace(vocabulary, frequencies=(1 / n_classes,) * n_classes) if balanced else vocabulary
    path = path_of(fitted.dimensions, fitted.config, learned, fitted.network, fitted.provenance.plan.seed)
    path = path.to(fitted.device)
    with own_random_state(fitted.provenance.plan.seed):
        _train(fitted, path, windows.subset(known), labels[known], balanced)
    if balanced:
        (mixture,) = path.prior.mixtures()
        mixture.log_pi.copy_(torch.tensor(vocabulary.frequencies, dtype=torch.float64).log())
    return AddedFactor(factor, vocabulary, path.eval(), len(known))


def check_addable(fitted: FittedModel, factor: Label) -> None:
    """Refuse a factor that a model cannot learn later.

    Raises:
        ConfigError: the model has a column of this name, or the label differs by series.
    """
    plan = fitted.provenance.plan
    taken = [each.name for each in (*fitted.known_factors, *plan.covariates, *(added.factor for added in fitted.added))]
    if factor.name in taken:
        raise ConfigError(f"The model has a factor or covariate {factor.name!r} already", argument="labels")
    if factor.per_series:
        raise ConfigError("A label that differs by series has no block of the code", argument="labels")


def _train(fitted: FittedModel, path: RBFBlocks, windows: Windows, labels: NDArray[np.int64], balanced: bool) -> None:
    parameters, weights = [*path.parameters()], fitted.provenance.plan.losses
    optimiser = AdamW(parameters, lr=_RATE, weight_decay=_DECAY)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=_STEPS)
    shares = torch.from_numpy(1.0 / np.bincount(labels)[labels])
    path.train()
    for _ in range(_STEPS):
        chosen = torch.multinomial(shares, _BATCH, True) if balanced else torch.randperm(len(windows))[:_BATCH]
        batch = windows.batch(chosen).to(fitted.device)
        true = torch.from_numpy(labels[chosen.numpy()])[:, None].to(fitted.device)
        posterior = infer_block(path, batch)
        kl, entropy = label_terms(path, posterior, path.draw(posterior, sample=True), true)
        optimiser.zero_grad()
        marginal_objective(kl.sum(1), entropy.sum(1), weights).backward()
        nn.utils.clip_grad_norm_(parameters, _CLIP)
        optimiser.step()
        rate.step()
