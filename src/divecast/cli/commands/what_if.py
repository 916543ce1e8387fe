"""``divecast what-if``."""

from pathlib import Path
from typing import Annotated

import typer

from divecast.cli.console import print_lines
from divecast.cli.counterfactuals import changed_classes, check_outputs, report_counterfactual
from divecast.cli.inputs import load_with_data
from divecast.cli.options import CounterfactualOptions, ForecastOptions, TableOut, UnlabelledCode
from divecast.cli.places import parse_classes, parse_scenario, read_places
from divecast.errors import ConfigError


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
            "differ: promo=on@2024-06-07..2024-06-09, promo=on@..@'shop 7,shop 8', temp=21, or temp+=3 to add. Repeat "
            "for several.",
        ),
    ] = None,
    unlabelled_code: UnlabelledCode = "adjusted",
    out: TableOut = Path("what_if.parquet"),
) -> None:
    """Forecast windows as they are, and as if their last row were of another class, or in a scenario of the future."""
    if bool(to) == bool(assign):
        raise ConfigError(
            "Either another class of the window or a scenario of the future can be asked",
            hint="Use --to FACTOR=CLASS, or --set NAME=VALUE",
        )
    classes, scenario = parse_classes("--to", to or ()), parse_scenario("--set", assign or ())
    check_outputs(comparison, out)
    settings = inputs.settings(comparison.levels)
    model, source = load_with_data(inputs, settings)
    answer = model.what_if(
        source,
        to=classes or None,
        future=scenario or None,
        at=read_places(comparison.at, source),
        unlabelled_code=unlabelled_code,
        labels=comparison.labels,
        levels=settings.rising_levels,
    )
    report_counterfactual(answer, comparison, out, "what-if", "what if")
    if not comparison.as_json:
        print_lines(*(answer.scenario or changed_classes(answer)))
