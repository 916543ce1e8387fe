"""Write docs/proposed.md from research/proposed/results.jsonl; no number there is typed by hand.

python -m research.proposed.page
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from research.common import read_lines, table
from research.model_versions import write_page
from research.scripts import page_options

LINES = Path(__file__).with_name("results.jsonl")
PAGE = Path(__file__).parents[2] / "docs" / "proposed.md"
REAL = ("big holidays", "federal holidays", "days after big holidays", "exercise", "side")
"""Labellings that are known to be real and that the model was not told of."""
Line = dict[str, Any]

INTRO = """# Labels proposed: are the real ones kept?

Written by `python -m research.proposed.page` from `research/proposed/results.jsonl`; every line there is one labelling
proposed to one fitted model that was not told of it, by `python -m research.proposed.run eia --data
PATH/eia_us_demand_hourly --models FOLDER` or `... motion`. [agents.md](agents.md) has the test and the rule.

How to read the tables. Each measure is that of the labelling, in brackets the mean of the shuffled ones, then p: the
share of labellings, the proposed one included, that do as well (the least p is 1 over the number of shuffled ones + 1).

- **read**: mean share of the classes that is read correctly on windows held out.
- **of a**: share of the variance of a between the classes. **of errors**: share of the squared mean errors of forecasts
  that the class explains on rows left out.
- **told**: the same share as *read*, of what hour, weekday and month tell without any values. It can be above *read*:
  a window that ends in the first hours of a holiday does not show it, and the months of holidays are known.
- **error ratio**: mean absolute error of forecasts of rows of the class "yes", over that of all rows.
"""

ABOUT = {
    "eia": """112 series of hourly demand of the US, 2020 to 2024; the models know hour, weekday and month, and no
holiday. *Big holidays* are New Year, Memorial Day, Independence Day, Labor Day, Thanksgiving and Christmas; *federal
holidays* are those of the package `holidays`. *Two weeks after big holidays* have their weekdays and season, and are
none. *Storms* are 50 spans of three days drawn at random: no one knows of such storms. *Chance* are as many weekdays as
there are big holidays, drawn at random. Days are those of the eastern US.""",
    "motion": """Watch recordings of ten people, four of them held out; *exercise* is proposed to a model that was told
the side alone, *side* to one that was told the exercise. *Half* is whether the number of the recording is even,
*chance* the exercises dealt out again at random.""",
}


def page(lines: Sequence[Line]) -> str:
    """Return the whole page."""
    cases = [[line for line in lines if line["case"] == case and not line["quick"]] for case in ABOUT]
    cases = [each for each in cases if each]
    return "\n".join([INTRO, "## In short\n", *map(_short, cases), "", *map(_case, cases)]).rstrip() + "\n"


def _short(lines: Sequence[Line]) -> str:
    real = [line for line in lines if line["kind"] in REAL]
    others = [line for line in lines if line["kind"] not in REAL]
    missed = sorted({line["kind"] for line in real if not line["kept"]})
    wrong = sorted({line["kind"] for line in others if line["kept"]})
    explain = sum(line["of_errors"]["p"] <= line["alpha"] for line in real)
    said = f"- `{lines[0]['case']}`: {_kept(real)} real labellings were kept, and {_kept(others)} of the others"
    said += f" ({', '.join(wrong)})" if wrong else ""
    said += f"; dropped though real: {', '.join(missed)}" if missed else ""
    n_wrong = sum(line["of_errors"]["p"] <= line["alpha"] for line in others)
    counts = f"{explain} of {len(real)} and {n_wrong} of {len(others)}"
    return f"{said}. Errors are explained (p at most {lines[0]['alpha']:g}) by {counts}."


def _kept(lines: Sequence[Line]) -> str:
    return f"{sum(line['kept'] for line in lines)} of {len(lines)}"


def _case(lines: Sequence[Line]) -> str:
    first = lines[0]
    is_panel = first["unit"] == "row"
    header = ["labelling", "seed", "verdict", "read", "of a", "of errors", "held out"]
    header += ["told", "error ratio"] if is_panel else []
    rows = [
        [
            line["kind"],
            str(line["seed"]),
            "**kept**" if line["kept"] else "dropped",
            *(_measure(line[name]) for name in ("read", "of_a", "of_errors")),
            _held_out(line),
            *([f"{line['told_by_factors']:.3f}", f"{line['classes'][-1]['error_ratio']:.2f}"] if is_panel else []),
        ]
        for line in sorted(lines, key=lambda line: (line["seed"], line["kind"].startswith("chance")))
    ]
    seconds = sum(line["cpu_seconds"] for line in lines) / len(lines)
    head = f"## {first['case']}\n\n{ABOUT[first['case']]}\n\n"
    head += (
        f"Held out: {first['held_out']}; shuffled labellings are {first['shuffled']}, {first['read']['n_shuffles']} of "
        f"them. A proposal takes {seconds:.0f} seconds of one core.\n"
    )
    return f"{head}\n{table(header, rows)}\n"


def _held_out(line: Line) -> str:
    unit = "spans" if line["unit"] == "row" else "recordings"
    return f"{min(each['n_spans'] for each in line['classes'])} {unit}"


def _measure(measure: dict[str, float] | None) -> str:
    if measure is None:
        return ""
    return f"{measure['value']:.3f} ({measure['shuffled_mean']:.3f}) {measure['p']:.3f}"


def main() -> int:
    """Write the page."""
    options = page_options(__doc__, LINES, PAGE)
    lines = read_lines(options.lines)
    write_page(options.out, page(lines), lines)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
