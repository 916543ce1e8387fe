"""Propose labellings to fitted models that were not told of them; each proposal adds a line to results.jsonl.

    python -m research.proposed.run eia --data PATH/eia_us_demand_hourly --models FOLDER
    python -m research.proposed.run motion

``eia``: the fitted models of the study of what is known (``eia-SEED.safetensors`` in FOLDER, told hour, weekday and
month) are offered holidays of the US, the days after them, days two weeks later, storms that no one knows of, full
moons, the first days of months and random days. ``motion``: a model that was fitted without the exercise is offered it,
and random classes. ``python -m research.proposed.page`` writes docs/proposed.md.
"""

import argparse
import sys
import time
from copy import copy
from dataclasses import asdict
from pathlib import Path
from typing import Any

from divecast import ByGroup, DeepDIVE, TrainingConfig, datasets
from research.common import add_run
from research.eia import eia_panel
from research.proposed.labellings import CHANCE, class_of_recordings, days_of, spans_of
from research.scripts import run_parser

OUT = Path(__file__).with_name("results.jsonl")
SEEDS = 3
KINDS = {
    "eia": (
        "big holidays",
        "federal holidays",
        "days after big holidays",
        "two weeks after big holidays",
        "storms",
        "full moon",
        "first of month",
    ),
    "motion": ("exercise", "side", "half"),
}
Line = dict[str, Any]


def eia(args: argparse.Namespace, seed: int, kinds: tuple[str, ...]) -> None:
    """Offer days to a fitted model of EIA."""
    panel = eia_panel(args.data)
    if args.quick:
        panel = panel.select(panel.channels[:3]).rows(0, 12000)
        training = TrainingConfig(epochs=1, window_stride=25)
        model = DeepDIVE(24, 168, ["hour", "weekday"], training=training).fit(panel, progress=False)
    else:
        model = DeepDIVE.load(args.models / f"eia-{seed}.safetensors")
    for kind in kinds:
        spans = spans_of(days_of(kind, seed), panel)
        _add(args, "eia", seed, kind, model, panel, spans)


def motion(args: argparse.Namespace, seed: int, kinds: tuple[str, ...]) -> None:
    """Offer the exercise to a model that was told the side of the recordings, or nothing where that is offered."""
    data = datasets.load("motion")
    people = sorted({str(each) for each in data.labels["subject"]})
    first = 2 * seed % len(people)
    held = [people[(first + more) % len(people)] for more in range(4)]
    for told, offered in (("side", [kind for kind in kinds if kind != "side"]), ("exercise", ["side"])):
        kept = [kind for kind in offered if kind in kinds]
        if not kept:
            continue
        training = TrainingConfig(epochs=1 if args.quick else 3, window_stride=40)
        model = DeepDIVE(25, 200, [told], training=training, seed=seed)
        model.fit(data, ByGroup("subject", valid=tuple(held[:2]), test=tuple(held[2:])), progress=False)
        for kind in kept:
            labels = class_of_recordings(kind, data, seed)
            _add(args, "motion", seed, kind, model, data, labels)


def _add(args: argparse.Namespace, case: str, seed: int, kind: str, model: DeepDIVE, data: Any, labels: Any) -> None:  # noqa: PLR0913
    def measured() -> Line:
        began = time.process_time()
        proposal = copy(model).propose_factor(data, labels, name="proposed")  # the next one is made to the same model
        return {**asdict(proposal), "cpu_seconds": time.process_time() - began}

    add_run(args.out, {"case": case, "seed": seed, "kind": kind, "quick": args.quick}, measured)


def main() -> int:
    """Make the proposals that are missing."""
    parser = run_parser(__doc__, KINDS, SEEDS, OUT)
    parser.add_argument("--models", type=Path, help="folder of fitted models of EIA")
    args = parser.parse_args()
    chance = tuple(f"chance {number}" for number in range(1 if args.quick else CHANCE))
    for seed in range(args.seeds):
        {"eia": eia, "motion": motion}[args.case](args, seed, (*KINDS[args.case], *chance))
    return 0


if __name__ == "__main__":
    sys.exit(main())
