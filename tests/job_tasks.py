"""Jobs for worker processes, which import them by name."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Task:
    """What a worker is to do, and the folder it leaves a file in for each try."""

    name: str
    folder: Path
    kind: str = "good"

    def tries(self) -> int:
        """How often it was begun."""
        return len(list(self.folder.glob(f"{self.name}.*")))


def work(task: Task) -> None:
    """Leave a file, then end as the task says; or leave the number of threads for linear algebra."""
    tries = task.tries()
    (task.folder / f"{task.name}.{tries}.{os.getpid()}").touch()
    if task.kind == "wrong":
        raise ValueError("cannot be done")
    if task.kind == "killed" or (task.kind == "killed once" and tries == 0):
        os.kill(os.getpid(), signal.SIGKILL)
    if task.kind == "slow":
        time.sleep(60)
    if task.kind == "environment":
        (task.folder / task.name).write_text(os.environ["OMP_NUM_THREADS"])
