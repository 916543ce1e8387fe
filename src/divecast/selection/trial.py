"""One fit that is tried out, and what came of it."""

import hashlib
import json
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import torch

from divecast.data import Panel, Split
from divecast.data.sources.mapped import Mapped
from divecast.errors import ArtifactError, DataWarning
from divecast.estimator import DeepDIVE
from divecast.fit.fit_model import FitPlan
from divecast.persistence.atomic import replacing
from divecast.persistence.json_values import plain
from divecast.persistence.version import __version__


@dataclass(frozen=True, slots=True)
class Trial:
    """A fit to be made and scored.

    Attributes:
        name: to tell it by.
        plan: settings.
        split: of the data.
        part: that is scored.
        stop: rows of a panel from here on are not seen; None for all.
        baselines: whether simple forecasters are scored beside it.
        device: where it is fitted.
    """

    name: str
    plan: FitPlan
    split: Split
    part: Literal["valid", "test"]
    stop: int | None = None
    baselines: bool = False
    device: str = "cpu"

    def asked(self, fingerprints: dict[str, str]) -> dict[str, Any]:
        """Return all that the result on data with these fingerprints depends on, as JSON values."""
        scored = {"part": self.part, "stop": self.stop, "baselines": self.baselines, "device": self.device}
        asked = self.plan.about(self.split) | fingerprints | scored | {"divecast": __version__}
        found: dict[str, Any] = json.loads(json.dumps(asked))
        return found


@dataclass(frozen=True, eq=False, slots=True)
class TrialJob:
    """A trial for a worker.

    Attributes:
        trial: what to do.
        data: what to fit on.
        asked: see ``Trial.asked``.
        folder: of the results.
    """

    trial: Trial
    data: Mapped
    asked: dict[str, Any]
    folder: Path

    @property
    def file(self) -> Path:
        """Where the result goes."""
        return result_file(self.folder, self.asked)


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What came of a fit.

    Attributes:
        asked: see ``Trial.asked``.
        scores: columns of ``Evaluation.table``: a row a forecaster and step, ``all`` among them; None for NaN.
        accuracy: share of the labelled windows of the part whose label was read right from the window alone, by factor.
        seconds: of the fit.
        epochs: passes of the fit.
    """

    asked: dict[str, Any]
    scores: dict[str, list[str | float | None]]
    accuracy: dict[str, float | None]
    seconds: float
    epochs: int

    @property
    def forecasters(self) -> list[str]:
        """Return who was scored, the model first."""
        return list(dict.fromkeys(str(name) for name in self.scores["model"]))

    def overall(self, forecaster: str) -> dict[str, float]:
        """Return the scores of a forecaster over all steps, by measure."""
        rows = zip(self.scores["model"], self.scores["horizon"], strict=True)
        at = next(at for at, row in enumerate(rows) if row == (forecaster, "all"))
        measures = {name: column[at] for name, column in self.scores.items() if name not in ("model", "horizon")}
        return {name: float("nan") if value is None else float(value) for name, value in measures.items()}


def result_file(folder: Path, asked: dict[str, Any]) -> Path:
    """Return where a result goes; all that is asked otherwise goes elsewhere."""
    return folder / f"{hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:20]}.json"


def run_trial(job: TrialJob) -> None:
    """Fit, score and write the result; called in a worker."""
    torch.set_num_threads(1)  # the same bits wherever it runs
    trial, source = job.trial, job.data.open()
    if isinstance(source, Panel) and trial.stop is not None:
        source = source.rows(0, trial.stop)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # each trial would say the same
        began = perf_counter()
        model = DeepDIVE.of(trial.plan, trial.device).fit(source, trial.split, progress=False)
        seconds = perf_counter() - began
        scores = model.evaluate(source, trial.part, baselines=trial.baselines).table()
        accuracy = model.infer_labels(source, trial.part).accuracy() if trial.plan.factors else {}
    found = TrialResult(job.asked, plain(scores), plain(accuracy), seconds, len(model.history.records))
    with replacing(job.file) as temporary:
        temporary.write_text(json.dumps(asdict(found), ensure_ascii=False) + "\n", encoding="utf-8")


def read_result(file: Path) -> TrialResult | None:
    """Return what came of a trial, or None if there is no such file.

    Raises:
        ArtifactError: it is damaged or cannot be read.
    """
    from pydantic import TypeAdapter

    if not file.exists():
        return None
    try:
        found: TrialResult = TypeAdapter(TrialResult).validate_json(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{file} is not the result of a fit; remove it to make it again: {error}") from error
    return found
