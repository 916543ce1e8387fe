"""How good would forecasts have been? A model fitted again before each of several stretches, and scored on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Backend, ByRecording, ByTime, to_frame
from divecast.errors import ConfigError
from divecast.estimator import DeepDIVE
from divecast.inference.evaluation import in_lines
from divecast.inference.fitted_model import to_source
from divecast.inference.forecasting import check_at_least
from divecast.jobs.contract import JobProgress
from divecast.selection.fold import folds_of
from divecast.selection.run_trials import Execution, FinishedTrial, make_trials
from divecast.selection.trial import Trial, TrialJob


@dataclass(frozen=True, eq=False, slots=True)
class Backtest:
    """Scores by fold and forecaster.

    Attributes:
        folds: each fold's fit and what came of it; ``trial.name`` is the wall time of the first target, or names the
            recordings or groups.
        backend: kind of table to give back.
    """

    folds: tuple[FinishedTrial, ...]
    backend: Backend

    def table(self) -> dict[str, NDArray[Any]]:
        """Return columns with a row per fold, forecaster and step, and one ``all`` row for each fold and forecaster."""
        columns: dict[str, list[Any]] = {"fold": []}
        for fold in self.folds:
            if fold.result is not None:
                columns["fold"] += [fold.trial.name] * len(fold.result.scores["model"])
                for name, column in fold.result.scores.items():
                    columns.setdefault(name, []).extend(column)
        text = ("fold", "model", "horizon")
        return {name: np.array(column, dtype=object if name in text else float) for name, column in columns.items()}

    def frame(self) -> Any:
        """Return ``table`` as a table of the caller's kind."""
        return to_frame(self.table(), self.backend)

    def overall(self) -> dict[str, dict[str, tuple[float, float]]]:
        """Return mean and standard deviation over the folds of each score over all steps, by forecaster."""
        results = [fold.result for fold in self.folds if fold.result is not None]
        found = {}
        for name in results[0].forecasters:
            scores = [result.overall(name) for result in results]
            found[name] = {measure: _spread([each[measure] for each in scores]) for measure in scores[0]}
        return found

    def accuracy(self) -> dict[str, tuple[float, float]]:
        """Return mean and standard deviation over the folds of the share of labels read right, by factor."""
        results = [fold.result for fold in self.folds if fold.result is not None]
        return {
            name: _spread([np.nan if result.accuracy[name] is None else result.accuracy[name] for result in results])
            for name in results[0].accuracy
        }

    def __str__(self) -> str:
        """Return the mean scores over all steps, a line a forecaster."""
        means = {
            name: {measure: mean for measure, (mean, _) in scores.items()} for name, scores in self.overall().items()
        }
        return in_lines(means)


def backtest(  # noqa: PLR0913  what is tested, on what, and who does it
    model: DeepDIVE,
    data: Any,
    folds: int = 5,
    *,
    span: int | None = None,
    split: ByTime | ByRecording | None = None,
    out: str | Path = "backtest",
    workers: int = 1,
    ray: str | None = None,
    watch: Callable[[JobProgress[TrialJob]], None] = lambda _progress: None,
) -> Backtest:
    """Fit a model once a fold, on what lies before it, and score each on its fold beside simple forecasters.

    A panel is walked forward: each test part is forecast, from every origin, by a model of the rows before it alone.
    Recordings, or groups of them, are dealt to the test parts whole: with as many folds as subjects, each is left out
    once. Results that are there are not made again, so after Ctrl-C the same call goes on; other settings or data give
    other results in the same folder.

    In a script, call it under ``if __name__ == "__main__"``: the workers are fresh processes that import the script.

    Args:
        model: whose settings are tested; it need not be fitted and stays as it is.
        data: what to fit and score on.
        folds: test parts.
        span: rows of a panel's test part; by default all parts together are the last fifth of the rows.
        split: shares of training and validation before a test part, ``ByTime(3, 1)``; for recordings the label of
            groups and the seed of the dealing, ``ByRecording(group="subject")``.
        out: folder of the results.
        workers: processes at once, of one thread each.
        ray: address of a Ray cluster that works instead, or ``local``; its machines share the folder ``out``, and a
            store that the data lie in.
        watch: called after each fit.

    Raises:
        ConfigError: a setting is out of range, does not go with the data, or no fold could be fitted.
        DataError: the data cannot be used, or are too few.
        ArtifactError: the folder cannot be written to.
    """
    if not isinstance(model, DeepDIVE):
        raise ConfigError(f"expected a DeepDIVE, fitted or not, got {model!r}")
    check_at_least(1, folds=folds, **({} if span is None else {"span": span}))
    hands = Execution(Path(out), workers, ray, watch)
    source = to_source(data, model.plan.factors)
    trials = [
        Trial(fold.name, model.plan, fold.split, "test", fold.stop, baselines=True, device=str(model.device))
        for fold in folds_of(source, folds, span, split)
    ]
    return Backtest(tuple(make_trials(source, trials, hands)), source.backend)


def _spread(values: Sequence[Any]) -> tuple[float, float]:
    known = np.array(values, dtype=np.float64)
    return float(known.mean()), float(known.std(ddof=1)) if len(known) > 1 else float("nan")
