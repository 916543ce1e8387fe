"""``divecast demo`` as a user runs it: the commands it prints next work as printed."""

import os
import shlex
import signal
import subprocess
import sys
import time

import pytest

from divecast.cli import main
from divecast.cli.console import program

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no Ctrl-C can be sent there")


def run(words, folder, **options):
    return subprocess.Popen(  # noqa: S603  our own commands
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


@pytest.mark.long
def test_the_next_commands_work_as_printed(tmp_path, monkeypatch, capsys):
    demo = run([sys.executable, "-m", "divecast.cli", "demo", "--quick", "--out", "demo"], tmp_path)
    output, errors = demo.communicate(timeout=600)
    assert demo.returncode == 0, errors
    assert "Report:               demo/report.html" in output
    assert (tmp_path / "demo" / "report.html").stat().st_size > 10_000
    monkeypatch.chdir(tmp_path)
    commands = [shlex.split(line) for line in output.split("Next:\n")[1].splitlines()]
    assert len(commands) >= 4
    for words in commands:
        if "explore" in words:
            continue
        at = len(program())
        assert words[:at] == program()
        assert main(words[at:]) == 0, (
            words,
            capsys.readouterr().err,
        )  # here, since each process takes seconds to start
    (explore,) = [words for words in commands if "explore" in words]
    server = run(explore, tmp_path, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
    try:
        assert "The explorer is at http://" in server.stdout.readline()
        time.sleep(1)
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=60) == 0
    finally:
        server.kill()
        server.communicate()
