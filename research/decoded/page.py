"""Write docs/decoded.md from research/decoded/results.jsonl; no number there is typed by hand.

python -m research.decoded.page
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from research.common import read_lines
from research.scripts import page_options
from research.what_if.readers import CONVOLUTIONS

LINES = Path(__file__).with_name("results.jsonl")
PAGE = Path(__file__).parents[2] / "docs" / "decoded.md"
ARMS = {"movement": "movement", "learned": "learned decoder"}
WAYS = {
    "own": "own exercise",
    "other": "another exercise",
    "other, a kept": "another, a kept",
    "sample": "`sample`",
    "sample, mean": "`sample(noise=False)`",
}
SUMMARIES = "logistic regression, summaries, C=0.01"
Line = dict[str, Any]

INTRO = """# Decoded recordings: does a window look like the exercise that it was decoded under?

Written by `python -m research.decoded.page` from `research/decoded/results.jsonl`; every line there is one fit by
`python -m research.decoded.run`.

`motion` has ten people, seven exercises and two sides. Windows of 200 rows (4 s) start every 50 rows, the horizon is 50
rows, and all other settings are the default. In each of five folds two people are the test part, two others stop the
fit, and six are learned from. At most 400 windows of the test people are decoded under their own exercise, and under
one that is drawn from the others (`what_if`, once with a adjusted to the labels, which is the default, and once with a
kept); and 30 windows of each exercise are drawn by `sample(classes={"exercise": ...})`.

**The judges** are trained on real windows of the six people and on nothing from the model. Of the classifiers of
[what-if](what_if.md) the one is kept that reads the validation people best, half of the score from their windows and
half from these as they are reconstructed. Its regression on summaries of the movement, which gave the figures of
earlier versions, lives on the power at high frequencies, which no mean of a distribution has. The strongest classifier
of real windows is a ridge regression on random convolutions.

**The movement.** A window is its level plus six harmonics of one period, which is found by least squares over a range
of periods. The phase is told apart: amplitudes are turned to the phase in which they are most like the template of the
class, a generalised Procrustes mean. What is left, levels and amplitudes, is described by a few directions, whose
coordinates are standardised by mean and covariance of the class, together with the logarithm of the period. So a tells
phase, speed and shape, and no class; see [method.md](method.md). The window is aligned in closed form, rather than by a
rotation that is learned: a fit to 2,400 windows makes about 160 steps, in which the learned decoder has learned little.
"""


def page(lines: Sequence[Line]) -> str:
    """Return the whole page."""
    by_arm = {arm: [line for line in lines if line["arm"] == arm] for arm in ARMS}
    parts = [INTRO, "## What the judges read\n", _read(by_arm), "", "## By fold\n", _folds(by_arm["movement"]), ""]
    parts += ["## What else changes\n", _costs(by_arm), "", "## What was compared\n", _variants(by_arm["movement"])]
    return "\n".join(parts).rstrip() + "\n"


def _read(by_arm: dict[str, list[Line]]) -> str:
    judges: dict[str, Callable[[Line], str]] = {
        "judge of what-if": lambda line: str(line["judge"]),
        "summaries": lambda _: SUMMARIES,
        "random convolutions": lambda _: CONVOLUTIONS,
    }
    rows = [
        "Share of windows that are read as the exercise that they were decoded under, %, mean of the folds.\n",
        f"| decoder | folds | judge | real windows | {' | '.join(WAYS.values())} |",
        f"|---|---:|---|{'---:|' * (1 + len(WAYS))}",
    ]
    for arm, lines in by_arm.items():
        for name, judge in judges.items():
            if lines:
                real = _percent([line["real"][judge(line)] for line in lines])
                cells = [_percent([line["read"][way][judge(line)] for line in lines]) for way in WAYS]
                rows.append(f"| {ARMS[arm]} | {len(lines)} | {name} | {real} | {' | '.join(cells)} |")
    chosen = sorted({line["judge"] for lines in by_arm.values() for line in lines})
    return "\n".join([*rows, "", f"The judge of what-if is, by fold and decoder: {'; '.join(chosen)}."])


def _folds(lines: Sequence[Line]) -> str:
    rows = [
        "Movements; judge of what-if / random convolutions, %.\n",
        f"| test people | windows | real | {' | '.join(WAYS.values())} |",
        f"|---|---:|{'---:|' * (1 + len(WAYS))}",
    ]
    for line in sorted(lines, key=lambda line: line["fold"]):
        pair = (line["judge"], CONVOLUTIONS)
        real = " / ".join(_percent([line["real"][judge]]) for judge in pair)
        cells = [" / ".join(_percent([line["read"][way][judge]]) for judge in pair) for way in WAYS]
        rows.append(f"| {', '.join(line['people']['test'])} | {line['windows']} | {real} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _costs(by_arm: dict[str, list[Line]]) -> str:
    both = {line["fold"] for line in by_arm["movement"]} & {line["fold"] for line in by_arm["learned"]}
    about = (
        f"Mean of the {len(both)} folds that were fitted with both decoders, validation / test people. The variance is "
        "that within windows, around their level; errors are in scaled units; core seconds were measured beside other "
        "programs.\n"
    )
    rows = [about, "| decoder | variance given back, % | MAE of the forecast | core seconds of a fit |"]
    rows.append("|---|---:|---:|---:|")
    for arm, lines in by_arm.items():
        some = [line for line in lines if line["fold"] in both]
        if some:
            told = " / ".join(_percent([line[part]["told"] for line in some]) for part in ("valid", "test"))
            mae = " / ".join(f"{fmean(line[part]['mae'] for line in some):.4f}" for part in ("valid", "test"))
            seconds = fmean(line["core_seconds"] for line in some)
            rows.append(f"| {ARMS[arm]} | {told} | {mae} | {seconds:.0f} |")
    return "\n".join(rows)


def _variants(lines: Sequence[Line]) -> str:
    about = (
        "Closed forms alone, on 200 windows of the validation people, read by the ridge regression on random "
        "convolutions, %. *Not aligned* are principal components of whole windows around the mean of the class, "
        "standardised by class alike: what is lost where the phase is not told apart. Eight dimensions are half of "
        "those of a.\n"
    )
    rows = [about, "| | own exercise | another | sample | variance given back |", "|---|---:|---:|---:|---:|"]
    for name in lines[0]["variants"]:
        cells = [
            _percent([line["variants"][name][key] for line in lines]) for key in ("own", "other", "sample", "told")
        ]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _percent(values: Sequence[float]) -> str:
    return f"{100 * fmean(values):.0f}"


def main() -> None:
    """Write the page."""
    args = page_options(__doc__, LINES, PAGE)
    lines = [line for line in read_lines(args.lines) if not line["quick"]]
    args.out.write_text(page(lines), encoding="utf-8")
    print(args.out)


if __name__ == "__main__":
    main()
