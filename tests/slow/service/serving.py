"""``divecast serve`` in processes of its own."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def serving(model, *options):
    """Start the command on a free port; give its address and its process."""
    command = [sys.executable, "-m", "divecast.cli", "serve", str(model), "--port", "0", "--json", *options]
    environment = {name: text for name, text in os.environ.items() if name != "DIVECAST_TOKEN"}
    process = subprocess.Popen(  # noqa: S603  our own command
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    try:
        lines = [process.stdout.readline()]
        while lines[-1] not in ("}\n", ""):
            lines.append(process.stdout.readline())
        assert lines[-1], process.stderr.read()
        yield json.loads("".join(lines))["address"], process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def workers_of(process):
    """The processes that answer, oldest first; a helper of multiprocessing is none."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(child) for child in children if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text()]
