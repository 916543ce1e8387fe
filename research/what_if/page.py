"""Write docs/what_if.md from research/what_if/results.jsonl; no number there is typed by hand.

python -m research.what_if.page
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from research.common import read_lines
from research.model_versions import write_page
from research.scripts import page_options

LINES = Path(__file__).with_name("results.jsonl")
PAGE = Path(__file__).parents[2] / "docs" / "what_if.md"
CASES = ("eia", "motion", "loads")
WAYS = {"adjusted": "a adjusted", "kept": "a kept"}
SEEN = {"window": "The reconstructed window", "forecast": "The forecast"}
Line = dict[str, Any]

INTRO = """# What-if: does the answer look like the class asked for?

Written by `python -m research.what_if.page` from `research/what_if/results.jsonl`; every line there is one run of
`python -m research.what_if.run eia --data PATH/eia_us_demand_hourly`, `... motion` or `... loads`.

`model.what_if(data, at="2024-06-01T01:00", factor="weekday", to="Sun")` forecasts a window as it is and as if it
were of another class. The block of b is set to that class, at the centre of its component, as for a known label; the
other factors keep their blocks. The class of a factor is that of the *last row* of the window: a forecast from midnight
comes from a window of the day before.

**What happens to a.** p(a|b) is a standard normal, so a should not depend on the labels. How far it does, the share of
the variance of a that a linear map of the labels explains, is given below: on panels hardly, as effects take what
labels tell out of the window, on recordings by a third. With `unlabelled_code="kept"`, a stays as inferred; the decoder
could recover the old label from it. With `unlabelled_code="adjusted"`, the default, a is shifted by the difference that
this map, estimated on the given data, predicts between the new class and the old one; the variation of a that the
labels do not explain stays. (Both are our choice.)

**The judge** is a classifier for each factor, trained on real windows and labels of the training part and on nothing
from the model; which classifier is decided on the validation part. Every test window is asked once for every factor,
for a class drawn at random from the others, and the judge classifies the answer.

- **real**: accuracy of the judge on measured windows of the test part. **own**: its accuracy on the model's output
  under the window's own labels; if it is far below *real*, the decoder or the judge fails before any question is asked,
  and answers can hardly be classified better than that.
- **new class**: answers classified as the class that was asked for; **before**: the model's output with nothing
  changed,
  classified as that class; **old class**: answers still classified as the class of the window.
- **others kept**: answers for which every other factor is classified as the window's own; next to it the rate for each
  factor. The reference for both is *own*, in brackets: the same rate with nothing changed.

**What moves.** The window is reconstructed from the code alone. The forecast also reads the measured window. Of a
panel, the effects of the factor on rows ([effects.md](effects.md)) become those of the class asked for, in the window
and in its future, while a and what the values of the window deviate from their effects stay: abduction, action and
prediction. Recordings have no effects, nor have models with `ModelConfig(effects=False)`: there the forecaster reads
the window as it was measured, and another label hardly changes its forecast. The answer is the model's forecast for the
same window under another label, not what *would have* happened. Its judge reads the forecast steps; its intervals are
calibrated on windows under their own labels only.
"""


def page(lines: Sequence[Line]) -> str:
    """Return the whole page."""
    cases = [[line for line in lines if line["case"] == case] for case in CASES]
    cases = [each for each in cases if each]
    return "\n".join([INTRO, "## In short\n", *map(_short, cases), "", *map(_case, cases)]).rstrip() + "\n"


def _short(lines: Sequence[Line]) -> str:
    said, ahead = [], []
    for name in lines[0]["factors"]:
        adjusted, kept = (_answers(lines, way, name, "window") for way in WAYS)
        moved, still = (_spread([answer["target"] for answer in answers]) for answers in (adjusted, kept))
        own = _spread([answer["factual"][name] for answer in adjusted])
        said.append(f"{name} {moved} ({still} with a kept; own label recognised in {own})")
        forecast = _answers(lines, "adjusted", name, "forecast")
        read, before = (_spread([answer[which] for answer in forecast]) for which in ("target", "target_before"))
        ahead.append(f"{name} {read} ({before} with nothing changed)")
    return (
        f"- `{lines[0]['case']}`, the reconstructed window is classified as the new class, %: {'; '.join(said)}. The "
        f"forecast "
        f"is: {'; '.join(ahead)}."
    )


def _case(lines: Sequence[Line]) -> str:
    first = lines[0]
    told = [fmean(line["labels_in_a"]) for line in lines]
    seeds = f"{len(lines)} seeds; % of windows, mean and standard deviation over seeds"
    seeds = seeds if len(lines) > 1 else "1 seed; % of windows"
    head = (
        f"## {first['case']}\n\n{_about(lines)}. {_windows(lines)} test windows, {seeds}. Labels explain "
        f"{_spread(told)} "
        "% of the variance of a (mean over its dimensions, test part)."
    )
    return "\n\n".join([head, *(_table(lines, what, title) for what, title in SEEN.items())]) + "\n"


def _windows(lines: Sequence[Line]) -> str:
    counts = sorted({line["windows"] for line in lines})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _about(lines: Sequence[Line]) -> str:
    """Describe the case; where others are held out with every seed, say just that."""
    abouts = {line["about"] for line in lines}
    about = str(lines[0]["about"])
    return about if len(abouts) == 1 else f"{about.rpartition('; ')[0]}; other people are held out for every seed"


def _table(lines: Sequence[Line], what: str, title: str) -> str:
    head = [
        "changed",
        "",
        "classes",
        "real",
        "own",
        "before",
        "new class",
        "old class",
        "others kept",
        "each of the others",
    ]
    rows = [f"| {' | '.join(head)} |", f"|---|---|{'---:|' * (len(head) - 3)}---|"]
    for name in lines[0]["factors"]:
        for way, words in WAYS.items():
            rows.append(f"| {name} | {words} | {' | '.join(_cells(lines, name, way, what))} |")
    readers = "; ".join(
        f"{name}: {', '.join(sorted({line['readers'][what][name] for line in lines}))}" for name in lines[0]["factors"]
    )
    return f"### {title}\n\n" + "\n".join(rows) + f"\n\nJudges: {readers}."


def _cells(lines: Sequence[Line], name: str, way: str, what: str) -> list[str]:
    answers = _answers(lines, way, name, what)
    each = [
        f"{other} {_spread([answer['kept'][other] for answer in answers])} "
        f"(own {_spread([answer['factual'][other] for answer in answers])})"
        for other in lines[0]["factors"]
        if other != name
    ]
    rates = ("target_before", "target", "old", "kept_all", "kept_all_before")
    *scores, kept, kept_own = (_spread([answer[rate] for answer in answers]) for rate in rates)
    return [
        str(lines[0]["classes"][name]),
        _spread([line["real"][what][name] for line in lines]),
        _spread([answer["factual"][name] for answer in answers]),
        *scores,
        f"{kept} (own {kept_own})",
        "; ".join(each),
    ]


def _answers(lines: Sequence[Line], way: str, name: str, what: str) -> list[Line]:
    """Return what was read, a seed each, of one factor that was moved."""
    return [line["asked"][way][name][what] for line in lines]


def _spread(values: Sequence[float]) -> str:
    spread = f" ± {100 * stdev(values):.1f}" if len(values) > 1 else ""
    return f"{100 * fmean(values):.1f}{spread}"


def main() -> None:
    """Write the page."""
    args = page_options(__doc__, LINES, PAGE)
    lines = read_lines(args.lines)
    write_page(args.out, page([line for line in lines if not line["quick"]]), lines)
    print(args.out)


if __name__ == "__main__":
    main()
