"""Do a and b hold what they should, where the truth is known? One JSON line per fit.

    python -m research.known_truth.run independent
    python -m research.known_truth.run correlated
    python -m research.known_truth.run shifted --seeds 1
    python -m research.known_truth.run independent --longer

Every setting of ``arms.TRIED`` is fitted to the first variant with the first seed; the one with the best scores on
validation windows is then fitted with the other seeds and variants. Runs that are in
research/known_truth/results.jsonl are skipped. ``python -m research.known_truth.page`` turns the lines into
docs/known_truth.md.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from research.common import add_run, machine, read_lines
from research.known_truth.arms import ARMS, LONGER, TRIED, Setting, training
from research.known_truth.scores import Truth, ownership, scores
from research.known_truth.world import World, cramers_v
from research.scripts import add_arms, run_parser

OUT = Path(__file__).with_name("results.jsonl")
SEEDS = 3
VARIANTS = {"independent": World(), "correlated": World(tied=0.65), "shifted": World(lag=math.pi / 4.0)}
CHOSEN_ON = ("independent", 0)
"""Variant and seed on which settings are chosen."""
QUICK_WINDOWS = 500


def world_of(variant: str, seed: int, quick: bool) -> World:
    """Return the world of a run."""
    world = replace(VARIANTS[variant], seed=seed)
    return replace(world, n=QUICK_WINDOWS) if quick else world


def measure(world: World, arm: str, setting: Setting, quick: bool) -> dict[str, Any]:
    """Fit an arm and score its code, by its means and by draws of it, on validation and test windows."""
    drawn, began = world.draw(), time.process_time()
    code = ARMS[arm](drawn, setting, training(1 if quick else setting.passes))
    fitted = time.process_time()
    truth = {part: Truth.of(drawn, part) for part in code}
    order = np.random.default_rng(world.seed).permutation(len(truth["valid"].labels))
    first, second = np.array_split(order, 2)
    found: dict[str, Any] = {}
    for how in ("mean", "draw"):
        split = {part: each.means if how == "mean" else each.drawn(world.seed) for part, each in code.items()}
        valid, known = split["valid"], truth["valid"]
        found[how] = {
            "valid": scores((valid.at(first), valid.at(second)), (known.at(first), known.at(second))),
            "test": scores((valid, split["test"]), (known, truth["test"])),
        }
    found["sd"] = np.round(code["test"].a.sd.mean(0).astype(float), 2).tolist()
    found["cramers_v"] = round(cramers_v(drawn.labels), 3)
    found["world"] = asdict(world)
    return found | {
        "fit_seconds": round(fitted - began, 1), "seconds": round(time.process_time() - began, 1), **machine(),
    }  # fmt: skip


def chosen(lines: Sequence[Mapping[str, Any]], arm: str) -> Setting | None:
    """Return the setting with the best scores of draws on validation windows of ``CHOSEN_ON``; None without lines."""
    first = [line for line in lines if (line["variant"], line["seed"], line["arm"]) == (*CHOSEN_ON, arm)]
    tried = [(ownership(line["draw"]["valid"]), Setting(**line["setting"])) for line in first]
    tried = [(score, setting) for score, setting in tried if setting in TRIED[arm]]
    return max(tried, key=lambda each: each[0])[1] if tried else None


def settings_of(lines: Sequence[Mapping[str, Any]], arm: str, variant: str, seed: int) -> Sequence[Setting]:
    """Return the settings that an arm is fitted with: all where one is chosen, else the chosen one."""
    if (variant, seed) == CHOSEN_ON:
        return TRIED[arm]
    return [chosen(lines, arm) or TRIED[arm][0]]


def main() -> None:
    """Make the missing runs."""
    parser = run_parser(__doc__, VARIANTS, SEEDS, OUT)
    add_arms(parser, ARMS)
    parser.add_argument("--longer", action="store_true", help="only fits with more passes, with the first seed")
    args = parser.parse_args()
    torch.set_num_threads(1)
    for seed in range(1 if args.longer else args.seeds):
        for arm in args.arm or (LONGER if args.longer else ARMS):
            lines = [line for line in read_lines(args.out) if line["quick"] == args.quick]
            for setting in [LONGER[arm]] if args.longer else settings_of(lines, arm, args.case, seed):
                key = {"variant": args.case, "arm": arm, "setting": asdict(setting), "seed": seed, "quick": args.quick}
                world = world_of(args.case, seed, args.quick)
                add_run(args.out, key, partial(measure, world, arm, setting, args.quick))


if __name__ == "__main__":
    main()
