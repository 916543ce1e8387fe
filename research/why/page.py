"""Write docs/why.md from research/why/results.jsonl; no number there is typed by hand.

python -m research.why.page
"""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from divecast.explain import LEAST_AGREEMENT
from research.common import read_lines
from research.model_versions import write_page
from research.scripts import page_options

LINES = Path(__file__).with_name("results.jsonl")
PAGE = Path(__file__).parents[2] / "docs" / "why.md"
CASES = ("eia", "motion", "loads")
STEPS = (1, 3, 6, 12, 24)
Line = dict[str, Any]

INTRO = f"""# Why: does attention show what a forecast depends on?

Written by `python -m research.why.page` from `research/why/results.jsonl`; every line there is one fit by
`python -m research.why.run eia --data PATH/eia_us_demand_hourly`, `... motion` or `... loads`, explained over
every fifth window of its test part.

`model.why(data)` removes each component of the code in turn, by setting it to its prior mean, and measures how the
forecast changes: *ablation*. The attention weights of the fusion look similar: they show how much of each factor's
token is used. But weights need not be reasons (Jain and Wallace 2019, "Attention is not Explanation"), so they are
compared with ablation, and `why` shows them only if the ranks of the two agree over windows and factors: Spearman's
correlation of {LEAST_AGREEMENT:g} or more.

How to read the tables:

- **share**: of a component in the change of the forecast at that step; the shares in each column add up to 1.
- **window alone**: share of the variance of the forecasts that remains without any code.
- **rank correlation**: of attention and ablation, at that step. *All* is over windows and factors: does attention rank
  the factors as ablation does? For one *factor* it is over the windows: does attention show in which windows the factor
  matters? 1 is the same order, 0 none, below 0 the opposite. Attention has one weight for all steps, ablation one for
  each. With two factors the shares of both add up to 1, so their correlations are the same.

If the correlation is low, trust the shares. Of what the code does to a forecast, only the part that passes the fusion
(`fused_share`) has attention at all; the rest is of the linear path, which reads the classes directly.
"""


def page(lines: Sequence[Line]) -> str:
    """Return the whole page."""
    cases = [[line for line in lines if line["case"] == case] for case in CASES]
    cases = [each for each in cases if each]
    return "\n".join([INTRO, "## In short\n", *map(_short, cases), "", *map(_case, cases)]).rstrip() + "\n"


def _short(lines: Sequence[Line]) -> str:
    n_agree = sum(line["agrees"] for line in lines)
    weights = ", ".join(f"{name} {_spread([line['attention'][name] for line in lines])}" for name in _factors(lines))
    overall, fits = _spread([line["overall"] for line in lines]), f"{len(lines)} fit" + "s" * (len(lines) != 1)
    fused = _spread([line["fused_share"] for line in lines])
    return (
        f"- `{lines[0]['case']}`: rank correlation {overall}; attention is shown in {n_agree} of {fits}. Its mean "
        f"weights: {weights}. Of what the code does to the forecast, {fused} passes the fusion."
    )


def _case(lines: Sequence[Line]) -> str:
    first = lines[0]
    steps = [step for step in STEPS if step <= len(first["window_share"])]
    rows = [[f"share of {part}", *_at(lines, steps, "share", part)] for part in first["share"]]
    rows += [["window alone", *_at(lines, steps, "window_share")]]
    rows += [["rank correlation, all", *_at(lines, steps, "by_step", "all")]]
    rows += [[f"rank correlation, {name}", *_at(lines, steps, "by_step", name)] for name in _factors(lines)]
    seeds = "1 seed" if len(lines) == 1 else f"{len(lines)} seeds, mean and standard deviation"
    head = f"## {first['case']}\n\n{first['about'].rpartition('; people')[0] or first['about']}. "
    head += f"{first['windows']} windows of the test part; {seeds}.\n"
    table = [["step", *map(str, steps)], ["---", *["---:"] * len(steps)], *rows]
    return "\n".join([head, *(f"| {' | '.join(row)} |" for row in table)]) + "\n"


def _factors(lines: Sequence[Line]) -> list[str]:
    return list(lines[0]["factors"])


def _at(lines: Sequence[Line], steps: Sequence[int], *path: str) -> list[str]:
    """Return a value of the lines at each step."""
    found = []
    for line in lines:
        value: Any = line
        for name in path:
            value = value[name]
        found.append(value)
    return [_spread([values[step - 1] for values in found]) for step in steps]


def _spread(values: Sequence[float]) -> str:
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return "none"
    return f"{fmean(known):.2f}" + (f" ± {stdev(known):.2f}" if len(known) > 1 else "")


def main() -> None:
    """Write the page."""
    args = page_options(__doc__, LINES, PAGE)
    lines = read_lines(args.lines)
    write_page(args.out, page([line for line in lines if not line["quick"]]), lines)
    print(args.out)


if __name__ == "__main__":
    main()
