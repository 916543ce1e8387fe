"""Are windows decoded from a code read as the exercise that they were decoded under? Five folds of people.

    python -m research.decoded.run

Two of the ten people of ``motion`` are the test part of a fold, and two others validate. Judges are trained on real
windows of the other six (``research/what_if/readers.py``). The arm ``closed`` is the movement alone, which needs no
fit and takes seconds; the others are fitted models. Lines that are in research/decoded/results.jsonl are not measured
again. ``python -m research.decoded.page`` turns the lines into docs/decoded.md.
"""

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from divecast import ByGroup, DecoderConfig, DeepDIVE, Label, ModelConfig, Recordings, TrainingConfig
from divecast.data import Part, Windows, WindowShape, encode_labels, fit_scale, fit_vocabularies, split
from divecast.data.datasets import load
from divecast.explain import ClassChange, LabelEffects, what_if_windows
from divecast.inference import FittedModel
from divecast.types import Batch
from research.common import add_run
from research.decoded.variants import CHOSEN, Variant, variants
from research.what_if.readers import (
    CONVOLUTIONS,
    Floats,
    Ints,
    Reading,
    choose,
    train_candidates,
    train_convolutions,
)

OUT = Path(__file__).with_name("results.jsonl")
FOLDS, HORIZON, LOOKBACK, STRIDE = 5, 50, 200, 50
MOVEMENT = {"movement": True, "learned": False}
"""Whether windows are reconstructed as a repeated movement, or by a decoder that is learned."""
ARMS = ("closed", *MOVEMENT)
FACTORS = (Label("exercise"), Label("side"))
_SAMPLES = 30  # of each exercise
_MOST = 400  # test windows of a fitted model that are read
_SEED = 0


@dataclass(frozen=True)
class Real:
    """Real windows of a part.

    Attributes:
        windows: the windows.
        x: (window, time, channel) in scaled units.
        y: (window, horizon, channel) what came after them, NaN where nothing did.
        labels: (window, factor).
    """

    windows: Windows
    x: Floats
    y: Floats
    labels: Ints

    def some(self, n: int) -> "Real":
        """Return ``n`` of the windows, drawn at random."""
        drawn = np.sort(np.random.default_rng(_SEED).permutation(len(self.x))[:n])
        return Real(self.windows.subset(drawn), self.x[drawn], self.y[drawn], self.labels[drawn])

    @classmethod
    def of(cls, fitted: FittedModel, data: Any, part: Any) -> "Real":
        """Gather the windows of a part, every 50 rows."""
        windows = fitted.windows(data, part, every=STRIDE, role="score")
        batch = windows.batch(torch.arange(len(windows)))
        return cls(windows, batch.x.numpy(), batch.y.numpy(), batch.labels.numpy())


def people_of(fold: int, people: np.ndarray) -> dict[str, tuple[str, ...]]:
    """Return validation and test people of a fold."""
    order = np.random.default_rng(0).permutation(people)
    return {"valid": tuple(order[(fold + 1) % FOLDS :: FOLDS]), "test": tuple(order[fold::FOLDS])}


def run(fold: int, arm: str, most_epochs: int | None = None) -> dict[str, Any]:
    """Return what the judges read of an arm on a fold."""
    data = load("motion")
    people = people_of(fold, np.unique(np.asarray(data.labels["subject"])))
    if arm == "closed":
        return {"people": people, **closed(data, ByGroup("subject", **people))}
    model = DeepDIVE(
        HORIZON,
        LOOKBACK,
        ["exercise", "side"],
        model=ModelConfig(decoder=DecoderConfig(movement=MOVEMENT[arm])),
        training=TrainingConfig(window_stride=STRIDE, epochs=most_epochs),
    )
    began = time.process_time()
    model.fit(data, ByGroup("subject", **people), progress=False)
    seconds = time.process_time() - began
    real = {part: Real.of(model.fitted_model, data, part) for part in ("train", "valid", "test")}
    x, labels, few = real["train"].x, real["train"].labels[:, 0], real["test"].some(_MOST)
    judges = train_candidates((x, labels), True, _SEED)
    judges[CONVOLUTIONS] = train_convolutions(x, labels, _SEED)
    return {
        "people": people,
        "windows": len(real["test"].x),
        "core_seconds": round(seconds, 1),
        "real": _shares(judges, few.x, few.labels[:, 0]),
        **_arm(model, real, judges),
    }


def closed(data: Recordings, by: ByGroup) -> dict[str, Any]:
    """Return what the judges read of closed forms; the judge on random convolutions, which takes longer, is no part."""
    parts, began = split(data, by), time.process_time()
    scale = fit_scale(data, parts.train)
    labels = encode_labels(data, FACTORS, fit_vocabularies(data, FACTORS, parts.train))
    shape = WindowShape(LOOKBACK, HORIZON)

    def of(part: Part, role: Literal["fit", "score"]) -> Batch:
        windows = Windows.of(data, part, labels, scale, shape, role, STRIDE)
        return windows.batch(torch.arange(len(windows)))

    batches = {"train": of(parts.train, "fit"), "valid": of(parts.valid, "score"), "test": of(parts.test, "score")}
    train = batches["train"]
    judges = train_candidates((train.x.numpy(), train.labels[:, 0].numpy()), True, _SEED)
    found: dict[str, Any] = {}
    for name, make in variants().items():
        variant = make(train.x, train.labels)
        valid = batches["valid"]
        again = variant.give(variant.tell(valid.x, valid.labels), valid.labels)
        labels_of = valid.labels[:, 0].numpy()
        found[name] = {"judge": choose(judges, (valid.x.numpy(), again.numpy(), labels_of)).name}
        read = ("valid", "test") if name == CHOSEN else ("valid",)
        found[name] |= {part: _of_variant(variant, batches[part], judges) for part in read}
    test = batches["test"]
    return {
        "windows": len(test.x),
        "core_seconds": round(time.process_time() - began, 1),
        "real": _shares(judges, test.x.numpy(), test.labels[:, 0].numpy()),
        "variants": found,
    }


