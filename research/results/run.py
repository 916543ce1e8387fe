"""Fit and score on real data; each run adds a JSON line to research/results/results.jsonl.

    python -m research.results.run eia --data PATH/eia_us_demand_hourly
    python -m research.results.run motion
    python -m research.results.run electricity --data PATH/lstnet_electricity_pieces
    python -m research.results.run gait --data PATH/gait_stroke_movingreality
    python -m research.results.run etth1 --data PATH/forecasting_benchmarks

``python -m research.results.page`` writes docs/results.md from the lines.
"""

import argparse
import csv
import json
import os
import platform
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

import divecast as dc

OUT = Path(__file__).with_name("results.jsonl")
STEPS = (3, 6, 12, 24)


@dataclass(frozen=True)
class Case:
    """A data set with its settings.

    Attributes:
        data: panel or recordings.
        model: not yet fitted.
        split: how to cut.
        steps: horizon steps to report.
        every: score every so many origins of the test part.
    """

    data: Any
    model: dc.DeepDIVE
    split: Any
    steps: tuple[int, ...]
    every: int = 1


def eia_panel(folder: Path) -> dc.Panel:
    """Read the recommended series of US demand, 2020 to 2024."""
    with (folder / "demand_2020_2024_series.csv").open() as file:
        names = [row["series"] for row in csv.DictReader(file) if row["recommended"] == "True"]
    return dc.Panel.read(folder / "demand_2020_2024.parquet").select(names)


def eia(args: argparse.Namespace) -> Case:
    """112 series of US demand, 2020 to 2024, MW, hourly; every hour of the last fifth is a target."""
    panel = eia_panel(args.data)
    factors = [dc.Calendar(name, tz="America/New_York") for name in ("hour", "weekday", "month")]
    return Case(panel, _model(args, 24, 168, factors, dc.TrainingConfig()), dc.ByTime(3, 1, 1), STEPS)


def motion(args: argparse.Namespace) -> Case:
    """Watch recordings of ten people; two of them, never seen in training, are the test."""
    recordings = dc.datasets.load("motion")
    people = sorted(set(recordings.labels["subject"]))
    fold = [people[(2 * args.fold + i) % len(people)] for i in range(4)]
    split = dc.ByGroup("subject", valid=tuple(fold[:2]), test=tuple(fold[2:]))
    if args.labelled < 1:
        recordings = _hide_labels(recordings, ("exercise", "side"), args.labelled, args.by, args.seed)
    training = dc.TrainingConfig(epochs=10, window_stride=40)
    return Case(recordings, _model(args, 25, 250, ["exercise", "side"], training), split, (1, 5, 10, 25))


def electricity(args: argparse.Namespace) -> Case:
    """The 8 real clients of the LSTNet electricity data that are at hand."""
    panel = dc.Panel.read(args.data / "full3y_8clients.csv.gz")
    training = dc.TrainingConfig(epochs=12)
    return Case(panel, _model(args, 24, 168, ["hour", "weekday", "month"], training), dc.ByTime(3, 1, 1), STEPS)


def etth1(args: argparse.Namespace) -> Case:
    """The 7 channels of a transformer, hourly, 2016 to 2018."""
    panel = dc.Panel.read(args.data / "ETTh1.csv.gz")
    training = dc.TrainingConfig(epochs=8)
    return Case(panel, _model(args, 24, 168, ["hour", "weekday"], training), dc.ByTime(3, 1, 1), STEPS)


def gait(args: argparse.Namespace) -> Case:
    """Left foot of 12 people after stroke on a treadmill, 6 channels at 100 Hz; factor: feedback condition."""
    with (args.data / "trials.csv").open() as file:
        trials = [row for row in csv.DictReader(file) if row["key"]]
    with np.load(args.data / "signals_int16.npz") as file:
        foot = [i for i, name in enumerate(file["channels"]) if "left" in str(name).lower()]
        arrays = [(file[trial["key"]][:, foot] / file["scale"][foot]).astype(np.float32) for trial in trials]
        channels = [str(file["channels"][i]) for i in foot]
    labels = {name: [trial[name] for trial in trials] for name in ("condition", "participant")}
    keys = [trial["key"] for trial in trials]
    recordings = dc.Recordings.from_arrays(arrays, labels=labels, rate=100.0, channels=channels, names=keys)
    training = dc.TrainingConfig(epochs=5, window_stride=100, batch_size=64)
    return Case(
        recordings, _model(args, 800, 1000, ["condition"], training), dc.ByTime(8, 1, 1), (1, 100, 400, 800), every=25
    )


CASES: dict[str, Callable[[argparse.Namespace], Case]] = {
    "eia": eia,
    "motion": motion,
    "electricity": electricity,
    "gait": gait,
    "etth1": etth1,
}


