"""Write docs/known.md from research/known/results.jsonl and the race; no number there is typed by hand.

python -m research.known.page
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from research.common import number, read_lines, spread, table
from research.model_versions import write_page
from research.scripts import page_options

LINES = Path(__file__).with_name("results.jsonl")
RACE = Path(__file__).parents[1] / "race" / "results.jsonl"
CLOSED = Path(__file__).parents[1] / "speed" / "closed_forms.jsonl"
PAGE = Path(__file__).parents[2] / "docs" / "known.md"
Line = dict[str, Any]

INTRO = """# What is gained by what is known

Written by `python -m research.known.page`; each line behind it is one fit by `python -m research.known.run CASE`, or
one entry of the race (`python -m research.race.run --data PATH --track bike`). Means over seeds, and the standard
deviation where there are two or more. How effects work: [effects.md](effects.md).
"""

SYNTHETIC = """## A shop whose effects are known

Two years of hourly sales of three shops (`research/known/synthetic.py`): a promotion adds 5, a holiday takes 6, each
degree above 18 adds 2; noise of .5. Day-ahead forecasts of the last fifth, told promotion, holiday and temperature of
the target rows. *Effect* is the mean change of the forecast in the scenario "promotion on", "holiday yes", for a day
that has neither.
"""

EIA = """## EIA, with and without effects

112 series of hourly demand, hour, weekday and month told (*told*), the holidays of the US as well (*holidays told*,
factor `holiday:US`), a model without effects, or the mean of the forecasts of five fits that are told the calendar
(*five members*; so are their intervals); 24 steps ahead from every row of the last fifth (2024). RRSE at the steps 3,
6, 12 and 24, and their mean; the share of the target rows that the 90 % interval holds; processor seconds of fit and
scores, beside other work (of the scores alone where the model was kept). An arm of fewer than three seeds decides
nothing; its row says how many it has.
"""

CLOSED_FORMS = """The closed forms that the fit begins with take {effects:.1f} (effects) and {linear:.1f} (linear path)
processor seconds on one thread (`python -m research.speed.closed_forms`, median of {n}, beside other programs).
"""

HOLIDAYS = """Mean RRSE of the four steps over the target rows on the six big holidays (New Year, Memorial Day,
Independence Day, Labor Day, Thanksgiving, Christmas), on the days after them, and on all other days, each with its own
mean; and what the 90 % interval holds of them.
"""

CODES = """What the labels tell of a, from every fifth window: share of the variance of a that a linear map of hour,
weekday and month tells, made on the validation year, there and carried over to the test year; accuracy of trees taught
on a of the validation year; accuracy of the labels that the model infers from the values.
"""

RACED = """## Weather

