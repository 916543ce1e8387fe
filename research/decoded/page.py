"""Write docs/decoded.md from research/decoded/results.jsonl; no number there is typed by hand.

python -m research.decoded.page
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from research.common import read_lines
from research.decoded.variants import CHOSEN
from research.model_versions import write_page
from research.scripts import page_options
from research.what_if.readers import CONVOLUTIONS

LINES = Path(__file__).with_name("results.jsonl")
PAGE = Path(__file__).parents[2] / "docs" / "decoded.md"
ARMS = {"movement": "movement", "learned": "learned decoder"}
WAYS = {
    "own": "own exercise",
    "other": "another exercise",
    "sample": "drawn",
    "sample, mean": "drawn, without noise",
}
SUMMARIES = "logistic regression, summaries, C=0.01"
Line = dict[str, Any]

INTRO = """# Decoded recordings: does a window look like the exercise that it was decoded under?

Written by `python -m research.decoded.page` from `research/decoded/results.jsonl`; every line there is one run of
`python -m research.decoded.run`.

`motion` has ten people, seven exercises and two sides. Windows of 200 rows (4 s) start every 50 rows. In each of five
folds two people are the test part, two others validate, and six are learned from. Windows of the test people are told
by a and given back under their own exercise, and under one that is drawn from the others; and as many windows are drawn
from the prior of a, as `sample(classes={"exercise": ...})` does, with noise around them and without.

**The judges** are trained on real windows of the six people and on nothing from the model. Of the classifiers of
[what-if](what_if.md) the one is kept that reads the validation people best, half of the score from their windows and
half from these as they are given back. A logistic regression on summaries of the movement, second in the tables, lives
on the power at high frequencies, which no mean of a distribution has: it reads windows that
are drawn with their noise as well as real ones, and means less well.

**The movement.** A window is its level plus six harmonics of one period, which is found by least squares over a range
of periods. The phase is told apart: amplitudes are turned to the phase in which they are most like the template of the
class, a generalised Procrustes mean. What is left, levels and amplitudes, is described by a few directions, whose
coordinates are standardised by mean and covariance of the class, together with the logarithm of the period. So a tells
phase, speed and shape, and no class; see [method.md](method.md). The window is aligned in closed form before the
decoder, rather than by a rotation that is learned: a fit to so few windows makes few steps, and the encoder of
recordings takes mean and maximum over time, which tell no phase.

The next two tables are of closed forms alone, which are given the labels. The decoder of a fitted model adds what it
learns around the movement.
"""


def page(lines: Sequence[Line]) -> str:
    """Return the whole page."""
    closed = sorted((line for line in lines if line["arm"] == "closed"), key=lambda line: int(line["fold"]))
    by_arm = {arm: [line for line in lines if line["arm"] == arm] for arm in ARMS}
    parts = [INTRO, "## Test people\n", _folds(closed), "", "## What was compared, on validation people\n"]
    parts += [_variants(closed), ""]
    if any(by_arm.values()):
        parts += ["## Fitted models\n", _read(by_arm), "", _costs(by_arm)]
    return "\n".join(parts).rstrip() + "\n"


def _folds(lines: Sequence[Line]) -> str:
    """Return what the judges read in windows of the test people that the chosen closed form gives."""
    about = (
        f"The movement with eight dimensions, half of those of a. Share of windows that are read as the exercise that "
        f"they were decoded under, %: judge of what-if / {SUMMARIES}.\n"
    )
    head = f"| test people | windows | real windows | {' | '.join(WAYS.values())} |"
    rows = [about, head, f"|---|---:|{'---:|' * (1 + len(WAYS))}"]
    for some in [*([line] for line in lines), lines]:
        who = ", ".join(some[0]["people"]["test"]) if some is not lines else "mean"
        pairs = [(line, line["variants"][CHOSEN]) for line in some]
        cells = [_both([line["real"] for line, _ in pairs], [found["judge"] for _, found in pairs])]
        for way in WAYS:
            read = [found["test"]["read"][way] for _, found in pairs]
            cells.append(_both(read, [found["judge"] for _, found in pairs]))
        rows.append(f"| {who} | {sum(line['windows'] for line in some)} | {' | '.join(cells)} |")
    judges = sorted({line["variants"][CHOSEN]["judge"] for line in lines})
    told = _percent([line["variants"][CHOSEN]["test"]["told"] for line in lines])
    seconds = fmean(line["core_seconds"] for line in lines)
    last = (
        f"\nThe judge of what-if is: {'; '.join(judges)}. Of the variance within windows, around their level, {told} % "
        f"is given back. A fold, with all judges and variants, takes {seconds:.0f} core seconds."
    )
    return "\n".join([*rows, last])


def _both(read: Sequence[dict[str, float]], judges: Sequence[str]) -> str:
    chosen = _percent([each[judge] for each, judge in zip(read, judges, strict=True)])
    return f"{chosen} / {_percent([each[SUMMARIES] for each in read])}"


def _variants(lines: Sequence[Line]) -> str:
    about = (
        "Mean of the folds, %, as above. *Not aligned* are principal components of whole windows around the mean of "
        "the class, standardised by class alike, with white noise: what is lost where the phase is not told apart. All "
        "are closed forms.\n"
    )
    head = f"| | {' | '.join(WAYS.values())} | variance given back |"
    rows = [about, head, f"|---|{'---:|' * (1 + len(WAYS))}"]
    for name in lines[0]["variants"]:
        found = [line["variants"][name] for line in lines]
        judges = [each["judge"] for each in found]
        cells = [_both([each["valid"]["read"][way] for each in found], judges) for way in WAYS]
        rows.append(f"| {name} | {' | '.join(cells)} | {_percent([each['valid']['told'] for each in found])} |")
    return "\n".join(rows)


def _read(by_arm: dict[str, list[Line]]) -> str:
    """Return what the judges read in windows of the test people that fitted models give."""
    judges: dict[str, Callable[[Line], str]] = {
        "judge of what-if": lambda line: str(line["judge"]),
        "summaries": lambda _: SUMMARIES,
        "random convolutions": lambda _: CONVOLUTIONS,
    }
    ways = ["own", "other", "other, a kept", "sample", "sample, mean"]
    about = (
        "At most 400 windows of the test people by `what_if`, with a adjusted to the labels and with a kept, and 30 "
        "samples of each exercise; all settings are the default, the horizon is 50 rows. *Random convolutions* is a "
        "ridge regression on them, the strongest classifier of real windows.\n"
    )
    head = ["decoder", "folds", "judge", "real windows", "own", "another", "another, a kept", "`sample`"]
    head.append("`sample(noise=False)`")
    rows = [about, f"| {' | '.join(head)} |", f"|---|---:|---|{'---:|' * (1 + len(ways))}"]
    for arm, lines in by_arm.items():
        for name, judge in judges.items():
            if lines:
                real = _percent([line["real"][judge(line)] for line in lines])
                cells = [_percent([line["read"][way][judge(line)] for line in lines]) for way in ways]
                rows.append(f"| {ARMS[arm]} | {len(lines)} | {name} | {real} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _costs(by_arm: dict[str, list[Line]]) -> str:
    both = {line["fold"] for line in by_arm["movement"]} & {line["fold"] for line in by_arm["learned"]}
    if not both:
        return ""
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


def _percent(values: Sequence[float]) -> str:
    return f"{100 * fmean(values):.0f}"


def main() -> None:
    """Write the page."""
    args = page_options(__doc__, LINES, PAGE)
    lines = [line for line in read_lines(args.lines) if not line["quick"]]
    write_page(args.out, page(lines), lines)
    print(args.out)


if __name__ == "__main__":
    main()