def _model(
    args: argparse.Namespace, horizon: int, lookback: int, factors: list[Any], training: dc.TrainingConfig
) -> dc.DeepDIVE:
    if args.epochs:
        training = replace(training, epochs=args.epochs)
    model = dc.ModelConfig(code=dc.CodeConfig(block=args.block))
    return dc.DeepDIVE(horizon, lookback, factors, model=model, training=training, seed=args.seed)


def _hide_labels(recordings: Any, names: tuple[str, ...], share: float, by: str, seed: int) -> Any:
    """Keep a share of the labels, of whole recordings or of single rows."""
    generator = np.random.default_rng(seed)
    if by == "recording":
        kept = generator.random(len(recordings.names)) < share
        hidden = {n: np.where(kept, recordings.labels[n], None) for n in names}
        return replace(recordings, labels={**recordings.labels, **hidden})
    kept = generator.random(len(recordings.values)) < share
    hidden = {n: np.where(kept, recordings.label_column(n), None) for n in names}
    others = {n: column for n, column in recordings.labels.items() if n not in names}
    return replace(recordings, labels=others, row_labels=hidden)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Fit and score one case."""
    case = CASES[args.case](args)
    began = time.perf_counter()
    case.model.fit(case.data, case.split, progress=not args.quiet)
    seconds = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    truth = dc.datasets.load("motion") if args.case == "motion" else case.data
    print(f"fitted in {seconds:.0f} s, at most {memory:.2f} GiB", flush=True)
    return {
        "case": args.case,
        "arguments": {n: v for n, v in vars(args).items() if n not in ("case", "data", "quiet", "out")},
        "fit_seconds": round(seconds, 1),
        "fit_peak_gib": round(memory, 2),
        "threads": torch.get_num_threads(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}",
        "settings": case.model.info()["settings"],
        "weights": case.model.info()["weights"],
        "epochs_run": len(case.model.history.records),
        "scores": {mode: _scores(case, mode) for mode in ("known", "infer")},
        "labels": _labels(case, truth),
    }


def _scores(case: Case, mode: str) -> dict[str, Any]:
    table = case.model.evaluate(case.data, "test", labels=mode, baselines=mode == "known", every=case.every).table()
    wanted = [*(str(step) for step in case.steps), "all"]
    rows = [i for i, step in enumerate(table["horizon"]) if step in wanted]
    columns = {name: [_plain(column[i]) for i in rows] for name, column in table.items()}
    for model, step, rrse, cover in zip(*(columns[n] for n in ("model", "horizon", "rrse", "coverage")), strict=True):
        print(f"{mode:6} {model:20} {step:>4}  rrse {rrse:.4f}  coverage {cover}", flush=True)
    return columns


def _labels(case: Case, truth: Any) -> dict[str, Any]:
    """Return accuracy on the test part and confusion tables, against the true labels."""
    found: dict[str, Any] = {}
    # a model that was given few labels is scored on all of them: same rows, labels restored
    windows = case.model.infer_labels(case.data, "test", every=case.every)
    complete = replace(windows, given=_true_codes(truth, windows))
    found["window"] = complete.accuracy()
    found["confusion"] = {
        name: {"classes": list(classes), "counts": _counts(complete, name)}
        for name, classes in zip(complete.factors, complete.classes, strict=True)
    }
    if case.data.clock is None:
        pooled = case.model.infer_labels(case.data, "test", by="recording", every=case.every)
        found["recording"] = replace(pooled, given=_true_codes(truth, pooled)).accuracy()
    print(found["window"], found.get("recording"), flush=True)
    return found


def _true_codes(truth: Any, labels: Any) -> np.ndarray:
    if truth.clock is not None:
        return labels.given
    codes = []
    for name, classes in zip(labels.factors, labels.classes, strict=True):
        column = truth.label_column(name)[labels.keys.origins - 1]
        codes.append([classes.index(str(value)) for value in column])
    return np.array(codes).T


def _counts(labels: Any, factor: str) -> list[list[int]]:
    at = labels.factors.index(factor)
    counts = np.zeros((len(labels.classes[at]),) * 2, dtype=int)
    np.add.at(counts, (labels.given[:, at], labels.inferred[:, at]), 1)
    return counts.tolist()


def _plain(value: Any) -> Any:
    number = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(number, float) and np.isnan(number) else number


def main() -> None:
    """Run one case and keep its line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--data", type=Path, default=Path())
    parser.add_argument("--block", choices=("kind", "line"), default="kind")
    parser.add_argument("--epochs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--labelled", type=float, default=1.0, help="share of the labels given (motion)")
    parser.add_argument("--by", choices=("row", "recording"), default="row", help="what is labelled or not (motion)")
    parser.add_argument("--fold", type=int, default=0, help="which people are held out (motion), 0 to 4")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    line = run(args)
    with args.out.open("a") as file:
        file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
