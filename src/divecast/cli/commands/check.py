"""``divecast check``."""

from dataclasses import asdict
from typing import Annotated

import typer

from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.inputs import load_with_data
from divecast.cli.options import Every, ExtraTableOut, FigureOut, Json, ModelOptions, Part, Raw
from divecast.cli.outputs import check_figure, check_tables, draw
from divecast.data import write_frame
from divecast.explain.diagnosis.diagnosis import Rows


def check(
    inputs: ModelOptions,
    part: Part = "test",
    every: Every = 1,
    out: ExtraTableOut = None,
    rows: Annotated[Rows, typer.Option("--rows", help="What the rows of that table are.")] = "dimensions",
    figure: FigureOut = None,
    raw: Raw = False,
    as_json: Json = False,
) -> None:
    """Diagnose the code: what is fine, and for what is not, which setting to change."""
    check_tables(out)
    check_figure(figure)
    model, source = load_with_data(inputs)
    diagnosis = model.check(source, part, every)
    if out is not None:
        write_frame(diagnosis.frame(rows), out, raw=raw)
    if figure is not None:
        draw(diagnosis, figure, silent=as_json)
    if as_json:
        facts = {"windows": diagnosis.measured.n_windows, "part": part, "fine": diagnosis.fine, "table": out}
        print_json({"command": "check", **facts, "findings": [asdict(finding) for finding in diagnosis.findings]})
        return
    print_lines(str(diagnosis))
    if out is not None:
        print_lines(f"Table of {rows}: {shown(out)}")