def _of_variant(variant: Variant, batch: Batch, judges: Mapping[str, Reading]) -> dict[str, Any]:
    """Return what each judge reads right of windows that a closed form gives, and the share of the variance told."""
    labels, asked = batch.labels, batch.labels.clone()
    away = np.random.default_rng(_SEED).integers(1, 7, len(labels))
    asked[:, 0] = (labels[:, 0] + torch.from_numpy(away)) % 7
    a = variant.tell(batch.x, labels)
    torch.manual_seed(_SEED)
    own = variant.give(a, labels)
    drawn = variant.give(torch.randn(a.shape), labels)
    windows = {
        "own": (own, labels),
        "other": (variant.give(a, asked), asked),
        "sample": (drawn + variant.noise(labels), labels),
        "sample, mean": (drawn, labels),
    }
    read = {way: _shares(judges, given.numpy(), of[:, 0].numpy()) for way, (given, of) in windows.items()}
    return {"read": read, "told": _told(batch.x.numpy(), own.numpy())}


def _arm(model: DeepDIVE, real: Mapping[str, Real], judges: Mapping[str, Reading]) -> dict[str, Any]:
    """Return the judge that what-if would choose, what all judges read of the test part, and errors by part."""
    fitted, said = model.fitted_model, dict[str, Any]()
    for part in ("valid", "test"):
        nothing = torch.full((len(real[part].x), 2), -1)
        same = what_if_windows(fitted, real[part].windows, nothing, ClassChange(), ())
        own = fitted.scale.apply(same.factual_window.mean)
        error = np.abs(fitted.scale.apply(same.factual.mean) - real[part].y)
        said[part] = {"told": _told(real[part].x, own), "mae": round(float(np.nanmean(error)), 4)}
        if part == "valid":
            usual = {name: judge for name, judge in judges.items() if name != CONVOLUTIONS}
            said["judge"] = choose(usual, (real[part].x, own, real[part].labels[:, 0])).name
    effects = LabelEffects.of(fitted, real["train"].windows)
    return {**said, "read": _read(model, real["test"].some(_MOST), judges, effects)}


def _read(model: DeepDIVE, real: Real, judges: Mapping[str, Reading], effects: LabelEffects) -> dict[str, Any]:
    """Return what each judge reads right, by the way in which windows were decoded."""
    fitted, labels = model.fitted_model, real.labels[:, 0]
    asked = _others(labels, fitted)
    wanted = torch.stack([torch.from_numpy(asked), torch.full((len(asked),), -1)], dim=1)
    shares: dict[str, dict[str, float]] = {}
    for way, how in (("other", effects), ("other, a kept", None)):
        answer = what_if_windows(fitted, real.windows, wanted, ClassChange("known", how), ())
        if not shares:
            shares["own"] = _shares(judges, fitted.scale.apply(answer.factual_window.mean), labels)
        shares[way] = _shares(judges, fitted.scale.apply(answer.counterfactual_window.mean), asked)
    of_class = np.repeat(np.arange(fitted.vocabularies[0].n_classes), _SAMPLES)
    for way, noise in (("sample", True), ("sample, mean", False)):
        drawn = [
            model.sample(_SAMPLES, {"exercise": name}, noise=noise, seed=number).x
            for number, name in enumerate(fitted.vocabularies[0].classes)
        ]
        shares[way] = _shares(judges, fitted.scale.apply(np.concatenate(drawn)), of_class)
    return shares


def _others(labels: Ints, fitted: FittedModel) -> Ints:
    n_classes = fitted.vocabularies[0].n_classes
    away = np.random.default_rng(_SEED).integers(1, n_classes, len(labels))
    return (labels + away) % n_classes


def _shares(judges: Mapping[str, Reading], x: Floats, labels: Ints) -> dict[str, float]:
    """Return the share of windows that each judge reads as their label."""
    x = x.astype(np.float32)
    return {name: round(float((judge(x) == labels).mean()), 4) for name, judge in judges.items()}


def _told(x: Floats, given_back: Floats) -> float:
    """Return the share of the variance within windows that is given back."""
    inside, error = (each - each.mean(1, keepdims=True) for each in (x, x - given_back))
    return round(1.0 - float(np.square(error).sum() / np.square(inside).sum()), 4)


def main() -> None:
    """Make the missing runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fold", type=int, action="append", choices=range(FOLDS), help="only these")
    parser.add_argument("--arm", action="append", choices=ARMS, help="only these")
    parser.add_argument("--quick", action="store_true", help="one pass, to test the script")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for fold in args.fold or range(FOLDS):
        for arm in args.arm or ARMS:
            key = {"fold": fold, "arm": arm, "quick": args.quick}
            add_run(args.out, key, partial(run, fold, arm, 1 if args.quick else None))


if __name__ == "__main__":
    main()
