"""``divecast swap-codes``."""

from pathlib import Path
from typing import Annotated

import typer

from divecast.cli.counterfactuals import check_outputs, report_counterfactual
from divecast.cli.inputs import load_with_data
from divecast.cli.options import CounterfactualOptions, ForecastOptions, TableOut
from divecast.cli.places import read_places
from divecast.data.names import one_form
from divecast.explain.counterfactuals.swap import CodeBlock


def swap_codes(
    inputs: ForecastOptions,
    other: Annotated[
        list[str],
        typer.Option("--other", help="Window to take the code from, as for --at: one for all windows, or one each."),
    ],
    comparison: CounterfactualOptions,
    block: Annotated[
        CodeBlock, typer.Option("--block", help="Code to take: b, which represents the factors, or a, the rest.")
    ] = "b",
    factor: Annotated[
        list[str] | None,
        typer.Option("--factor", help="Take only the block of this factor from b. Repeat for several."),
    ] = None,
    out: TableOut = Path("swap_codes.parquet"),
) -> None:
    """Forecast windows as they are, and with a part of the code of another window."""
    check_outputs(comparison, out)
    settings = inputs.settings(comparison.levels)
    model, source = load_with_data(inputs, settings)
    answer = model.swap_codes(
        source,
        other=read_places(other, source),
        at=read_places(comparison.at, source),
        block=block,
        factors=tuple(map(one_form, factor or ())),
        labels=comparison.labels,
        levels=settings.rising_levels,
    )
    report_counterfactual(answer, comparison, out, "swap-codes", f"other's {block}", block=block)