Measured weather stands for a forecast of it, which flatters every entry alike. Every entry is told the same columns;
MASE and CRPS are means over all steps of the horizon. The weighted quantile loss is the CRPS divided by a constant, so
ratios are the same. Rivals are trained in full (`--most 1000`). Gaps of bike sharing (165 of 17,544 hours) are
interpolated for all entries, since rivals cannot use them.
"""


def page(lines: Sequence[Line], raced: Sequence[Line], closed: Sequence[Line]) -> str:
    """Return the whole page; cases without a run are named."""
    cases: dict[str, tuple[str, Callable[[Sequence[Line]], str]]] = {
        "synthetic": (SYNTHETIC, _synthetic),
        "eia": (EIA, _eia),
    }
    parts = [INTRO]
    for case, (intro, body) in cases.items():
        own = [line for line in lines if line["case"] == case and not line["quick"]]
        parts.append(f"{intro}\n{body(own) if own else 'Not measured yet.'}\n")
    parts += _closed_forms(closed)
    parts.append(f"{RACED}\n{_raced(raced)}\n")
    return "\n".join(parts)


def _closed_forms(lines: Sequence[Line]) -> list[str]:
    if not lines:
        return []
    effects, linear = (
        float(np.median([line["seconds"][name] for line in lines])) for name in ("effects", "linear path")
    )
    return [CLOSED_FORMS.format(effects=effects, linear=linear, n=len(lines))]


def _synthetic(lines: Sequence[Line]) -> str:
    header = ["rows", "bias", "90 % interval holds", "effect"]
    return table(
        header,
        [
            [name, *(_of([line[key].get(name) for line in lines]) for key in ("bias", "holds", "effect"))]
            for name in lines[0]["bias"]
        ],
    )


def _eia(lines: Sequence[Line]) -> str:
    arms = {arm: [line for line in lines if line["arm"] == arm] for arm in dict.fromkeys(line["arm"] for line in lines)}
    return "\n".join([_accuracy(arms), HOLIDAYS, _on_holidays(arms), CODES, _codes(arms)])


Arms = dict[str, list[Line]]


def _accuracy(arms: Arms) -> str:
    rows, means = [], {}
    for arm, lines in arms.items():
        steps = [[line["rrse"]["all"][step] for line in lines] for step in ("3", "6", "12", "24")]
        over_steps = np.mean(steps, axis=0).tolist()
        means[arm] = float(np.mean(over_steps))
        seconds = f"{np.mean([line['cpu_seconds'] for line in lines]):.0f}"
        held = _of([line["holds"]["all"] for line in lines])
        rows.append([arm, str(len(lines)), *map(_of, steps), _of(over_steps), held, seconds])
    found = table(["", "seeds", "3", "6", "12", "24", "mean", "90 % interval holds", "CPU s"], rows)
    return f"{found}\n\n{_verdict(means)}\n" if {"told", "without effects"} <= means.keys() else f"{found}\n"


def _verdict(means: dict[str, float]) -> str:
    change = 100.0 * (means["told"] / means["without effects"] - 1.0)
    return f"With effects the mean RRSE is {abs(change):.1f} % {'above' if change > 0 else 'below'} that without."


def _on_holidays(arms: Arms) -> str:
    rows = []
    for arm, lines in arms.items():
        for days in ("holiday", "after", "other"):
            errors = [float(np.mean([*line["rrse"][days].values()])) for line in lines]
            rows.append([f"{arm}, {days}", _of(errors), _of([line["holds"][days] for line in lines])])
    return table(["", "RRSE", "90 % interval holds"], rows) + "\n"


_READ = {"variance": "variance of a told", "read_from_a": "read from a", "read_from_b": "read from b"}


def _codes(arms: Arms) -> str:
    arms = {arm: lines for arm, lines in arms.items() if "read_from_a" in lines[0]}
    names = [(key, name) for key in _READ for name in next(iter(arms.values()))[0][key]]
    rows = [
        [f"{_READ[key]}: {name}", *(_of([line[key][name] for line in lines]) for lines in arms.values())]
        for key, name in names
    ]
    return table(["", *arms], rows)


def _raced(lines: Sequence[Line]) -> str:
    rows = []
    for track in ("bike", "tetouan"):
        for entry in dict.fromkeys(line["entry"] for line in lines if line["track"] == track and not line["quick"]):
            own = [line["scores"] for line in lines if line["track"] == track and line["entry"] == entry]
            rows.append(
                [f"{track}, {entry}", *(_of([each[name]["mean"] for each in own]) for name in ("mase", "crps"))]
            )
    return table(["", "MASE", "CRPS"], rows) if rows else "Not measured yet."


def _of(values: Sequence[float | None]) -> str:
    found = spread([value for value in values if value is not None])
    if found is None:
        return ""
    return number(found.mean) if found.sd is None else f"{number(found.mean)} ± {number(found.sd)}"


def main() -> None:
    """Write the page."""
    options = page_options(__doc__, LINES, PAGE)
    lines, race, closed = map(read_lines, (options.lines, RACE, CLOSED))
    write_page(options.out, page(lines, race, closed), lines)


if __name__ == "__main__":
    main()
