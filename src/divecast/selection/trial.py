"""Trials: fits whose scores are compared."""

import hashlib
import json
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, Protocol

import torch

from divecast.data import Panel, Split
from divecast.data.sources.mapped import Mapped
from divecast.errors import ArtifactError, DataWarning
from divecast.estimator import DeepDIVE
from divecast.inference.provenance import FitPlan, typed
from divecast.persistence.adapters import adapter_of
from divecast.persistence.atomic import replacing
from divecast.persistence.json_values import plain
from divecast.persistence.version import __version__
from divecast.train.callbacks import Callback


@dataclass(frozen=True, slots=True)
class Trial:
    """A fit, and how it is scored.

    Attributes:
        name: name in messages and tables.
        plan: settings of the fit.
        split: how the data are split.
        part: part that is scored.
        stop: first row of a panel that is not used; None for all rows.
        baselines: whether simple forecasters are scored too.
        device: device of the fit.
        adapt: whether levels move by the values before each forecast.
    """

    name: str
    plan: FitPlan
    split: Split
    part: Literal["valid", "test"]
    stop: int | None = None
    baselines: bool = False
    device: str = "cpu"
    adapt: bool = False

    def identity(self, fingerprints: dict[str, str]) -> dict[str, Any]:
        """Return all that the result depends on, with the fingerprints of the data, as JSON values."""
        scored = {"part": self.part, "stop": self.stop, "baselines": self.baselines, "device": self.device}
        scored |= {"adapt": True} if self.adapt else {}
        values = {**self.plan.to_json(), "split": typed(self.split), **fingerprints, **scored, "divecast": __version__}
        identity: dict[str, Any] = json.loads(json.dumps(values))
        return identity


class Stopper(Callback, Protocol):
    """Stops a fit that is worse than others by raising an error at the end of an epoch; it is sent to a worker."""


@dataclass(frozen=True, eq=False, slots=True)
class TrialJob:
    """A trial for a worker.

    Attributes:
        trial: the fit and how it is scored.
        data: data to fit and score on.
        identity: see ``Trial.identity``.
        folder: folder of the results.
        stopper: what may stop the fit early; None for nothing.
    """

    trial: Trial
    data: Mapped
    identity: dict[str, Any]
    folder: Path
    stopper: Stopper | None = None

    @property
    def file(self) -> Path:
        """File of the result."""
        return result_file(self.folder, self.identity)


@dataclass(frozen=True, slots=True)
class TrialResult:
    """The scores of a fit.

    Attributes:
        identity: see ``Trial.identity``.
        scores: columns of ``Evaluation.table``; None for NaN.
        accuracy: share of labels of the part that were inferred correctly, by factor; None for NaN.
        seconds: time of the fit.
        epochs: epochs of the fit.
        warned: what the fit and the scoring warned of.
    """

    identity: dict[str, Any]
    scores: dict[str, list[str | float | None]]
    accuracy: dict[str, float | None]
    seconds: float
    epochs: int
    warned: tuple[str, ...] = ()

    @property
    def forecasters(self) -> list[str]:
        """Names of the forecasters, the model first."""
        return list(dict.fromkeys(str(name) for name in self.scores["model"]))

    def overall(self, forecaster: str) -> dict[str, float]:
        """Return the scores of a forecaster over all steps, by measure."""
        rows = zip(self.scores["model"], self.scores["horizon"], strict=True)
        i = next(i for i, row in enumerate(rows) if row == (forecaster, "all"))
        measures = {name: column[i] for name, column in self.scores.items() if name not in ("model", "horizon")}
        return {name: float("nan") if value is None else float(value) for name, value in measures.items()}


def result_file(folder: Path, identity: dict[str, Any]) -> Path:
    """Return the file of the result of a trial with this identity."""
    return folder / f"{hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:20]}.json"


def run_trial(job: TrialJob) -> None:
    """Fit, score and write the result; runs in a worker."""
    torch.set_num_threads(1)  # for the same result on every machine
    trial, source = job.trial, job.data.open()
    if isinstance(source, Panel) and trial.stop is not None:
        source = source.rows(0, trial.stop)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        began = perf_counter()
        callbacks = () if job.stopper is None else (job.stopper,)
        model = DeepDIVE.from_plan(trial.plan, trial.device)
        model.fit(source, trial.split, progress=False, callbacks=callbacks)
        seconds = perf_counter() - began
        scores = model.evaluate(source, trial.part, baselines=trial.baselines, adapt=trial.adapt).table()
        accuracy = model.infer_labels(source, trial.part).accuracy() if trial.plan.factors else {}
    warned = tuple(dict.fromkeys(str(each.message) for each in caught if issubclass(each.category, DataWarning)))
    result = TrialResult(job.identity, plain(scores), plain(accuracy), seconds, len(model.history.records), warned)
    with replacing(job.file) as temporary:
        temporary.write_text(json.dumps(asdict(result), ensure_ascii=False) + "\n", encoding="utf-8")


def read_result(file: Path) -> TrialResult | None:
    """Return the result of a trial, or None if there is no such file.

    Raises:
        ArtifactError: the file is damaged or cannot be read.
    """
    if not file.exists():
        return None
    try:
        result: TrialResult = adapter_of(TrialResult).validate_json(file.read_bytes())
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        problem = f"{file} is not the result of a trial ({reason})"
        raise ArtifactError(problem, hint="Remove it to run it again") from error
    return result
