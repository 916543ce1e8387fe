"""What a command reads is never what it writes."""

import os
from inspect import signature
from itertools import cycle, islice
from pathlib import Path
from typing import get_args

import pytest

from divecast.cli.app import app, program
from divecast.cli.files import Reads, Writes

REQUIRED = {"swap-codes": ["--other", "x"], "traverse": ["--dimension", "a0"], "compare": ["--by", "x"]}
PLACES = ("data", "static", "known", "future", "against")  # read, though typer takes them as text


def marked():
    """Every option of every command with its annotation: (command, option, argument, base type, mark or None)."""
    for registered in app.registered_commands:
        name = registered.callback.__name__.replace("_", "-")
        options = {parameter.name: parameter for parameter in program().commands[name].params}
        for parameter in signature(registered.callback).parameters.values():
            base, *marks = get_args(parameter.annotation) or (parameter.annotation,)
            mark = next((mark for mark in marks if isinstance(mark, Reads | Writes)), None)
            yield name, options[parameter.name], base, mark


def pairs():
    """For every command pairs of an option that writes and one that reads, each option at least once."""
    options = [*marked()]
    for command in program().commands:
        mine = [(option, mark) for name, option, _, mark in options if name == command]
        writing = [(option, mark.over) for option, mark in mine if isinstance(mark, Writes)]
        reading = [option for option, mark in mine if isinstance(mark, Reads) and option.name != "assign"]
        if writing and reading:
            n = max(len(writing), len(reading))
            yield from ((command, *pair) for pair in islice(zip(cycle(writing), cycle(reading), strict=False), n))


def words(parameter, value):
    return [value] if parameter.param_type_name == "argument" else [parameter.opts[0], value]


def test_every_path_is_marked_as_read_or_written():
    unmarked = [
        (command, option.name)
        for command, option, base, mark in marked()
        if mark is None and (base in (Path, Path | None) or option.name in PLACES)
    ]
    assert unmarked == []
    silent = {"demo", "evaluate", "explore", "info", "mcp", "narrate", "serve"}  # they read or write nothing
    assert {command for command, *_ in pairs()} == {*program().commands} - silent


@pytest.mark.slow
def test_no_command_writes_over_what_it_reads(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("model.safetensors", "data.csv", "read.toml"):
        Path(name).write_text("")
    os.link("read.toml", "written")
    for command, (written, over), read in pairs():
        if read.name in over:
            continue
        values = {"model": "model.safetensors", "path": "data.csv", read.name: "read.toml", written.name: "written"}
        arguments = [*REQUIRED.get(command, [])]
        for other, option, *_ in marked():
            if other == command and option.name in values:
                arguments += words(option, values[option.name])
        message = run(command, *arguments).error
        assert "written would be written over read.toml, which is read. Choose another --" in message, message
    assert Path("read.toml").read_text() == ""


@pytest.mark.parametrize(
    "out", ["./panel.csv", "../{0}/panel.csv", "{1}/panel.csv", "linked.csv", "hard.csv", "dangling/../panel.csv"]
)
def test_one_file_has_many_names(run, out, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("panel.csv").write_text("time,a\n")
    Path("linked.csv").symlink_to("panel.csv")
    os.link("panel.csv", "hard.csv")
    Path("dangling").mkdir()
    result = run("forecast", "no-model", "panel.csv", "--out", out.format(tmp_path.name, tmp_path))
    assert result.error.endswith("would be written over panel.csv, which is read. Choose another --out than DATA.")
    assert Path("panel.csv").read_text() == "time,a\n"


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["forecast", "m", "p.csv", "--future", "f.csv", "--out", "f.csv"], "--future"),
        (["forecast", "m", "file://{0}/p.csv", "--out", "p.csv"], "DATA"),
        (["forecast", "m", "file://{0}/*.csv", "--out", "p.csv"], "DATA"),
        (["forecast", "m", "store", "--out", "store/new.csv"], "DATA"),
        (["encode", "m", "p.csv", "--config", "c.toml", "--out", "f.csv"], "--known"),
        (["fit", "p.csv", "--set", "static='f.csv'", "--out", "f.csv"], "--static"),
        (["fit", "m.checkpoint", "--out", "m"], "DATA"),
        (["fit", "m.checkpoint.refit", "--out", "m", "--refit"], "DATA"),
        (["fit", "p.csv", "--out", "new", "--checkpoint", "./new"], "--out"),
        (["backtest", "scores.csv", "--out", "."], "DATA"),
        (["search", "candidates.csv", "--out", "."], "DATA"),
        (["anomalies", "m", "p.csv", "--out", "a.csv", "--channels-out", "./a.csv"], "--channels-out"),
    ],
)
def test_what_is_read_and_written_may_be_named_in_other_ways(run, arguments, option, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("p.csv", "f.csv", "m.checkpoint", "m.checkpoint.refit", "scores.csv", "candidates.csv"):
        Path(name).write_text("")
    Path("c.toml").write_text('[data]\nknown = "f.csv"\n')
    Path("store").mkdir()
    message = run(*[word.format(tmp_path) for word in arguments]).error
    assert "would be written" in message
    assert message.endswith(f" than {option}.")


@pytest.mark.parametrize(
    "arguments",
    [
        ["update", "m", "none.csv", "--out", "m"],
        ["fit", "none.csv", "--out", "m", "--checkpoint", "m.checkpoint", "--horizon", "3"],
        ["backtest", "loads", "--out", "loads", "--set", "no"],
    ],
)
def test_what_may_be_the_same_goes_on(run, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("m").write_text("")
    assert "would be written" not in run(*arguments).error
