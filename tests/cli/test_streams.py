"""Output that cannot be written, memory and files that cannot be had: an exit code, and one line or none."""

import errno
import io
import os
import shlex
import subprocess
import sys
from importlib import import_module

import pytest
import torch

from divecast._device import is_out_of_memory
from divecast.cli import main
from divecast.cli.commands import info


class Broken(io.StringIO):
    """A stream that the system refuses to write; at once, or when it is flushed."""

    def __init__(self, code, at):
        super().__init__()
        self.code, self.at = code, at

    def write(self, text):
        return self._refuse("write") or super().write(text)

    def flush(self):
        self._refuse("flush")

    def _refuse(self, at):
        if at == self.at:
            raise OSError(self.code, os.strerror(self.code))


@pytest.mark.parametrize("at", ["write", "flush"])
@pytest.mark.parametrize("words", [["--version"], ["--help"], ["fit", "--help"]])
def test_output_without_a_reader_ends_quietly(words, at, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", Broken(errno.EPIPE, at))
    assert main(words) == 141
    assert capsys.readouterr().err == ""


def test_a_full_output_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", Broken(errno.ENOSPC, "flush"))
    assert main(["--version"]) == 2
    assert capsys.readouterr().err.startswith("divecast: The output could not be written (No space left on device)")


@pytest.mark.parametrize("at", ["write", "flush"])
def test_what_stderr_does_not_take_is_lost(at, run, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Broken(errno.ENOSPC, at))
    assert main(["info", "no-model"]) == 2
    assert run("--version").code == 0


def test_streams_are_given_back(run, monkeypatch):
    former = sys.stdout, sys.stderr
    assert main(["--version"]) == 0
    assert (sys.stdout, sys.stderr) == former


def raising(error):
    def load_model(*_):
        raise error

    return load_model


@pytest.mark.parametrize(
    ("load", "said"),
    [
        (lambda *_: torch.empty(1 << 60), "you tried to allocate"),
        (raising(MemoryError()), "There is not enough memory. Use fewer --channels, a shorter --lookback"),
        (raising(PermissionError(errno.EACCES, "Permission denied", "model")), "Permission denied: model"),
        (raising(OSError("something")), "something"),
        (lambda *_: "a title \udcff".encode(), "Text that is not UTF-8 cannot be written: a title \\udcff"),
    ],
)
def test_what_is_not_to_be_had_is_one_line(run, monkeypatch, load, said):
    monkeypatch.setattr(info, "load_model", load)
    assert said in run("info", "model").error


def test_a_fault_of_the_program_is_not_hidden(run, monkeypatch):
    monkeypatch.setattr(info, "load_model", raising(RuntimeError("a fault")))
    with pytest.raises(RuntimeError, match="a fault"):
        run("info", "model")
    assert not is_out_of_memory(RuntimeError("a fault"))


def test_control_c_before_a_command_begins(run, monkeypatch):
    monkeypatch.setattr(import_module("divecast.cli.app"), "program", raising(KeyboardInterrupt()))
    assert main([]) == 130


@pytest.mark.parametrize(
    "words", [["info", "{0}"], ["encode", "{0}", "{0}", "--out", "{0}.csv"], ["fit", "{0}.csv", "--horizon", "3"]]
)
def test_a_path_that_is_too_long_is_one_short_line(run, words):
    message = run(*[word.format("x" * 4100) for word in words]).error
    assert "xxx...xxx" in message
    assert len(message) < 800


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
@pytest.mark.parametrize(
    ("rest", "code", "said"),
    [
        ("| head -n 1", 141, ""),
        (">/dev/full", 2, "No space left on device"),
        (">&-", 2, "Bad file descriptor"),
        ("2>&- </dev/null", 0, ""),
        (">/dev/null 2>/dev/full", 0, ""),
    ],
)
def test_at_a_shell(rest, code, said):
    command = f"{shlex.quote(sys.executable)} -m divecast.cli fit --help {rest}; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)  # noqa: S603, S607
    assert ended.returncode == code
    assert ended.stderr.count("\n") == (1 if said else 0)
    assert said in ended.stderr
