"""Start an entry's process in its own environment."""

import os
import subprocess
import sys
from pathlib import Path

from divecast.errors import ConfigError
from research.race.roster import Environment, Racer

ROOT = Path(__file__).resolve().parents[2]
RIVALS = ROOT / ".venv-rivals"
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def python_of(environment: Environment, rivals: Path) -> Path | None:
    """Return the python of an environment, or None where it has not been made."""
    if environment == "divecast":
        return Path(sys.executable)
    found = rivals / "bin" / "python"
    return found if found.exists() else None


def need_python(racer: Racer, rivals: Path) -> Path:
    """Return the python an entry runs with.

    Raises:
        ConfigError: its environment has not been made.
    """
    found = python_of(racer.environment, rivals)
    if found is None:
        raise ConfigError(
            f"{racer.name} runs in the rivals' environment, and {rivals} has no bin/python; make it with "
            "`make rivals`, or name another with --rivals"
        )
    return found


def run_entry(racer: Racer, python: Path, folder: Path, threads: int) -> None:
    """Run the entry on the heat in ``folder``; what it prints is in ``log.txt`` there.

    Raises:
        ConfigError: the process failed; the message ends with what it said last.
    """
    environment = os.environ | dict.fromkeys(_THREADS, str(threads))
    environment |= {"PYTHONPATH": str(ROOT), "NIXTLA_ID_AS_COL": "1", "TOKENIZERS_PARALLELISM": "false"}
    if "PYTHONPATH" in os.environ and racer.environment == "divecast":
        environment["PYTHONPATH"] += os.pathsep + os.environ["PYTHONPATH"]
    command = [str(python), "-m", "research.race.process", str(folder), racer.module, racer.name]
    with (folder / "log.txt").open("wb") as log:
        done = subprocess.run(command, env=environment, cwd=folder, stdout=log, stderr=log, check=False)
    if done.returncode:
        said = (folder / "log.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise ConfigError(f"{racer.name} ended with code {done.returncode}: " + " | ".join(said[-3:]))
