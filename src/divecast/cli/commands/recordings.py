"""``divecast recordings``."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.files import Reads
from divecast.cli.inputs import data_for, load_with_data
from divecast.cli.options import FigureOut, Json, ModelOptions, Part, QuarterEvery, Raw, TableOut
from divecast.cli.outputs import check_figure, check_tables, draw
from divecast.data import write_frame


def recordings(
    inputs: ModelOptions,
    out: TableOut = Path("recordings.csv"),
    part: Part = "all",
    every: QuarterEvery = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            help="The data the model was fitted on, if others are summarised: anomaly scores then refer to its "
            "validation part.",
        ),
        Reads(),
    ] = None,
    against_known: Annotated[
        str | None,
        typer.Option("--against-known", help="Table of labels of these data. Default: that of --known."),
        Reads(),
    ] = None,
    figure: FigureOut = None,
    raw: Raw = False,
    as_json: Json = False,
) -> None:
    """Read the labels of each recording, compare them with those given, and name anomalous recordings with reasons."""
    check_tables(out)
    check_figure(figure)
    settings = inputs.settings()
    model, source = load_with_data(inputs, settings)
    reference = None
    if against is not None:
        of_fit = replace(settings, known=against_known or settings.known)
        reference = model.anomalies(data_for(model, against, of_fit), "valid")
    summary = model.recordings(source, part, every, against=reference)
    write_frame(summary.frame(), out, raw=raw)
    if figure is not None:
        draw(summary, figure, silent=as_json)
    if as_json:
        found = {"disagreements": summary.disagreements(), "filled_in": summary.filled_in()}
        accuracy = summary.labels.accuracy()
        facts = {"table": out, "recordings": len(summary.names), "accuracy": accuracy}
        print_json({"command": "recordings", **facts, **found, "anomalous": summary.anomalies()})
        return
    print_lines(*str(summary).splitlines(), f"Table of the recordings: {shown(out)}")
