"""The commands put together, and every user error turned into one line and exit code 2."""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from divecast import __version__
from divecast.cli.commands.anomalies import anomalies
from divecast.cli.commands.backtest import backtest
from divecast.cli.commands.check import check
from divecast.cli.commands.demo import demo
from divecast.cli.commands.encode import encode
from divecast.cli.commands.evaluate import evaluate
from divecast.cli.commands.explore import explore
from divecast.cli.commands.export import export
from divecast.cli.commands.fit import fit
from divecast.cli.commands.forecast import forecast
from divecast.cli.commands.info import info
from divecast.cli.commands.report import report
from divecast.cli.commands.search import search
from divecast.cli.commands.swap_codes import swap_codes
from divecast.cli.commands.traverse import traverse
from divecast.cli.commands.what_if import what_if
from divecast.cli.commands.why import why
from divecast.cli.console import OK, USER_ERROR, print_lines, reported_warnings, say
from divecast.cli.reproduce import reproduce
from divecast.cli.wording import in_options
from divecast.errors import DivecastError

app = typer.Typer(
    name="divecast",
    help="Fit a DeepDIVE to a table of time series, forecast it with intervals, and read its code.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
_EXAMPLES: dict[Callable[..., None], str] = {
    fit: "divecast fit loads.csv --horizon 24 --lookback 168 --factor hour --factor weekday --tz Europe/Berlin",
    forecast: "divecast forecast model.safetensors loads.csv --level 0.05 --level 0.95 --out forecasts.csv",
    encode: "divecast encode model.safetensors loads.csv --out codes.parquet",
    evaluate: "divecast evaluate model.safetensors loads.csv --part test",
    backtest: "divecast backtest loads.csv --config settings.toml --folds 5 --workers 2",
    search: "divecast search loads.csv --config settings.toml --try 'training.learning_rate=\\[0.001, 0.004]'",
    what_if: "divecast what-if model.safetensors loads.csv --at 2016-12-24T01:00 --to weekday=Sun --out what_if.csv",
    swap_codes: "divecast swap-codes model.safetensors loads.csv --at 2016-12-24T01:00 --other 2016-12-18T01:00",
    traverse: "divecast traverse model.safetensors loads.csv --dimension b_hour --at 2016-12-24T01:00 --out hours.csv",
    anomalies: "divecast anomalies model.safetensors loads.csv --part test --out anomalies.parquet",
    why: "divecast why model.safetensors loads.csv --part test --every 5 --out why.parquet",
    check: "divecast check model.safetensors loads.csv --part test",
    report: "divecast report model.safetensors loads.csv --out report.html",
    explore: "divecast explore model.safetensors loads.csv",
    export: "divecast export model.safetensors --out model.onnx",
    info: "divecast info model.safetensors --json",
    demo: "divecast demo --out demo",
    reproduce: "divecast reproduce eia --data PATH/eia_us_demand_hourly --runs 10 --workers 2 --out reproduction",
}
for _command, _example in _EXAMPLES.items():
    app.command(epilog=f"Example: {_example}")(_command)


@app.callback(invoke_without_command=True)
def divecast(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Fit a DeepDIVE to a table of time series, forecast it with intervals, and read its code."""
    if show_version:
        print_lines(f"divecast {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print_lines(context.get_help())
        raise typer.Exit(USER_ERROR)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Without the name of the program; those of the process when left out.

    Returns:
        The exit code: 0 done, 2 for what the user can mend (with one line on stderr), 130 after Ctrl-C.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with reported_warnings():
            code = app(given, prog_name="divecast", standalone_mode=False)
    except DivecastError as error:
        say(f"divecast: {in_options(str(error))}", "red")
        return USER_ERROR
    except typer.TyperException as error:
        say(f"divecast: {error.format_message()} See 'divecast --help'.", "red")
        return USER_ERROR
    return int(code or OK)
