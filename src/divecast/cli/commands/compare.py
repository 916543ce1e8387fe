"""``divecast compare``."""

from pathlib import Path
from typing import Annotated

import typer

from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.inputs import load_with_data
from divecast.cli.options import FigureOut, Json, ModelOptions, Part, People, QuarterEvery, Raw, TableOut
from divecast.cli.outputs import check_figure, check_tables, draw
from divecast.data import write_frame


def compare(
    inputs: ModelOptions,
    label: Annotated[
        str, typer.Option("--by", help="Label whose classes are compared, such as a condition.", show_default=False)
    ],
    reference: Annotated[
        str | None, typer.Option("--reference", help="Class that the others are compared with. Default: the first.")
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="Class to compare with it. Repeat for several. Default: all others."),
    ] = None,
    group: People = None,
    level: Annotated[
        float, typer.Option("--confidence", help="Probability with which all intervals of a block hold together.")
    ] = 0.95,
    out: TableOut = Path("comparison.csv"),
    part: Part = "all",
    every: QuarterEvery = None,
    figure: FigureOut = None,
    raw: Raw = False,
    as_json: Json = False,
) -> None:
    """Compare conditions of recordings, such as before and after: what of the code differs, with intervals over people.

    Where the same people did both conditions, their own differences are compared.
    """
    check_tables(out)
    check_figure(figure)
    model, source = load_with_data(inputs)
    comparison = model.compare(
        source, label, reference=reference, to=to or (), group=group, level=level, part=part, every=every
    )
    write_frame(comparison.frame(), out, raw=raw)
    if figure is not None:
        draw(comparison, figure, silent=as_json)
    if as_json:
        facts = {"table": out, "windows": comparison.n_windows, "reference": comparison.reference}
        print_json({"command": "compare", **facts, "conditions": comparison.sentences()})
        return
    print_lines(*str(comparison).splitlines(), f"Table of the differences: {shown(out)}")
