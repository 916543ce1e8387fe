"""What a long training has reached, in a file, so that one that was stopped goes on where it was."""

import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

_EVERY = 60.0  # seconds between two times that it is written


@dataclass(slots=True)
class Progress:
    """How far a training is.

    Attributes:
        steps: to take in all.
        least: to take, whatever the validation loss does.
        step: taken.
        best: validation loss of the weights that are kept.
        kept: these weights.
        worse: validations since then.
        wall: seconds of earlier runs.
        core: CPU seconds of earlier runs.
    """

    steps: int
    least: int
    step: int
    best: float = float("inf")
    kept: dict[str, Any] | None = None
    worse: int = 0
    wall: float = 0.0
    core: float = 0.0

    def take(self, loss: float, model: Any) -> None:
        """Keep the weights of a model if its validation loss is the lowest so far."""
        self.worse += 1
        if loss < self.best:
            self.best, self.worse = loss, 0
            self.kept = {name: value.clone() for name, value in model.state_dict().items()}

    def ended(self, patience: int) -> bool:
        """Whether there were too many validations without a lower loss, or never if ``patience`` is 0."""
        return 0 < patience <= self.worse and self.step >= self.least


@dataclass(slots=True)
class Keeper:
    """Writes progress with all that the next step depends on, and reads it again.

    Attributes:
        path: the file; None for a training that is not kept.
        of: what it is a training of, as text; the progress of another one is not read.
        model: the model.
        optimiser: its optimiser.
        generator: of the windows.
    """

    path: Path | None
    of: str
    model: Any
    optimiser: Any
    generator: torch.Generator
    _began: tuple[float, float] = field(default_factory=lambda: (time.perf_counter(), time.process_time()))
    _written: float = field(default_factory=time.perf_counter)

    def read(self) -> Progress | None:
        """Return the progress of an earlier run and bring all to where it was; None if there is none."""
        if self.path is None or not self.path.is_file():
            return None
        found = torch.load(self.path, weights_only=True)
        if found["of"] != self.of:
            return None
        self.model.load_state_dict(found["model"])
        self.optimiser.load_state_dict(found["optimiser"])
        self.generator.set_state(found["generator"])
        torch.set_rng_state(found["random"])
        return Progress(**found["progress"])

    def write(self, progress: Progress) -> None:
        """Write the progress if it is time for it."""
        if self.path is None or time.perf_counter() - self._written < _EVERY:
            return
        wall, core = time.perf_counter() - self._began[0], time.process_time() - self._began[1]
        state = {
            "of": self.of,
            "progress": asdict(progress) | {"wall": progress.wall + wall, "core": progress.core + core},
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
            "random": torch.get_rng_state(),
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(".new")
        torch.save(state, beside)
        os.replace(beside, self.path)
        self._written = time.perf_counter()
