"""Do what-if answers look like the class asked for? A judge trained on real windows classifies them.

    python -m research.what_if.run eia --data PATH/eia_us_demand_hourly
    python -m research.what_if.run motion
    python -m research.what_if.run loads

Each test window is asked once for every factor, of a class drawn from those it does not have. Runs that are in
research/what_if/results.jsonl are skipped. ``python -m research.what_if.page`` turns the lines into docs/what_if.md.
"""

import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from divecast.config import CodeConfig, LossConfig, ModelConfig, TrainingConfig
from divecast.data import ByTime, Calendar, Windows, split
from divecast.data.datasets import load
from divecast.explain import ClassChange, Counterfactual, LabelEffects, infer_code, what_if_windows
from divecast.fit import FitRequest
from divecast.fit.fit_model import fit_model
from divecast.inference import FitPlan, FittedModel, batches
from divecast.model import label_covariates
from research.common import append_line, read_lines, versions
from research.paper.cases import Case, Settings, load_case
from research.scripts import run_parser
from research.what_if.readers import Floats, Ints, Reader, train_reader

OUT = Path(__file__).with_name("results.jsonl")
CASES = ("eia", "motion", "loads")
SEEDS = 3
SEEN = ("window", "forecast")
"""What a judge classifies: the reconstructed window, or the forecast."""


@dataclass(frozen=True)
class Real:
    """Real windows of a part, scaled units.

    Attributes:
        seen: by what a judge reads, (window, step, channel): the window, or what came after it.
        labels: (window, factor), -1 where missing.
    """

    seen: dict[str, Floats]
    labels: Ints

    @classmethod
    def of(cls, windows: Windows) -> "Real":
        """Gather windows."""
        batch = windows.batch(torch.arange(len(windows)))
        return cls({"window": batch.x.numpy(), "forecast": batch.y.numpy()}, batch.labels.numpy())


def fit(case: Case, seed: int) -> FittedModel:
    """Fit the model of a case."""
    settings = case.settings
    plan = FitPlan(
        case.horizon, case.lookback, case.factors, (), settings.model, settings.training, settings.losses, seed
    )
    return fit_model(case.data, FitRequest(case.split, plan), torch.device("cpu"))


def judge(fitted: FittedModel, case: Case, seed: int) -> dict[str, Any]:
    """Train the judges, ask every test window, and return what was read."""
    parts, stride = split(case.data, case.split), case.settings.training.stride
    source = fitted.source(case.data)
    labels = fitted.label_indices(source)
    windows = {
        name: replace(
            Windows.of(source, getattr(parts, name), labels, fitted.scale, fitted.shape, "fit", step),
            effects=fitted.row_effects(source),
        )
        for name, step in (("train", stride), ("valid", stride), ("test", case.every))
    }
    real = {name: Real.of(part) for name, part in windows.items()}
    names = [known.name for known in fitted.vocabularies]
    given_back = _given_back(fitted, windows["valid"])
    readers = {
        what: [_reader(real, given_back[what], (what, at), case.data.clock is None, seed) for at in range(len(names))]
        for what in SEEN
    }
    effects = LabelEffects.of(fitted, windows["train"])
    ways = {"adjusted": ClassChange("known", effects), "kept": ClassChange("known", None)}
    asked = {
        way: {name: _ask((fitted, windows["test"]), at, readers, how, seed) for at, name in enumerate(names)}
        for way, how in ways.items()
    }
    return {
        "factors": names,
        "classes": {known.name: known.n_classes for known in fitted.vocabularies},
        "windows": len(windows["test"]),
        "readers": {
            what: {name: reader.name for name, reader in zip(names, readers[what], strict=True)} for what in SEEN
        },
        "real": {what: _right(readers[what], real["test"].seen[what], real["test"].labels, names) for what in SEEN},
        "labels_in_a": _labels_in_a(fitted, windows["test"], effects),
        "asked": asked,
    }


def _labels_in_a(fitted: FittedModel, windows: Windows, effects: LabelEffects) -> list[float]:
    """Return the share of the variance of each dimension of a that the map tells of windows it was not made from."""
    codes = [infer_code(fitted, batch, "known") for batch in batches(fitted, windows)]
    a = torch.cat([code.a for code in codes])
    told = torch.cat([label_covariates(code.classes, effects.pairs, code.a) for code in codes]) @ effects.weight
    return [round(float(share), 3) for share in 1.0 - (a - told).var(0) / a.var(0).clamp(min=1e-12)]


def _given_back(fitted: FittedModel, windows: Windows) -> dict[str, Floats]:
    """Return reconstructions and forecasts of windows under their own labels, scaled units."""
    nothing = torch.full((len(windows), len(fitted.vocabularies)), -1)
    found = what_if_windows(fitted, windows, nothing, ClassChange(), ())
    return {what: fitted.scale.apply(_shown(found, what)[0]) for what in SEEN}


