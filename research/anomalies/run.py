"""Are anomalous days found? Faults injected into test windows, and holidays unknown to the model.

    python -m research.anomalies.run eia --data PATH/eia_us_demand_hourly
    python -m research.anomalies.run loads

Results are JSON lines of research/anomalies/results.jsonl; runs that are there are skipped.
``python -m research.anomalies.page`` writes docs/anomalies.md from them.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from divecast.data import split as cut
from research.anomalies.detectors import Detector, Scores, detectors, windows_at
from research.anomalies.fits import CASES, DAY, WEEK, Judge, fit_halves, fit_judge
from research.anomalies.holidays import days_of_halves, days_of_test
from research.anomalies.injected_faults import FAULTS, Site, with_fault
from research.common import append_line, read_lines, versions
from research.scripts import run_parser

OUT = Path(__file__).with_name("results.jsonl")
PARTS: tuple[Literal["valid", "test"], ...] = ("valid", "test")
PASSES = 8
SEEDS = 3
ALARMS = (1.0, 2.0, 3.0)

Asked = tuple[str, Path | None, bool]
"""Case, its data, and whether to use a small version."""


def fault_lines(judge: Judge, seed: int, n_passes: int) -> Iterator[dict[str, Any]]:
    """Yield the ROC-AUC of every detector, fault and size, on the validation and on the test part."""
    found, fitted = detectors(judge, seed), judge.model.fitted_model
    parts = cut(judge.panel, fitted.provenance.split)
    day = fitted.shape.horizon
    for part in PARTS:
        rows = getattr(parts, part)
        site = Site(int(rows.start[0]), int(rows.stop[0]), fitted.shape.lookback + day, day)
        ends = list(site.passes(n_passes))
        clean = _scores(judge, found, [(each, judge.panel.values) for each in ends])
        alarms = {name: [float((scores >= at).mean()) for at in ALARMS] for name, scores in clean.items()}
        own = {name: shares for name, shares in alarms.items() if name.startswith("divecast")}
        yield {"what": "alarms", "part": part, "windows": sum(map(len, ends)), "rarity": ALARMS, "share": own}
        for fault, (_, unit, sizes) in FAULTS.items():
            for size in sizes:
                spread = fitted.scale.spread
                faulty = [(each, with_fault(judge.panel.values, each, site, (fault, size), spread)) for each in ends]
                scores = _scores(judge, found, faulty)
                auc = {name: _auc(clean[name], scores[name]) for name in clean}
                yield {"what": "fault", "part": part, "fault": fault, "size": size, "unit": unit, "auc": auc}


def holiday_lines(asked: Asked, week: Judge, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the days of the parts that were not trained on, with what their weekday is read as."""
    case, _, quick = asked
    for lookback in (DAY, WEEK):
        if case == "loads":
            found = days_of_halves(fit_halves(lookback, seed, quick))
            yield {"what": "days", "lookback": lookback, "part": "other half", **found}
            continue
        judge = week if lookback == WEEK else fit_judge(asked, lookback, seed)
        for part in PARTS:
            yield {"what": "days", "lookback": lookback, "part": part, **days_of_test(judge, part)}


def _scores(judge: Judge, found: list[Detector], passes: list[tuple[np.ndarray, np.ndarray]]) -> Scores:
    rows = []
    for ends, values in passes:
        windows = windows_at(judge, values, ends)
        rows.append({name: scores for detector in found for name, scores in detector.scores(windows).items()})
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def _auc(clean: np.ndarray, faulty: np.ndarray) -> float:
    truth = np.repeat([0, 1], [len(clean), len(faulty)])
    return round(float(roc_auc_score(truth, np.concatenate([clean, faulty]))), 4)


def main() -> int:
    """Make the missing runs."""
    args = run_parser(__doc__, CASES, SEEDS, OUT).parse_args()
    torch.set_num_threads(1)
    lines = read_lines(args.out)
    there = {(line["case"], line["seed"], line["quick"]) for line in lines}
    for seed in range(args.seeds):
        if (args.case, seed, args.quick) in there:
            continue
        began = time.process_time()
        asked = args.case, args.data, args.quick
        judge = fit_judge(asked, WEEK, seed)
        key = {"case": args.case, "seed": seed, "quick": args.quick, "about": judge.about}
        made = [*holiday_lines(asked, judge, seed), *fault_lines(judge, seed, 2 if args.quick else PASSES)]
        last = {"core_seconds": round(time.process_time() - began, 1), "versions": versions()}
        append_line(args.out, "\n".join(json.dumps({**key, **line, **last}) for line in made))
        print(f"{args.case}, seed {seed}: {last['core_seconds']} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
