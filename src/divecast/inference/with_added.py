"""Adds to codes and labels those of factors that were added after the fit."""

from dataclasses import replace

import numpy as np
import torch

from divecast.data import Windows, encode_labels
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches, encode_windows, infer_window_labels
from divecast.inference.results import Codes, Floats, Keys, Labels


def encode_all(fitted: FittedModel, windows: Windows) -> Codes:
    """Infer the codes of windows, with the blocks of added factors, whose weight in the fusion is 0."""
    codes = encode_windows(fitted, windows)
    if not fitted.added:
        return codes
    blocks = [_blocks(fitted, windows, number) for number in range(len(fitted.added))]
    unread = np.zeros((*codes.attention.shape[:2], len(blocks)), dtype=np.float32)
    return replace(
        codes,
        factors=(*codes.factors, *(added.vocabulary.name for added in fitted.added)),
        classes=(*codes.classes, *(added.vocabulary.classes for added in fitted.added)),
        b_mean=(*codes.b_mean, *(mean for mean, _, _ in blocks)),
        b_sd=(*codes.b_sd, *(sd for _, sd, _ in blocks)),
        probabilities=(*codes.probabilities, *(probabilities for _, _, probabilities in blocks)),
        attention=np.concatenate([codes.attention, unread], axis=2),
    )


def infer_all_labels(fitted: FittedModel, windows: Windows) -> Labels:
    """Infer the labels of windows, those of added factors too.

    Raises:
        ConfigError: the model infers no labels.
    """
    if not fitted.added:
        return infer_window_labels(fitted, windows)
    if fitted.network.marginal.infers_labels:
        labels = infer_window_labels(fitted, windows)
    else:
        ends = Keys.of(windows.source, windows.origins, windows.segments, range(-1, 0))
        labels = Labels(ends, (), (), (), np.empty((len(windows), 0), dtype=np.int64))
    factors, vocabularies = zip(*((added.factor, added.vocabulary) for added in fitted.added), strict=True)
    given = encode_labels(windows.source, factors, vocabularies, absent_labels=True)[windows.origins - 1]
    return Labels(
        labels.keys,
        (*labels.factors, *(vocabulary.name for vocabulary in vocabularies)),
        (*labels.classes, *(vocabulary.classes for vocabulary in vocabularies)),
        (*labels.probabilities, *(_blocks(fitted, windows, number)[2] for number in range(len(fitted.added)))),
        np.concatenate([labels.given, given.astype(np.int64)], axis=1),
    )


@torch.no_grad()
def _blocks(fitted: FittedModel, windows: Windows, number: int) -> tuple[Floats, Floats, Floats]:
    """Return means, standard deviations and class probabilities of an added factor, (window, ...)."""
    added, rows = fitted.added[number], []
    for batch in batches(fitted, windows):
        posterior = added.infer(batch)
        (probabilities,) = added.path.class_probabilities(posterior.mean)
        rows.append((posterior.mean, posterior.stddev, probabilities))
    means, sds, shares = (torch.cat(column).cpu().numpy() for column in zip(*rows, strict=True))
    return means, sds, shares
