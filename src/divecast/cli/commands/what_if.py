"""``divecast what-if``."""

from pathlib import Path
from typing import Annotated

import typer

from divecast.cli.console import print_lines
from divecast.cli.counterfactuals import changed_classes, check_outputs, report_counterfactual
from divecast.cli.inputs import load_with_data
from divecast.cli.options import CounterfactualOptions, ForecastOptions, TableOut, UnlabelledCode
from divecast.cli.places import parse_classes, read_places


def what_if(
    inputs: ForecastOptions,
    to: Annotated[
        list[str],
        typer.Option("--to", help="Factor and its new class, such as weekday=Sunday. Repeat to change several."),
    ],
    comparison: CounterfactualOptions,
    unlabelled_code: UnlabelledCode = "adjusted",
    out: TableOut = Path("what_if.parquet"),
) -> None:
    """Forecast windows as they are, and as if their last row were of another class."""
    classes = parse_classes("--to", to)
    check_outputs(comparison, out)
    settings = inputs.settings(comparison.levels)
    model, source = load_with_data(inputs, settings)
    answer = model.what_if(
        source,
        to=classes,
        at=read_places(comparison.at, source),
        unlabelled_code=unlabelled_code,
        labels=comparison.labels,
        levels=settings.rising_levels,
    )
    report_counterfactual(answer, comparison, out, "what-if", "what if")
    if not comparison.as_json:
        print_lines(*changed_classes(answer))
