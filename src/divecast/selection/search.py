"""Which settings are best? Those that forecast the validation part best; the test part is not looked at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from divecast.data import Backend, ByTime, Split, to_frame
from divecast.errors import ConfigError
from divecast.estimator import DeepDIVE
from divecast.inference.evaluation import MEASURES, MODEL_NAME
from divecast.inference.fitted_model import to_source
from divecast.inference.forecasting import check_at_least
from divecast.jobs.contract import JobProgress
from divecast.selection.run_trials import Execution, FinishedTrial, make_trials
from divecast.selection.trial import Trial, TrialJob
from divecast.selection.variant import variants, varied

By = Literal["crps", "rrse", "mae", "mse", "mase", "accuracy"]


@dataclass(frozen=True, eq=False, slots=True)
class Candidate:
    """Settings that were tried.

    Attributes:
        settings: by dotted name.
        runs: fits with them, of seeds that follow one another, and what came of each.
        score: mean over the runs that ended of what is searched by; NaN if none did.
    """

    settings: dict[str, Any]
    runs: tuple[FinishedTrial, ...]
    score: float


@dataclass(frozen=True, eq=False, slots=True)
class Search:
    """What a search found.

    Attributes:
        by: what the candidates were compared by, on the validation part.
        candidates: the best first.
        model: with the best settings, not fitted.
        backend: kind of table to give back.
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
        """Return a row a candidate, the best first: its settings, and means over its runs on the validation part."""
        columns = {name: _column([each.settings[name] for each in self.candidates]) for name in self.best}
        means = [_means(candidate) for candidate in self.candidates]
        return columns | {name: np.array([each.get(name, np.nan) for each in means]) for name in means[0]}

    def frame(self) -> Any:
        """Return ``table`` as a table of the caller's kind."""
        return to_frame(self.table(), self.backend)

    def __str__(self) -> str:
        """Return a line a candidate, the best first."""
        return "\n".join(
            f"{self.by} {each.score:<10.5g} " + " ".join(f"{name}={value}" for name, value in each.settings.items())
            for each in self.candidates
        )


def search(  # noqa: PLR0913  what is searched, on what, by what, and who does it
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
) -> Search:
    """Fit a model with every combination of settings, or some drawn from them, and compare on the validation part.

    The validation part also says when each fit stops and how wide its intervals are, so the winner's score is somewhat
    flattered: score it on the test part, once. Differences below those between ``runs`` say nothing. Results that are
    there are not made again: call it again after Ctrl-C, or with more values.

    In a script, call it under ``if __name__ == "__main__"``: the workers are fresh processes that import the script.

    Args:
        model: whose other settings are kept; it need not be fitted and stays as it is.
        data: what to fit and score on.
        tries: values of each setting by dotted name: ``{"training.learning_rate": [1e-3, 4e-3], "lookback": [168]}``.
        split: how to cut the data; by default ``ByTime(3, 1, 1)``.
        by: mean over all steps on the validation part of this; the lowest wins, of ``accuracy`` (labels read right,
            mean over the factors) the highest.
        draws: combinations to draw, which finds good ones sooner than the whole grid (Bergstra and Bengio 2012); None
            for all.
        runs: fits of each candidate, with the model's seed and those that follow.
        out: folder of the results.
        workers: processes at once, of one thread each.
        ray: address of a Ray cluster that works instead, or ``local``; its machines share the folder ``out``, and a
            store that the data lie in.
        watch: called after each fit.

    Raises:
        ConfigError: a setting is unknown or out of range, or no candidate could be fitted.
        DataError: the data cannot be used.
        ArtifactError: the folder cannot be written to.
    """
    if not isinstance(model, DeepDIVE):
        raise ConfigError(f"expected a DeepDIVE, fitted or not, got {model!r}")
    if by not in get_args(By) or (by == "accuracy" and not model.plan.factors):
        raise ConfigError(f"by must be one of {get_args(By)}, accuracy with factors only, got {by!r}")
    check_at_least(1, runs=runs, **({} if draws is None else {"draws": draws}))
    if not isinstance(tries, Mapping) or not tries:
        raise ConfigError(f'expected values by setting, such as {{"training.clip": [0.5, 1.0]}}, got {tries!r}')
    hands, device = Execution(Path(out), workers, ray, watch), str(model.device)
    asked = variants(tries, draws, model.plan.seed)
    models = [DeepDIVE.of(varied(model.plan, settings), device) for settings in asked]
    trials = [
        Trial(_words(settings, seed), replace(each.plan, seed=seed), split or ByTime(), "valid", device=device)
        for settings, each in zip(asked, models, strict=True)
        for seed in range(model.plan.seed, model.plan.seed + runs)
    ]
    source = to_source(data, model.plan.factors)
    made = make_trials(source, trials, hands)
    found = [tuple(made[at : at + runs]) for at in range(0, len(made), runs)]
    candidates = [Candidate(*each, _score(each[1], by)) for each in zip(asked, found, strict=True)]
    sign = -1.0 if by == "accuracy" else 1.0
    order = np.argsort([sign * each.score for each in candidates], kind="stable")  # NaN comes last
    ranked = tuple(candidates[at] for at in order)
    return Search(by, ranked, models[order[0]], source.backend)


def _column(values: Sequence[Any]) -> NDArray[Any]:
    """Return numbers as they are, all else as text."""
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in values)
    return np.array(values) if numbers else np.array([str(each) for each in values], dtype=object)


def _words(settings: Mapping[str, Any], seed: int) -> str:
    return " ".join(f"{name}={value}" for name, value in [*settings.items(), ("seed", seed)])


def _score(runs: Sequence[FinishedTrial], by: By) -> float:
    scores = [_scores(run)[by] for run in runs if run.result is not None]
    return float(np.mean(scores)) if scores else float("nan")


def _means(candidate: Candidate) -> dict[str, float]:
    scores = [_scores(run) for run in candidate.runs if run.result is not None]
    return {name: float(np.mean([each[name] for each in scores])) for name in scores[0]} if scores else {}


def _scores(run: FinishedTrial) -> dict[str, float]:
    """Return the scores over all steps, the labels read right and the seconds of a fit."""
    if run.result is None:
        return {}
    overall = run.result.overall(MODEL_NAME)
    read = [np.nan if share is None else share for share in run.result.accuracy.values()]
    accuracy = {"accuracy": float(np.mean(read))} if read else {}
    return {name: overall[name] for name in MEASURES} | accuracy | {"seconds": run.result.seconds}
