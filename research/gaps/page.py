"""Write docs/gaps.md from research/gaps/results.jsonl; no number there is typed by hand.

python -m research.gaps.page
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from research.common import mean_sd, read_lines, spread, table
from research.gaps.run import ARMS, PATTERNS, TABLES
from research.model_versions import write_page
from research.scripts import page_options

LINES = Path(__file__).with_name("results.jsonl")
PAGE = Path(__file__).parents[2] / "docs" / "gaps.md"
Line = Mapping[str, Any]

INTRO = """# Labels that training rows lack: do they help a forecast?

Written by `python -m research.gaps.page`; each line behind it is one fit by `python -m research.gaps.run`.

Where the label of a row is missing, the effect that is expected without it counts. So what is left of a series changes
from row to row with what is known. Where the window tells as much as the label, as of an hour or a weekday, a model
that learns from scattered labels is misled where all are known; where nothing else tells it, as of a promotion, a few
known rows help. So a label or covariate that more than 2 % of the training rows lack has an effect only if the linear
path then has a lower loss on the validation part: by a fifth of v s / (1 - s), where s is the share of rows without a
value in windows that have one, and v the share of values that are not of the most common class. Each takes one more
solution of the linear path. A warning names what has no effect. The rule was made with the test part of seeds 0 and 1
in sight. Columns that differ between series have their effects in any case. The network is not told of a column of
which s is above a tenth: it would add up over known rows what it learned of single ones. The effects of the rows before
and after count only where the row itself has a label: of scattered labels, each of the three would be the whole.

The 27 shipped load profiles, a day ahead from a week. *Clock*: hour and weekday are label columns. *Promotion*: a
standard deviation of each series is added on days drawn at random. Of training and validation part some rows have
labels, all of the test part do. RRSE of the test part, mean ± standard deviation over seeds; *no effect* is what the
default left out, and in how many of the fits.
"""


def page(lines: Sequence[Line]) -> str:
    """Return the whole page."""
    return "\n".join([INTRO, *(_table(lines, name) for name in TABLES)])


def _table(lines: Sequence[Line], name: str) -> str:
    rows = []
    for pattern in PATTERNS:
        own = [line for line in lines if line["table"] == name and line["pattern"] == pattern]
        if own:
            scores = [mean_sd(spread([line["rrse"] for line in own if line["arm"] == arm])) for arm in ARMS]
            rows.append([pattern, str(len({line["seed"] for line in own})), *scores, _left_out(own)])
    header = ["labels known at", "seeds", *ARMS, "no effect"]
    return f"## {name.capitalize()}\n\n{table(header, rows)}\n"


def _left_out(lines: Sequence[Line]) -> str:
    fits = [line["without"] for line in lines if line["arm"] == "default"]
    names = dict.fromkeys(name for without in fits for name in without)
    return ", ".join(f"{name} {sum(name in without for without in fits)} of {len(fits)}" for name in names)


def main() -> None:
    """Write the page."""
    options = page_options(__doc__, LINES, PAGE)
    lines = read_lines(options.lines)
    write_page(options.out, page(lines), lines)


if __name__ == "__main__":
    main()
