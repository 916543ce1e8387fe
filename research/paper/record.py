"""What is kept of one run: a line of JSON."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from divecast.errors import ArtifactError
from divecast.persistence import make_folder, plain, replacing

_DIGITS = 6  # significant ones that are kept


@dataclass(frozen=True, slots=True)
class Score:
    """A forecast or a reconstruction against the truth; None where nothing can be computed.

    Attributes:
        rrse: root relative squared error, LSTNet convention, original units.
        corr: mean Pearson correlation over the channels.
    """

    rrse: float | None
    corr: float | None


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of the code.

    Attributes:
        value: over all factors.
        parts: by factor, or by unit for modularity and the like.
    """

    value: float | None
    parts: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Cost:
    """What the run took.

    Attributes:
        fit_seconds: wall time of the fit, one thread.
        fit_cpu_seconds: processor time of the fit, which other work on the machine does not lengthen.
        score_seconds: wall time of everything after it.
        peak_mib: highest resident memory of the process, libraries and data included.
        weights: learned numbers.
        epochs: passes that were run.
    """

    fit_seconds: float
    fit_cpu_seconds: float
    score_seconds: float
    peak_mib: float
    weights: int
    epochs: int


@dataclass(frozen=True, slots=True)
class Record:
    """One run: a case, an arm and a seed, fitted and scored on the test part.

    Attributes:
        case: name of the case.
        arm: name of the arm.
        seed: of every random draw, and of the split where it changes with the run.
        about: the case in a line.
        forecast: by forecaster (``infer`` and ``known`` are the model with labels inferred or known, others are
            baselines), then by step, ``all`` among them.
        reconstruction: of the windows through their code; ``scaled`` has every channel in units of its spread.
        accuracy: of the labels inferred, by ``window`` and, for recordings, ``recording``; then by factor.
        measures: of disentanglement, by name.
        conditional_kl: KL of each dimension of a to its prior, mean over the windows, nats.
        active_units: dimensions of a whose mean varies by more than 0.01 over the windows (Burda et al. 2016).
        n_windows: windows of the test part that reconstruction, accuracy and measures are of.
        cost: time and memory.
        asked: settings, split and hashes of the data, as JSON values: two runs that agree here are one.
        versions: of divecast, torch and Python; ``code`` is a hash of the code that fits and scores.
        quick: whether the small version of the case was run.
    """

    case: str
    arm: str
    seed: int
    about: str
    forecast: dict[str, dict[str, Score]]
    reconstruction: dict[str, Score]
    accuracy: dict[str, dict[str, float | None]]
    measures: dict[str, Measure]
    conditional_kl: tuple[float, ...]
    active_units: int
    n_windows: int
    cost: Cost
    asked: dict[str, Any]
    versions: dict[str, str]
    quick: bool = False

    def line(self) -> str:
        """Return the run as one line of JSON, numbers cut to six digits."""
        return json.dumps(plain({**asdict(self), "asked": None}, _DIGITS) | {"asked": self.asked}, ensure_ascii=False)

    def write(self, path: Path) -> None:
        """Write the line to a file of its own, whole or not at all."""
        make_folder(path.parent)
        with replacing(path) as temporary:
            temporary.write_text(self.line() + "\n", encoding="utf-8")


def parse_record(line: str, where: object) -> Record:
    """Read what ``Record.line`` wrote; ``where`` is named in the error.

    Raises:
        ArtifactError: it is not the line of a run.
    """
    from pydantic import TypeAdapter

    try:
        record: Record = TypeAdapter(Record).validate_json(line)
    except ValueError as error:
        raise ArtifactError(
            f"{where} is not the line of a run; remove it to have that run made again: {error}"
        ) from error
    return record
