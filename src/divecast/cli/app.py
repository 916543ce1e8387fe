"""The ``divecast`` command: its subcommands, and user errors as one line and exit code 2."""

import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated

import typer

from divecast import __version__
from divecast._device import is_out_of_memory
from divecast.cli.commands.anomalies import anomalies
from divecast.cli.commands.backtest import backtest
from divecast.cli.commands.check import check
from divecast.cli.commands.compare import compare
from divecast.cli.commands.demo import demo
from divecast.cli.commands.effects import effects
from divecast.cli.commands.encode import encode
from divecast.cli.commands.evaluate import evaluate
from divecast.cli.commands.explore import explore
from divecast.cli.commands.export import export
from divecast.cli.commands.fit import fit
from divecast.cli.commands.forecast import forecast
from divecast.cli.commands.info import info
from divecast.cli.commands.mcp import mcp
from divecast.cli.commands.narrate import narrate
from divecast.cli.commands.observe import observe
from divecast.cli.commands.paths import paths
from divecast.cli.commands.recordings import recordings
from divecast.cli.commands.report import report
from divecast.cli.commands.search import search
from divecast.cli.commands.serve import serve
from divecast.cli.commands.swap_codes import swap_codes
from divecast.cli.commands.traverse import traverse
from divecast.cli.commands.update import update
from divecast.cli.commands.what_if import what_if
from divecast.cli.commands.why import why
from divecast.cli.console import INTERRUPTED, OK, UNREAD, USER_ERROR, print_lines, quiet, reported_warnings, say
from divecast.cli.groups import with_groups
from divecast.cli.streams import OutputLostError, guarded_streams
from divecast.errors import DivecastError, as_argument

app = typer.Typer(name="divecast", add_completion=False, pretty_exceptions_enable=False)
_EXAMPLES: dict[Callable[..., None], str] = {
    fit: "divecast fit loads.csv --horizon 24 --lookback 168 --factor hour --factor weekday --tz Europe/Berlin",
    update: "divecast update model.safetensors loads.csv --out newer.safetensors",
    observe: "divecast observe model.safetensors loads.csv --out model.safetensors",
    forecast: "divecast forecast model.safetensors loads.csv --level 0.05 --level 0.95 --out forecasts.csv",
    paths: "divecast paths model.safetensors loads.csv --panel --peak day --level 0.5 --level 0.95 --out peaks.csv",
    encode: "divecast encode model.safetensors loads.csv --out codes.parquet",
    evaluate: "divecast evaluate model.safetensors loads.csv --part test",
    backtest: "divecast backtest loads.csv --config settings.toml --folds 5 --workers 2",
    search: "divecast search loads.csv --config settings.toml --try 'training.learning_rate=\\[0.001, 0.004]'",
    what_if: "divecast what-if model.safetensors loads.csv --at 2016-12-24T01:00 --to weekday=Sun --out what_if.csv",
    swap_codes: "divecast swap-codes model.safetensors loads.csv --at 2016-12-24T01:00 --other 2016-12-18T01:00",
    traverse: "divecast traverse model.safetensors loads.csv --dimension b_hour --at 2016-12-24T01:00 --out hours.csv",
    anomalies: "divecast anomalies model.safetensors loads.csv --subset test --out anomalies.parquet",
    recordings: "divecast recordings model.safetensors trials --known labels.csv --out recordings.csv",
    compare: "divecast compare model.safetensors trials --known labels.csv --by condition --reference before",
    why: "divecast why model.safetensors loads.csv --part test --every 5 --out why.parquet",
    narrate: "divecast narrate model.safetensors loads.csv --at 2016-12-24T00:00 --series G0-A --unit MW",
    effects: "divecast effects model.safetensors --series G0-A --out effects.csv",
    check: "divecast check model.safetensors loads.csv --part test",
    report: "divecast report model.safetensors loads.csv --out report.html",
    explore: "divecast explore model.safetensors loads.csv",
    mcp: "divecast mcp model.safetensors loads.csv --unit MW",
    serve: "divecast serve model.safetensors --workers 2",
    export: "divecast export model.safetensors --out model.onnx",
    info: "divecast info model.safetensors --json",
    demo: "divecast demo --out demo",
}
_LESS = "Use fewer {channels}, a shorter {lookback} or smaller settings of the model, or a store of the data"
_POSITIONAL = ("data", "model")
_RENAMED = {
    "covariates": "--covariate",
    "factors": "--factor",
    "labels": "--label",
    "levels": "--level",
    "method": "--reconcile",
    "positions": "--position",
    "tries": "--try",
}
"""Options that have another name than the argument of the library."""

