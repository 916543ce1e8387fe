"""``divecast traverse``."""

from pathlib import Path
from typing import Annotated

import typer

from divecast._text import plural
from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.inputs import load_with_data
from divecast.cli.options import At, FigureOut, ForecastOptions, Json, Raw, TableOut, UnlabelledCode
from divecast.cli.outputs import check_figure, check_tables, draw
from divecast.cli.places import read_places
from divecast.data import write_frame
from divecast.data.names import one_form


def traverse(
    inputs: ForecastOptions,
    dimension: Annotated[
        str,
        typer.Option(
            "--dimension",
            "-d",
            help="Dimension, named as in the table of 'encode': a3 or b_hour0; b_hour steps through the hours.",
        ),
    ],
    at: At = None,
    unlabelled_code: UnlabelledCode = "kept",
    out: TableOut = Path("traversal.parquet"),
    position: Annotated[
        list[float] | None,
        typer.Option(
            "--position", help="Position, in prior standard deviations, or the index of a class. Repeat for several."
        ),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option("--n", help="Number of positions, if none is given. Default: 9, or one per class."),
    ] = None,
    span: Annotated[float, typer.Option("--span", help="Farthest position, in prior standard deviations.")] = 3.0,
    figure: FigureOut = None,
    raw: Raw = False,
    as_json: Json = False,
) -> None:
    """Move windows along one dimension of the code, and write reconstructions and forecasts at each position."""
    check_tables(out)
    check_figure(figure)
    model, source = load_with_data(inputs)
    traversal = model.traverse(
        source,
        one_form(dimension),
        at=read_places(at, source),
        unlabelled_code=unlabelled_code,
        positions=position or None,
        n=n,
        span=span,
    )
    write_frame(traversal.frame(), out, raw=raw)
    if figure is not None:
        draw(traversal, figure, silent=as_json)
    n_windows, positions = len(traversal.own_position), traversal.positions
    if as_json:
        path = {"unit": traversal.unit, "positions": positions, "own": traversal.own_position}
        print_json({"command": "traverse", "traversal": out, "windows": n_windows, "dimension": dimension, **path})
    else:
        ends = f"{positions.min():g} to {positions.max():g} ({traversal.unit})"
        size = f"{plural(n_windows, 'window')} at {plural(len(positions), 'position')} of {dimension}"
        print_lines(
            f"{size}, {ends}: {shown(out)}", f"Position of the first window itself: {traversal.own_position[0]:.3g}"
        )