def _reader(real: dict[str, Real], given_back: Floats, which: tuple[str, int], recordings: bool, seed: int) -> Reader:
    what, at = which
    train, valid = ((real[part].seen[what], real[part].labels[:, at]) for part in ("train", "valid"))
    return train_reader(train, (valid[0], given_back, valid[1]), recordings, seed)


def _ask(
    test: tuple[FittedModel, Windows], moved: int, readers: dict[str, list[Reader]], how: ClassChange, seed: int
) -> dict[str, dict[str, Any]]:
    """Ask every window whose label is known of another class of one factor."""
    fitted, windows = test
    labels = windows.labels[windows.origins - 1].astype(np.int64)
    windows, labels = windows.subset(labels[:, moved] >= 0), labels[labels[:, moved] >= 0]
    n_classes = fitted.vocabularies[moved].n_classes
    away = np.random.default_rng(seed).integers(1, n_classes, len(labels))
    target = (labels[:, moved] + away) % n_classes
    wanted = np.full_like(labels, -1)
    wanted[:, moved] = target
    found = what_if_windows(fitted, windows, torch.from_numpy(wanted), how, ())
    names = [known.name for known in fitted.vocabularies]
    said = {}
    for what in SEEN:
        factual, counterfactual = (fitted.scale.apply(part) for part in _shown(found, what))
        others = [at for at in range(len(names)) if at != moved]
        own, read = ([reader.read(x) for reader in readers[what]] for x in (factual, counterfactual))
        said[what] = {
            "factual": {name: _hits(own[at], labels[:, at]) for at, name in enumerate(names)},
            "target_before": float((own[moved] == target).mean()),
            "target": float((read[moved] == target).mean()),
            "old": float((read[moved] == labels[:, moved]).mean()),
            "kept": {names[at]: _hits(read[at], labels[:, at]) for at in others},
            "kept_all": _all_right(read, labels, others),
            "kept_all_before": _all_right(own, labels, others),
        }
    return said


def _shown(found: Counterfactual, what: str) -> tuple[Floats, Floats]:
    if what == "window":
        return found.factual_window.mean, found.counterfactual_window.mean
    return found.factual.mean, found.counterfactual.mean


def _right(readers: list[Reader], x: Floats, labels: Ints, names: list[str]) -> dict[str, float]:
    return {
        name: _hits(reader.read(x), labels[:, at]) for at, (name, reader) in enumerate(zip(names, readers, strict=True))
    }


def _hits(read: Ints, labels: Ints) -> float:
    """Return the share of the known labels that are read right."""
    known = labels >= 0
    return float((read[known] == labels[known]).mean()) if known.any() else float("nan")


def _all_right(read: list[Ints], labels: Ints, factors: list[int]) -> float:
    """Return the share of the windows whose known labels of these factors are all read right; 1 for no factor."""
    right = [(read[at] == labels[:, at]) | (labels[:, at] < 0) for at in factors]
    return float(np.all(right, axis=0).mean()) if factors else 1.0


def read_case(name: str, data: Path | None, seed: int, quick: bool) -> Case:
    """Return the case; ``loads`` is fitted as ``divecast demo`` fits it, the others with the code of the defaults."""
    if name != "loads":
        case = load_case(name, data, seed, quick)
        decoder = replace(case.settings.model.decoder, movement=True)
        model = replace(case.settings.model, code=CodeConfig(), decoder=decoder)
        return replace(case, settings=replace(case.settings, model=model))
    panel = load("loads")
    settings = Settings(ModelConfig(), TrainingConfig(epochs=8), LossConfig())
    if quick:
        panel = panel.select(panel.channels[:6])
        settings = replace(settings, training=TrainingConfig(epochs=2, window_stride=25))
    factors = Calendar("hour"), Calendar("weekday")
    about = (
        f"{len(panel.channels)} German consumer classes, {len(panel.values)} hours of 2016; default settings, "
        f"{settings.training.n_epochs} passes"
    )
    return Case(
        name="loads", about=about, data=panel, factors=factors, split=ByTime(3, 1, 1), horizon=24, lookback=168,
        steps=(24,), settings=settings, every=25 if quick else 1,
    )  # fmt: skip


def main() -> None:
    """Make the missing runs."""
    args = run_parser(__doc__, CASES, SEEDS, OUT).parse_args()
    lines = read_lines(args.out)
    torch.set_num_threads(1)
    for seed in range(args.seeds):
        key = {"case": args.case, "quick": args.quick, "seed": seed}
        if any({name: line[name] for name in key} == key for line in lines):
            continue
        began = time.process_time()
        case = read_case(args.case, args.data, seed, args.quick)
        line = {**key, "about": case.about, **judge(fit(case, seed), case, seed)}
        line |= {"core_seconds": round(time.process_time() - began, 1), "versions": versions()}
        append_line(args.out, json.dumps(line))
        print(f"{args.case}, seed {seed}: {line['core_seconds']:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
