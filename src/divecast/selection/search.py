"""Search for the settings that forecast the validation part best; the test part is not used."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast.config import check_at_least, check_choice
from divecast.data import Backend, ByTime, Split, to_frame
from divecast.data.reading import read_source
from divecast.errors import ConfigError
from divecast.estimator import DeepDIVE
from divecast.inference.evaluation import MEASURES, MODEL_NAME
from divecast.jobs.contract import JobProgress
from divecast.selection.run_trials import Execution, FinishedTrial, run_trials
from divecast.selection.trial import Trial, TrialJob
from divecast.selection.variant import variants, varied

By = Literal["crps", "rrse", "mae", "mse", "mase", "accuracy"]


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
        return columns | {name: np.array([scores.get(name, np.nan) for scores in means]) for name in means[0]}

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
    tries: Mapping[str, Sequence[Any]],
    split: Split | None = None,
    *,
    by: By = "crps",
    draws: int | None = None,
    runs: int = 1,
    out: str | Path = "search",
    workers: int = 1,
    ray: str | None = None,
    watch: Callable[[JobProgress[TrialJob]], None] = lambda _progress: None,
) -> SearchResult:
    """Fit a model with all combinations of settings, or a random sample of them, and compare validation scores.

    The validation part also decides on early stopping and the width of intervals, so the score of the best candidate
    is slightly optimistic; score it on the test part once. Differences smaller than those between ``runs`` mean
    nothing. Results are stored in ``out`` and reused, so the same call resumes after an interruption, and a call with
    more values only computes the new ones.

    In a script, call it under ``if __name__ == "__main__"``, since the workers are new processes that import the
    script.

    Args:
        model: whose other settings are kept; it need not be fitted and is not changed.
        data: data to fit and score on.
        tries: values to try by dotted name of the setting: ``{"training.clip": [0.5, 1.0], "lookback": [48, 168]}``.
        split: how to split the data; ``ByTime(3, 1, 1)`` by default.
        by: score over all steps on the validation part. The lowest is best; of ``accuracy``, the share of labels
            inferred correctly (mean over the factors), the highest.
        draws: number of combinations to draw at random, which finds good ones sooner than the whole grid (Bergstra and
            Bengio 2012); None for all combinations.
        runs: fits per candidate, with the seed of the model and the following ones.
        out: folder of the results.
        workers: number of processes, of one thread each.
        ray: address of a Ray cluster to use instead, or ``local``; its machines must share the folder ``out`` and the
            store of the data.
        watch: called after each fit.

    Returns:
        The candidates, the best first, and the best model, not fitted.

    Raises:
        ConfigError: a setting is unknown or out of range, or all fits failed.
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
    if not isinstance(tries, Mapping) or not tries:
        expected = 'values by setting, such as {"training.clip": [0.5, 1.0]}'
        raise ConfigError(expected=expected, found=repr(tries), argument="tries")
    execution, device = Execution(Path(out), workers, ray, watch), str(model.device)
    combinations = variants(tries, draws, model.plan.seed, runs)
    models = [DeepDIVE.from_plan(varied(model.plan, settings), device) for settings in combinations]
    trials = [
        Trial(
            f"{_described(settings)} seed={seed}",
            replace(variant.plan, seed=seed),
            split or ByTime(),
            "valid",
            device=device,
        )
        for settings, variant in zip(combinations, models, strict=True)
        for seed in range(model.plan.seed, model.plan.seed + runs)
    ]
    source = read_source(data, factors=model.plan.factors, covariates=model.plan.covariates)
    finished = run_trials(source, trials, execution)
    by_candidate = [tuple(finished[i : i + runs]) for i in range(0, len(finished), runs)]
    candidates = [
        Candidate(settings, own_runs, _score(own_runs, by))
        for settings, own_runs in zip(combinations, by_candidate, strict=True)
    ]
    sign = -1.0 if by == "accuracy" else 1.0
    order = np.argsort([sign * candidate.score for candidate in candidates], kind="stable")  # NaN comes last
    return SearchResult(by, tuple(candidates[i] for i in order), models[order[0]], source.backend)


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
