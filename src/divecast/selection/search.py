"""Search for the settings that forecast the validation part best; the test part is not used."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable, need
from divecast.config import check_at_least, check_choice
from divecast.data import Backend, ByTime, Split, past_rows, to_frame
from divecast.data.reading import read_source
from divecast.errors import ConfigError
from divecast.estimator import DeepDIVE
from divecast.inference.evaluation import MEASURES, MODEL_NAME
from divecast.inference.provenance import typed
from divecast.jobs.contract import JobProgress
from divecast.persistence.version import __version__
from divecast.selection.run_trials import Execution, FinishedTrial, refuse_failure_of_all, repeat_warnings, running
from divecast.selection.space import Between, Space
from divecast.selection.study import Chosen, Finished, run_study
from divecast.selection.study import Plan as Study
from divecast.selection.trial import Trial, TrialJob
from divecast.selection.variant import varied

By = Literal["crps", "rrse", "mae", "mse", "mase", "accuracy"]
_MOST_FITS = 100_000
_UNITS = ("model.scale", "model.own_scale", "model.decoder.forecast")


@dataclass(frozen=True, eq=False, slots=True)
class Candidate:
    """One combination of settings.

    Attributes:
        settings: values by dotted name.
        runs: fits with consecutive seeds, and their results.
        score: mean score over the runs that succeeded; NaN if none did.
    """

    settings: dict[str, Any]
    runs: tuple[FinishedTrial, ...]
    score: float


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class SearchResult(Plottable):
    """The result of ``search``; ``str`` gives one line per candidate, the best first.

    Attributes:
        by: score on the validation part that candidates are compared by.
        candidates: all combinations of settings, the best first.
        model: DeepDIVE with the best settings, not fitted.
        backend: kind of table of the data.

    Example:
        >>> result = search(model, panel, {"training.clip": [0.5, 1.0]})
        >>> list(result.best)
        ['training.clip']
        >>> result.model.is_fitted
        False
    """

    by: By
    candidates: tuple[Candidate, ...]
    model: DeepDIVE
    backend: Backend

    @property
    def best(self) -> dict[str, Any]:
        """The best settings by dotted name."""
        return self.candidates[0].settings

    def table(self) -> dict[str, NDArray[Any]]:
        """Return the columns of ``frame``.

        Example:
            >>> list(search(model, panel, {"training.clip": [0.5, 1.0]}).table())[0]
            'training.clip'
        """
        columns = {name: _column([candidate.settings[name] for candidate in self.candidates]) for name in self.best}
        means = [_means(candidate) for candidate in self.candidates]
        scores = {name: np.array([scores.get(name, np.nan) for scores in means]) for name in means[0]}
        stopped = [
            next((run.stopped for run in each.runs if run.stopped is not None), None) for each in self.candidates
        ]
        if any(each is not None for each in stopped):
            scores["stopped"] = np.array([np.nan if each is None else float(each) for each in stopped])
        return columns | scores

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return a table with one row per candidate, the best first: its settings and mean validation scores.

        Args:
            backend: kind of table; that of the data by default.

        Example:
            >>> search(model, panel, {"training.clip": [0.5, 1.0]}).frame(backend="polars").height
            2
        """
        return to_frame(self.table(), backend or self.backend)

    def __str__(self) -> str:
        """Return one line per candidate, the best first."""
        return "\n".join(
            f"{self.by} {candidate.score:<10.5g} {_described(candidate.settings)}" for candidate in self.candidates
        )


