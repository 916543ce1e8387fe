"""Backtests: a model is refitted before each of several test parts and scored on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast.config import check_at_least
from divecast.data import Backend, ByRecording, ByTime, past_rows, to_frame
from divecast.data.reading import read_source
from divecast.errors import ConfigError
from divecast.estimator import DeepDIVE
from divecast.inference.evaluation import in_lines
from divecast.jobs.contract import JobProgress
from divecast.selection.fold import folds_of
from divecast.selection.run_trials import Execution, FinishedTrial, run_trials
from divecast.selection.trial import Trial, TrialJob, TrialResult


class Spread(NamedTuple):
    """A score over the folds.

    Attributes:
        mean: mean over the folds.
        sd: standard deviation over the folds; NaN for a single fold.
    """

    mean: float
    sd: float

    @classmethod
    def of(cls, values: Sequence[float | None]) -> "Spread":
        """Summarise the values of the folds."""
        numbers = np.array(values, dtype=np.float64)
        return cls(float(numbers.mean()), float(numbers.std(ddof=1)) if len(numbers) > 1 else float("nan"))


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Backtest(Plottable):
    """The result of ``backtest``: scores by fold and forecaster. ``str`` gives a table of mean scores.

    Attributes:
        folds: fit and result of each fold; ``trial.name`` is the local time of the first target, or lists the test
            recordings or groups.
        backend: kind of table of the data.

    Example:
        >>> result = backtest(model, panel, folds=3)
        >>> len(result.folds)
        3
    """

    folds: tuple[FinishedTrial, ...]
    backend: Backend

    def table(self) -> dict[str, NDArray[Any]]:
        """Return the columns of ``frame``.

        Example:
            >>> list(backtest(model, panel, folds=3).table())[:3]
            ['fold', 'model', 'horizon']
        """
        columns: dict[str, list[Any]] = {"fold": []}
        for fold in self.folds:
            if fold.result is not None:
                columns["fold"] += [fold.trial.name] * len(fold.result.scores["model"])
                for name, column in fold.result.scores.items():
                    columns.setdefault(name, []).extend(column)
        text = ("fold", "model", "horizon")
        return {name: np.array(column, dtype=object if name in text else float) for name, column in columns.items()}

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return a table with one row per fold, forecaster and step, and a row ``all`` over all steps.

        Args:
            backend: kind of table; that of the data by default.

        Example:
            >>> backtest(model, panel, folds=3).frame(backend="polars").columns[:3]
            ['fold', 'model', 'horizon']
        """
        return to_frame(self.table(), backend or self.backend)

    def overall(self) -> dict[str, dict[str, Spread]]:
        """Return each score over all steps, by forecaster and measure.

        Example:
            >>> backtest(model, panel, folds=3).overall()["DeepDIVE"]["mae"].mean > 0
            True
        """
        results = self._results()
        overall = {}
        for name in results[0].forecasters:
            scores = [result.overall(name) for result in results]
            overall[name] = {measure: Spread.of([fold[measure] for fold in scores]) for measure in scores[0]}
        return overall

    def accuracy(self) -> dict[str, Spread]:
        """Return the share of labels inferred correctly, by factor.

        Example:
            >>> sorted(backtest(model, panel, folds=3).accuracy())
            ['hour', 'weekday']
        """
        results = self._results()
        return {name: Spread.of([result.accuracy[name] for result in results]) for name in results[0].accuracy}

    def _results(self) -> list[TrialResult]:
        return [fold.result for fold in self.folds if fold.result is not None]

    def __str__(self) -> str:
        """Return the mean scores over all steps, one line per forecaster."""
        overall = self.overall()
        return in_lines({name: {key: score.mean for key, score in scores.items()} for name, scores in overall.items()})


def backtest(  # noqa: PLR0913  model, data, and how the fits are run
    model: DeepDIVE,
    data: Any,
    folds: int = 5,
    *,
    span: int | None = None,
    split: ByTime | ByRecording | None = None,
    adapt: bool = False,
    out: str | Path = "backtest",
    workers: int = 1,
    ray: str | None = None,
    watch: Callable[[JobProgress[TrialJob]], None] = lambda _progress: None,
) -> Backtest:
    """Refit a model for each of several test parts, and score it there beside simple forecasters.

    A panel is backtested forward in time: each test part is forecast, from every origin, by a model fitted on the rows
    before it alone. Recordings, or groups of them, are distributed over the test parts as a whole; with as many folds
    as groups, each group is left out once. Results are stored in ``out`` and reused, so the same call resumes after an
    interruption; other settings or data give other results in the same folder.

    In a script, call it under ``if __name__ == "__main__"``, since the workers are new processes that import the
    script.

    Args:
        model: whose settings are tested; it need not be fitted and is not changed.
        data: data to fit and score on.
        folds: number of test parts.
        span: rows of each test part of a panel; by default all test parts together are the last fifth of the rows.
        split: for a panel, the shares of training and validation before a test part, as ``ByTime(3, 1)``; for
            recordings, the label of the groups and the random seed, as ``ByRecording(group="subject")``.
        adapt: whether the quantiles from each origin are those of a model that has observed the values before it, as in
            rolling use with ``observe``; of a panel of joint series.
        out: folder of the results.
        workers: number of processes, of one thread each.
        ray: address of a Ray cluster to use instead, or ``local``; its machines must share the folder ``out`` and the
            store of the data.
        watch: called after each fit.

    Returns:
        The scores by fold and forecaster.

    Raises:
        ConfigError: a setting is out of range or does not suit the data, or all fits failed.
        DataError: the data cannot be used, or are too few.
        ArtifactError: the folder cannot be written to.

    Example:
        >>> result = backtest(model, panel, folds=3)
        >>> list(result.overall())[:2]
        ['DeepDIVE', 'last value']
    """
    if not isinstance(model, DeepDIVE):
        raise ConfigError(expected="a DeepDIVE, fitted or not", found=repr(model), argument="model")
    check_at_least(1, folds=folds, **({} if span is None else {"span": span}))
    execution = Execution(Path(out), workers, ray, watch)
    source = past_rows(read_source(data, factors=model.plan.factors, covariates=model.plan.covariates))
    trials = [
        Trial(fold.name, model.plan, fold.split, "test", fold.stop, True, str(model.device), adapt)
        for fold in folds_of(source, folds, span, split)
    ]
    return Backtest(tuple(run_trials(source, trials, execution)), source.backend)
