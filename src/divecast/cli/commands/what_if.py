"""``divecast what-if``."""

from pathlib import Path
from typing import Annotated

import typer

from divecast.cli.console import print_lines, shown
from divecast.cli.counterfactuals import changed_classes, check_outputs, report_counterfactual
from divecast.cli.files import Writes
from divecast.cli.inputs import load_with_data
from divecast.cli.options import CounterfactualOptions, ForecastOptions, TableOut, UnlabelledCode
from divecast.cli.outputs import check_tables
from divecast.cli.places import parse_classes, parse_scenario, read_places
from divecast.data import write_frame
from divecast.errors import ConfigError

_PATHS = 100


def what_if(
    inputs: ForecastOptions,
    comparison: CounterfactualOptions,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="Factor and its new class, such as weekday=Sunday. Repeat to change several."),
    ] = None,
    assign: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Scenario: what a label or covariate is in rows to forecast, and when, and in which series if they "
            "differ: promo=on@2024-06-07..2024-06-09, promo=on@..@'shop 7,shop 8', temp=21, or temp+=3 or temp-=3 to "
            "add or subtract. Repeat for several.",
        ),
    ] = None,
    unlabelled_code: UnlabelledCode = "adjusted",
    n_paths: Annotated[
        int, typer.Option("--n-paths", min=0, help="Sample paths of both forecasts, with the same random numbers.")
    ] = 0,
    paths_out: Annotated[
        Path | None,
        typer.Option("--paths-out", help="Write the paths to this table; a hundred of them unless --n-paths is given."),
        Writes(),
    ] = None,
    out: TableOut = Path("what_if.parquet"),
) -> None:
    """Forecast windows as they are, and as if their last row were of another class, or in a scenario of the future."""
    if bool(to) == bool(assign):
        raise ConfigError(
            "Either another class of the window or a scenario of the future can be asked",
            hint="Use --to FACTOR=CLASS, or --set NAME=VALUE",
        )
    classes = parse_classes("--to", to or ())
    parse_scenario("--set", assign or ())  # a text of another form is refused before the model is read
    check_outputs(comparison, out)
    check_tables(paths_out)
    if n_paths and paths_out is None:
        raise ConfigError("Paths need a table to be written to", hint="Pass {paths_out}", argument="n_paths")
    settings = inputs.settings(comparison.levels)
    model, source = load_with_data(inputs, settings)
    answer = model.what_if(
        source,
        to=classes or None,
        future=parse_scenario("--set", assign or (), source.channels) or None,
        at=read_places(comparison.at, source),
        unlabelled_code=unlabelled_code,
        labels=comparison.labels,
        levels=settings.rising_levels,
        n_paths=0 if paths_out is None else n_paths or _PATHS,
    )
    if paths_out is not None:
        write_frame(answer.path_frame(), paths_out, raw=comparison.raw)
    report_counterfactual(answer, comparison, out, "what-if", "what if", paths=paths_out)
    if not comparison.as_json:
        if paths_out is not None:
            print_lines(f"Paths of both: {shown(paths_out)}")
        print_lines(*(answer.scenario or changed_classes(answer)))
