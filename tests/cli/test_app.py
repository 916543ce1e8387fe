import json
import re
import signal
import tomllib
import warnings
from pathlib import Path

import pytest

from divecast import DataWarning
from divecast.cli.app import as_option
from divecast.cli.commands import info
from divecast.cli.console import print_json, print_lines, print_table, reported_warnings
from divecast.errors import warn_data

COMMANDS = (
    "fit",
    "forecast",
    "encode",
    "evaluate",
    "info",
    "export",
    "report",
    "explore",
    "demo",
    "backtest",
    "search",
    "what-if",
    "swap-codes",
    "traverse",
    "why",
    "anomalies",
    "check",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(run, command):
    result = run(command, "--help")
    assert result.code == 0
    assert f"Example: divecast {command}" in result.out
    assert "--json" in result.out


def test_help_names_every_command(run):
    result = run("--help")
    assert result.code == 0
    assert set(COMMANDS) <= set(re.findall(r"[\w-]+", result.out))


def test_no_command_shows_the_help(run):
    result = run()
    assert result.code == 2
    assert "Usage: divecast" in result.out


def test_version_is_that_of_the_package(run):
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    result = run("--version")
    assert (result.code, result.out) == (0, f"divecast {project['version']}\n")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["fitt"], "fitt"),
        (["fit"], "DATA"),
        (["fit", "panel.csv", "--horizn", "3"], "--horizn"),
        (["fit", "panel.csv", "--horizon", "three"], "--horizon"),
        (["forecast", "model", "panel.csv", "--layout", "square"], "square"),
        (["forecast", "model", "panel.csv", "--every", "0"], "every"),
    ],
)
def test_bad_options_are_one_line(run, arguments, named):
    assert named in run(*arguments).error


def test_bad_options_point_to_the_help_of_their_command(run):
    assert run("fitt").error.endswith(" See 'divecast --help'.")
    message = run("evaluate", "model", "panel.csv", "--part", "tset").error
    assert message.endswith("'tset' is not one of 'train', 'valid', 'test', 'all'. See 'divecast evaluate --help'.")
    assert "Value error" not in message


@pytest.mark.parametrize(
    ("command", "told"), [("forecast", "Last time at which a forecast may start"), ("evaluate", "before which")]
)
def test_help_says_whether_stop_is_in_the_span(run, monkeypatch, command, told):
    monkeypatch.setenv("COLUMNS", "200")
    lines = [line for line in run(command, "--help").out.splitlines() if "--stop" in line]
    assert told in "".join(lines)


def test_ctrl_c_ends_without_a_traceback(run, monkeypatch):
    def press(*arguments):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(info, "load_model", press)
    former = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background may ignore it
    try:
        result = run("info", "model")
    finally:
        signal.signal(signal.SIGINT, former)
    assert (result.code, result.out, result.err) == (130, "", "")


def test_data_warnings_are_one_line_each(capsys):
    with reported_warnings():
        warnings.warn("put\nright", DataWarning, stacklevel=1)
        warnings.warn("put right again", DataWarning, stacklevel=1)
    assert capsys.readouterr().err == "warning: put right\nwarning: put right again\n"


def test_data_warnings_name_options(capsys):
    with reported_warnings(as_option):
        warn_data("The time stamps have no zone", hint="Name it with {tz}")
    assert capsys.readouterr().err == "warning: The time stamps have no zone. Name it with --tz.\n"


def test_other_warnings_are_left_alone():
    with reported_warnings(), pytest.warns(RuntimeWarning, match="not ours"):
        warnings.warn("not ours", RuntimeWarning, stacklevel=1)


def test_json_has_no_nan(capsys):
    print_json({"score": float("nan"), "deep": [float("inf"), 1.5]})
    assert "null" in capsys.readouterr().out


def test_names_do_not_control_the_terminal(capsys):
    name = "a\x1b[2J\x9b [red] [/red] :smile:"
    shown = "a\\x1b[2J\\x9b [red] [/red] :smile:"
    print_table(name, ["", name], [[name, name]])
    print_lines(name)
    print_json({name: name})
    said = capsys.readouterr().out
    assert said.count(shown) == 5
    assert "\x1b" not in said
    assert "\x9b" not in said
    assert json.loads(said[said.index("{") :]) == {name: name}


def test_a_setting_that_is_not_text_is_one_line(run):
    assert "A setting is not text in UTF-8" in run("fit", "panel.csv", "--horizon", "3", "--tz", "\udcff").error
