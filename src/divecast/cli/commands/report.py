"""``divecast report``."""

from pathlib import Path
from typing import Annotated

import typer

from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.files import Writes
from divecast.cli.inputs import load_with_data
from divecast.cli.options import ForecastOptions, Json, People
from divecast.cli.outputs import check_folder
from divecast.errors import ConfigError
from divecast.inference.fitted_model import PartName


def report(
    inputs: ForecastOptions,
    out: Annotated[Path, typer.Option("--out", "-o", help="HTML file of the report."), Writes()] = Path("report.html"),
    part: Annotated[
        PartName | None,
        typer.Option(
            "--part",
            help="Part of the data the model was fitted on. Default: the test part, or all of other data.",
            show_default=False,
        ),
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(
            "--compare",
            help="Label of recordings whose classes are compared over people, as 'divecast compare' does; LABEL=CLASS "
            "compares the others with this class. Repeat for several.",
        ),
    ] = None,
    group: People = None,
    title: Annotated[str, typer.Option("--title", help="Title of the report.")] = "Model report",
    as_json: Json = False,
) -> None:
    """Write an HTML report that opens offline: forecasts, code, what-if answers and anomalous windows."""
    from divecast.page import write_report

    if out.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(
            expected="a file that ends in .html", found=str(out), hint="Choose another {out}", argument="out"
        )
    check_folder(out)
    model, source = load_with_data(inputs)
    write_report(model, source, out, part=part, title=title, compare=compare or (), group=group)
    n_bytes = out.stat().st_size
    if as_json:
        print_json({"command": "report", "page": out, "bytes": n_bytes})
    else:
        print_lines(f"Report ({n_bytes / 1e6:.1f} MB), opens in any browser without a network: {shown(out)}")