def search(  # noqa: PLR0913  model, data, settings, and how the fits are run
    model: DeepDIVE,
    data: Any,
    tries: Mapping[str, Sequence[Any] | Between | Mapping[str, Any]],
    split: Split | None = None,
    *,
    by: By = "crps",
    draws: int | None = None,
    runs: int = 1,
    prune: bool = False,
    out: str | Path = "search",
    workers: int = 1,
    ray: str | None = None,
    watch: Callable[[JobProgress[TrialJob]], None] = lambda _progress: None,
) -> SearchResult:
    """Fit a model with all combinations of settings, or with those that Optuna chooses, and compare validation scores.

    The validation part also decides on early stopping and the width of intervals, so the score of the best candidate
    is slightly optimistic; score it on the test part once. Differences smaller than those between ``runs`` mean
    nothing. Results and an Optuna journal are stored in ``out`` and reused, so the same call resumes after an
    interruption, one with more draws goes on, and one with more values only computes the new ones. Needs
    ``divecast[search]``.

    In a script, call it under ``if __name__ == "__main__"``, since the workers are new processes that import the
    script.

    Args:
        model: whose other settings are kept; it need not be fitted and is not changed.
        data: data to fit and score on.
        tries: what to try by dotted name of the setting: values, or a range, which needs ``draws``:
            ``{"training.learning_rate": Between(1e-3, 1e-2, log=True), "lookback": [48, 168]}``.
        split: how to split the data; ``ByTime(3, 1, 1)`` by default.
        by: score over all steps on the validation part. The lowest is best; of ``accuracy``, the share of labels
            inferred correctly (mean over the factors), the highest.
        draws: number of combinations that Optuna chooses, each by the scores of those before (tree-structured Parzen
            estimator, Bergstra et al. 2011), which finds good ones sooner than all of them; None for all combinations.
        runs: fits per candidate, with the seed of the model and the following ones.
        prune: whether to stop a fit whose forecast loss on the validation part is above the median of the former
            candidates at the same epoch; of settings that do not change the unit of this loss, and one run.
        out: folder of the results and of the journal, which ``optuna-dashboard`` shows.
        workers: number of processes, of one thread each, and of candidates that are chosen at a time.
        ray: address of a Ray cluster to use instead, or ``local``; its machines must share the folder ``out`` and the
            store of the data. ``workers`` candidates are chosen at a time.
        watch: called after each fit.

    Returns:
        The candidates, the best first, and the best model, not fitted.

    Raises:
        ConfigError: a setting is unknown or out of range, all fits failed, or Optuna is not installed.
        DataError: the data cannot be used.
        ArtifactError: the folder cannot be written to.

    Example:
        >>> result = search(model, panel, {"training.clip": [0.5, 1.0]})
        >>> [candidate.settings for candidate in result.candidates] != []
        True
    """
    if not isinstance(model, DeepDIVE):
        raise ConfigError(expected="a DeepDIVE, fitted or not", found=repr(model), argument="model")
    check_choice(get_args(By), by=by)
    if by == "accuracy" and not model.plan.factors:
        raise ConfigError("A model without factors infers no labels, so it has no accuracy", argument="by")
    check_at_least(1, runs=runs, **({} if draws is None else {"draws": draws}))
    space = Space.of(tries)
    draws = _number_of_draws(space, draws, runs)
    if prune:
        _check_comparable(space, runs)
    execution, device, plan = Execution(Path(out), workers, ray, watch), str(model.device), model.plan
    for settings in space.examples():
        DeepDIVE.from_plan(varied(plan, settings), device)
    need("optuna")
    source = past_rows(read_source(data, factors=plan.factors, covariates=plan.covariates))
    split = split or ByTime()
    with running(source, plan.factors, execution) as runner:
        identity = [plan.to_json(), typed(split), runner.fingerprints, by, runs, device, __version__]

        def fit(chosen: Sequence[Chosen]) -> list[Finished]:
            trials = [
                Trial(
                    f"{_described(each.settings)} seed={seed}", replace(made, seed=seed), split, "valid", device=device
                )
                for each in chosen
                for made in [varied(plan, each.settings)]
                for seed in range(plan.seed, plan.seed + runs)
            ]
            stoppers = [each.stopper for each in chosen for _ in range(runs)]
            finished = runner.run(trials, None if draws is None else draws * runs, stoppers)
            return [
                Finished(each.settings, tuple(finished[number * runs : (number + 1) * runs]))
                for number, each in enumerate(chosen)
            ]

        study = Study(space, draws, workers, plan.seed, by == "accuracy", prune)
        found = run_study(execution.out.absolute(), identity, study, fit, lambda each: _score(each.runs, by))
    every = [run for each in found for run in each.runs]
    refuse_failure_of_all(every)
    repeat_warnings(every)
    candidates = [Candidate(each.settings, each.runs, _score(each.runs, by)) for each in found]
    sign = -1.0 if by == "accuracy" else 1.0
    order = np.argsort([sign * candidate.score for candidate in candidates], kind="stable")  # NaN comes last
    best = DeepDIVE.from_plan(varied(plan, candidates[order[0]].settings), device)
    return SearchResult(by, tuple(candidates[i] for i in order), best, source.backend)


def _number_of_draws(space: Space, draws: int | None, runs: int) -> int | None:
    """Return the number of combinations that are chosen; None for all."""
    size = space.size
    if draws is None and size is None:
        raise ConfigError(
            "A range has no end of values", hint="Pass {draws}, the number of combinations to try", argument="draws"
        )
    if size is not None and draws is not None and draws >= size:
        draws = None
    count = size if draws is None else draws
    if count is not None and count * runs > _MOST_FITS:
        raise ConfigError(
            f"{count:,} combinations in {runs:,} runs each are more than {_MOST_FITS:,} fits",
            hint="Use fewer {draws} or {runs}",
            argument="runs",
        )
    return draws


def _check_comparable(space: Space, runs: int) -> None:
    """Refuse to compare losses of other units, and losses of several fits of a candidate."""
    if runs > 1:
        raise ConfigError("Several runs of a candidate are not stopped early", hint="Use either {prune} or {runs}")
    units = [name for name in space.tries if name.startswith(_UNITS)]
    if units:
        raise ConfigError(
            f"{units[0]} changes the unit of the loss, by which candidates are stopped early",
            hint="Leave {prune} out",
            argument="prune",
        )


def _column(values: Sequence[Any]) -> NDArray[Any]:
    """Return numbers as numbers, all other values as text."""
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return np.array(values) if numbers else np.array([str(value) for value in values], dtype=object)


def _described(settings: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in settings.items())


def _score(runs: Sequence[FinishedTrial], by: By) -> float:
    scores = [_scores(run)[by] for run in runs if run.result is not None]
    return float(np.mean(scores)) if scores else float("nan")


def _means(candidate: Candidate) -> dict[str, float]:
    scores = [_scores(run) for run in candidate.runs if run.result is not None]
    return {name: float(np.mean([score[name] for score in scores])) for name in scores[0]} if scores else {}


def _scores(run: FinishedTrial) -> dict[str, float]:
    """Return the scores over all steps, the accuracy of inferred labels and the seconds of a fit."""
    if run.result is None:
        return {}
    overall = run.result.overall(MODEL_NAME)
    by_factor = [np.nan if share is None else share for share in run.result.accuracy.values()]
    accuracy = {"accuracy": float(np.mean(by_factor))} if by_factor else {}
    return {name: overall[name] for name in MEASURES} | accuracy | {"seconds": run.result.seconds}