for _command, _example in _EXAMPLES.items():
    app.command(epilog=f"Example: {_example}")(with_groups(_command))


@app.callback(invoke_without_command=True)
def divecast(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Fit a DeepDIVE model to time series, forecast with prediction intervals, and explain the forecasts."""
    if show_version:
        print_lines(f"divecast {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print_lines(context.get_help())
        raise typer.Exit(USER_ERROR)


@cache
def program() -> typer.core.TyperGroup:
    """Return the command with all its subcommands, as the parser reads it; built once."""
    return typer.main.get_group(app)


def as_option(name: str) -> str:
    """Return an argument, named in a message of the library, as the command line spells it.

    Args:
        name: ``lookback`` gives ``--lookback``; a setting, such as ``training.clip``, ``--set training.clip=...``; an
            argument without an option is written as in Python.
    """
    if "." in name:
        return f"--set {name}=..."
    if name in _POSITIONAL:
        return name.upper()
    option = _RENAMED.get(name, f"--{name.replace('_', '-')}")
    commands = program().commands.values()
    known = {spelling for command in commands for parameter in command.params for spelling in parameter.opts}
    return option if option in known else as_argument(name)


def _usage_error(error: typer.TyperException) -> str:
    """Return an error of the arguments as two sentences: what is wrong, and where the help is."""
    message = error.format_message().replace("Value error, ", "")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "divecast"
    return f"{message}{'' if message.endswith(('.', '?', ')')) else '.'} See '{command} --help'."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: arguments without the program's name; those of the process by default.

    Returns:
        The exit code: 0 done, 2 after an error the user can fix (one line on stderr), 130 after Ctrl-C, 141 if no one
        reads the output any more.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    with guarded_streams():
        try:
            with reported_warnings(as_option), quiet("--json" in words):
                code = program()(words, prog_name="divecast", standalone_mode=False)
            sys.stdout.flush()  # here, not as the process ends
        except KeyboardInterrupt:
            return INTERRUPTED
        except OutputLostError as lost:
            if lost.unread:
                return UNREAD
            say(
                f"divecast: The output could not be written ({lost.reason}); what the command wrote is complete.", "red"
            )
            return USER_ERROR
        except Exception as error:
            problem = _problem(error)
            if problem is None:
                raise
            say(f"divecast: {problem}", "red")
            return USER_ERROR
        return int(code or OK)


def _problem(error: Exception) -> str | None:
    """Return what a user can do about an error, as one line; None for a fault of this program."""
    if isinstance(error, DivecastError):
        return error.worded(as_option)
    if isinstance(error, typer.TyperException):
        return _usage_error(error)
    if is_out_of_memory(error):
        reason = " ".join(str(error).split())
        lacking = DivecastError(f"There is not enough memory{f' ({reason:.200})' if reason else ''}", hint=_LESS)
        return lacking.worded(as_option)
    if isinstance(error, UnicodeEncodeError):
        return f"Text that is not UTF-8 cannot be written: {error.object[max(0, error.start - 20) : error.end]}"
    if isinstance(error, OSError):
        name = "" if error.filename is None else f": {error.filename}"
        return f"{error.strerror or error}{name}"
    return None
