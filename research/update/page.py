"""Write docs/production.md, with the figures of research/update/results.jsonl; no number there is typed by hand.

python -m research.update.page
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from research.common import mean_sd, read_lines, spread, table
from research.model_versions import write_page
from research.scripts import page_options

LINES = Path(__file__).with_name("results.jsonl")
PAGE = Path(__file__).parents[2] / "docs" / "production.md"
TEXT = Path(__file__).with_name("production.md")
WAYS = {
    "former": "former model, on all rows until the newer ones",
    "update": "former model, updated",
    "fit": "fit, 40 % held out",
    "refit": "fit with `refit=True`",
}
_FIGURES = "FIGURES"
Line = dict[str, Any]


def page(lines: Sequence[Line], text: str) -> str:
    """Return the page: the text, with the tables of the cases that are complete."""
    cases = dict.fromkeys(line["case"] for line in lines if line["way"] == "refit")
    return text.replace(_FIGURES, "\n\n".join(_case(name, lines) for name in cases) or "Not measured yet.")


def _case(name: str, lines: Sequence[Line]) -> str:
    ways = {way: [each for each in lines if (each["case"], each["way"]) == (name, way)] for way in WAYS}
    measures = ("mae", "mase", "crps", "coverage")
    rows = [
        [WAYS[way], *(mean_sd(spread([each[key] for each in own])) for key in measures), f"{_mean(own, 'seconds'):.1f}"]
        for way, own in ways.items()
    ]
    header = [f"{name}, {len(ways['refit'])} seeds", "MAE", "MASE", "CRPS", "90 % interval holds", "CPU s"]
    return f"{table(header, rows)}\n\n{_verdict(ways)}"


def _verdict(ways: dict[str, list[Line]]) -> str:
    def against(way: str, key: str) -> str:
        change = 100.0 * (_mean(ways[way], key) / _mean(ways["refit"], key) - 1.0)
        return f"{abs(change):.1f} % {'above' if change > 0 else 'below'}"

    quicker = [f"{_mean(ways[way], 'seconds') / _mean(ways['update'], 'seconds'):.1f}" for way in ("fit", "refit")]
    return (
        f"Next to the fit on all rows, MAE is {against('fit', 'mae')} with 40 % held out, {against('former', 'mae')} "
        f"with the former model, and {against('update', 'mae')} with the updated one (CRPS "
        f"{against('update', 'crps')}). The update is {quicker[0]} times quicker than a fit, and {quicker[1]} times "
        "quicker than one with `refit`."
    )


def _mean(lines: Sequence[Line], key: str) -> float:
    return fmean(line[key] for line in lines)


def main() -> None:
    """Write the page."""
    options = page_options(__doc__, LINES, PAGE)
    lines = read_lines(options.lines)
    write_page(options.out, page(lines, TEXT.read_text(encoding="utf-8")), lines)


if __name__ == "__main__":
    main()
