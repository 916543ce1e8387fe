"""A label that a fitted model learns later, from a few windows, against a classifier that learns from the same ones.

python -m research.few_labels.added

The loads of the package, fitted with the factor hour; the weekday becomes a label column of which some rows are known.
The classifier is a softmax head on an encoder of the same sizes, trained as long; as in few_labels, the better of two
dropouts, though here by the test part, to its advantage.
"""

from copy import copy
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from divecast import DeepDIVE, Label, Panel, TrainingConfig, datasets
from divecast.config import EncoderConfig
from divecast.data import encode_labels, fit_vocabularies, split
from divecast.model import ClassEncoder
from research.few_labels.classifiers import DROPOUTS

_STEPS, _BATCH, _RATE, _DECAY = 300, 64, 1e-3, 0.02
_DAYS = np.array(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], dtype=object)


def with_days(panel: Panel, known: np.ndarray | None = None) -> Panel:
    """Return the panel with the weekday as a label, at some rows or all."""
    days = panel.clock.local(np.arange(len(panel.values))).astype("datetime64[D]").astype(np.int64)
    names = _DAYS[(days + 3) % 7]
    if known is not None:
        shown = np.full(len(names), None, dtype=object)
        shown[known] = names[known]
        names = shown
    return replace(panel, labels={"day": names})


def classifier_accuracy(x: Tensor, y: Tensor, test: tuple[Tensor, Tensor], config: EncoderConfig, seed: int) -> float:
    """Return the accuracy on the test windows of a classifier of labelled windows."""
    torch.manual_seed(seed)
    model = ClassEncoder(x.shape[1], x.shape[2], len(_DAYS), config)
    optimiser = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=_DECAY)
    for _ in range(_STEPS):
        chosen = torch.randperm(len(x))[:_BATCH]
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(x[chosen]), y[chosen]).backward()
        optimiser.step()
    with torch.no_grad():
        guessed = torch.cat([model.eval()(part).argmax(1) for part in test[0].split(256)])
    return float((guessed == test[1]).float().mean())


def main() -> None:
    """Print one line per number of labels and seed."""
    panel = datasets.load("loads")
    model = DeepDIVE(24, 168, ["hour"], training=TrainingConfig(epochs=2, window_stride=5)).fit(panel, progress=False)
    fitted, whole = model.fitted_model, with_days(panel)
    train, test = fitted.windows(panel, "train"), fitted.windows(panel, "test", every=7)
    vocabulary = fit_vocabularies(whole, [Label("day")], split(panel, fitted.provenance.split).train)
    truth = encode_labels(whole, [Label("day")], vocabulary)[:, 0].astype(np.int64)
    asked = test.batch(np.arange(len(test))).x, torch.from_numpy(truth[test.origins - 1])
    for n in (28, 56, 112):
        for seed in range(2):
            chosen = np.sort(np.random.default_rng(seed).choice(len(train), n, replace=False))
            rows = train.origins[chosen] - 1
            grown = copy(model)
            grown.add_factor(with_days(panel, rows), "day", "train")
            added = grown.infer_labels(whole, "test", every=7).accuracy()["day"]
            x, y = train.batch(chosen).x, torch.from_numpy(truth[rows])
            configs = [replace(fitted.config.encoder, dropout=dropout) for dropout in DROPOUTS]
            rival = max(classifier_accuracy(x, y, asked, config, seed) for config in configs)
            print(f"{n} labels, seed {seed}: added factor {added:.3f}, classifier {rival:.3f}", flush=True)


if __name__ == "__main__":
    main()
