"""Write docs/reproduction.md from runs of research.paper; no number there is typed by hand.

    python -m research.paper.docs_page DIR ...

Each DIR is an --out folder. Its cases replace the same cases in research/paper/results.jsonl, which has one line per
run; its figures go to docs/figures. Without a DIR the page is written again from the lines.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from research.model_versions import of_versions
from research.paper.page import write_page
from research.paper.record import Record, parse_record
from research.paper.runs import read_records, record_order

HERE = Path(__file__).parent
LINES = HERE / "results.jsonl"
PAGE = HERE.parents[1] / "docs" / "reproduction.md"
FIGURES = HERE.parents[1] / "docs" / "figures"
WIDE = HERE.parent / "scale" / "wide.json"


def kept_records() -> list[Record]:
    """The runs that are kept already."""
    lines = LINES.read_text(encoding="utf-8").splitlines() if LINES.is_file() else []
    return [parse_record(line, f"{LINES}, line {at}") for at, line in enumerate(lines, start=1)]


def joined(kept: list[Record], folders: list[list[Record]]) -> list[Record]:
    """Runs of all folders, and the kept ones of the cases that no folder has; the later of two same runs."""
    fresh = {(record.case, record.arm, record.seed): record for records in folders for record in records}
    cases = {case for case, _, _ in fresh}
    return sorted([*(record for record in kept if record.case not in cases), *fresh.values()], key=record_order)


def wide(found: dict[str, Any]) -> str:
    """What a run on the wide file would take."""
    return f"""
## electricity with all {found["clients"]} clients

`python -m research.scale.wide --data PATH/last840h_321clients.csv.gz`

The full file was not available, but five weeks of it with all clients were. Repeated to the length of the full file
({found["hours"]} hours), one run of the full model took {found["fit_cpu_seconds"] / 60:.1f} processor minutes
of one thread for the fit ({found["epochs"]} passes), {found["score_seconds"] / 60:.1f} minutes for scoring, and at
most {found["peak_mib"] / 1024:.1f} GiB. Its errors are meaningless and are not kept.
"""


def main() -> None:
    """Write lines, figures and page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, metavar="DIR")
    folders = parser.parse_args().folders
    records = joined(kept_records(), [read_records(folder) for folder in folders])
    LINES.write_text("".join(f"{record.line()}\n" for record in records), encoding="utf-8")
    FIGURES.mkdir(parents=True, exist_ok=True)
    for figure in (each for folder in folders for each in (folder / "figures").glob("*.png")):
        shutil.copyfile(figure, FIGURES / figure.name)
    banner = of_versions([record.versions for record in records])
    write_page(records, PAGE, FIGURES, banner)
    if WIDE.is_file():
        PAGE.write_text(PAGE.read_text(encoding="utf-8") + wide(json.loads(WIDE.read_text())), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
