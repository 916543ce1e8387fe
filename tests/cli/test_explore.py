"""explore of a saved model, in a process of its own."""

import json
import os
import signal
import subprocess
import sys

import httpx
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _no_token(monkeypatch):
    monkeypatch.delenv("DIVECAST_TOKEN", raising=False)


@pytest.mark.skipif(os.name == "nt", reason="no Ctrl-C can be sent there")
def test_it_says_where_it_is_answers_and_ends_at_ctrl_c(folder, model):
    command = [sys.executable, "-m", "divecast.cli", "explore", str(model), str(folder / "panel.csv")]
    process = subprocess.Popen(  # noqa: S603  our own command
        [*command, "--port", "0", "--no-page", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    try:
        lines = [process.stdout.readline()]
        while lines[-1] not in ("}\n", ""):
            lines.append(process.stdout.readline())
        said = json.loads("".join(lines))
        assert httpx.get(f"{said['address']}model").json()["horizon"] == 6
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--host", "0.0.0.0"], "DIVECAST_TOKEN"),  # noqa: S104
        (["--host", "0.0.0.0", "--token", "short"], "at least 16"),  # noqa: S104
        (["--port", "70000"], "--port"),
        (["--host", "203.0.113.7", "--token", "a-token-that-is-long-enough"], "--host"),
    ],
)
def test_each_mistake_is_one_line(run, folder, model, options, named):
    assert named in run("explore", model, folder / "panel.csv", *options).error


def test_the_token_may_come_from_the_environment(run, folder, model, monkeypatch):
    monkeypatch.setenv("DIVECAST_TOKEN", "short")
    assert "at least 16" in run("explore", model, folder / "panel.csv").error
