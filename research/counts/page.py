"""Write docs/counts.md from the lines of results.

python -m research.counts.page
"""

from collections.abc import Sequence
from typing import Any

from research.common import DOCS, mean_sd, read_lines, spread, table
from research.counts.grown import OUT as GROWN
from research.counts.run import OUT
from research.counts.task import LEVELS
from research.counts.worlds import TASKS
from research.model_versions import write_page
from research.scripts import page_options

HEAD = f"""# Counts, and series that grow

## Counts

`python -m research.counts.run --data ../shared/data --rivals .venv-rivals/bin/python` forecasts daily counts of 100
drawn series, four windows of 28 days after 728 days, and hourly riders of hired bikes. *Lumpy* demand is 0 on four of
five days; *smooth* counts are low ones with effects of weekday and promotion; *growing* ones end several times as high
as they began (`research/counts/worlds.py`). divecast and NHITS (of neuralforecast, 300 steps, early stopping) are told
weekday and promotion and fitted once, before the test part; CrostonSBA, TSB, ADIDA, IMAPA and AutoETS (of
statsforecast, conformal intervals) are fitted before each window.

WQL is the weighted quantile loss: twice the pinball loss over the sum of the targets, mean over the levels
{", ".join(map(str, LEVELS))}. *Held* is the share of values from the 10 % to the 90 % quantile, which is
more than 0.8 where quantiles are whole numbers. Settings were looked at on draws of seed 0, which are not shown. CPU
seconds are those of a busy machine.
"""
_GROWN = """## Series that grow

`python -m research.counts.grown` forecasts the last 12 of 144 months of 60 drawn series whose trend, season and noise
are in proportion to their level, with factor month and look-back 24, from a fit with the usual parts. The pinball loss
is relative to the mean of a series, mean over the levels 0.05, 0.25, 0.5, 0.75 and 0.95; *held* is the share of values
in the 90 % interval. Independent series are forecast by models of each alone, too, some of which read logarithms.
"""


def counts_table(name: str, lines: Sequence[dict[str, Any]]) -> str:
    """Return the table of a task; empty if it has no line."""
    by_entry: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        if line["task"] == name:
            by_entry.setdefault(line["entry"], []).append(line)
    rows = [
        [entry, str(len(runs)), *(mean_sd(spread([run[key] for run in runs])) for key in _KEYS)]
        for entry, runs in by_entry.items()
    ]
    rows.sort(key=lambda row: float(row[2].split(" ")[0]))
    head = [f"{name}", "runs", "WQL", "absolute error / sum", "held", "CPU s"]
    return table(head, rows) + "\n" if rows else ""


def grown_table(lines: Sequence[dict[str, Any]]) -> str:
    """Return the table of series that grow."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in lines:
        groups.setdefault((line["series"], line["scale"]), []).append(line)
    rows = [
        [f"{series}, {scale}", str(len(runs)), *(mean_sd(spread([run[key] for run in runs])) for key in _OF_GROWN)]
        for (series, scale), runs in groups.items()
    ]
    return table(["series, scale", "draws", "pinball loss", "bias", "held", "CPU s"], rows) + "\n"


_KEYS = ("wql", "error", "within", "seconds")
_OF_GROWN = ("pinball", "bias", "within", "seconds")


def page(lines: Sequence[dict[str, Any]], grown: Sequence[dict[str, Any]]) -> str:
    """Return the text of the page."""
    tables = [each for name in TASKS if (each := counts_table(name, lines))]
    lacking = [name for name in TASKS if not any(line["task"] == name for line in lines)]
    rest = [f"Not run yet: {', '.join(lacking)}.\n"] if lacking else []
    return "\n".join([HEAD, *tables, *rest, _GROWN, grown_table(grown)])


def main() -> None:
    """Write the page."""
    args = page_options(__doc__, OUT, DOCS / "counts.md")
    lines, grown = read_lines(args.lines), read_lines(GROWN)
    write_page(args.out, page(lines, grown), [line for line in lines if line["entry"].startswith("divecast")] + grown)
    print(args.out)


if __name__ == "__main__":
    main()
