"""The study behind a search: Optuna chooses settings, workers fit them, and a file in the folder keeps what was tried.

The file is a journal, which several machines can share and which a stopped search continues from. A candidate that was
being fitted when a search was stopped is tried again, and so is one that failed.
"""

import hashlib
import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from divecast._optional import need
from divecast.errors import ArtifactError, DivecastError
from divecast.selection.run_trials import FinishedTrial
from divecast.selection.space import Space
from divecast.train.history import EpochRecord

if TYPE_CHECKING:
    import optuna

JOURNAL = "study.log"
_STOPPED = "stopped after epochs"
_TIRED = 10  # choices of known combinations, per candidate, after which the space counts as exhausted


@dataclass(frozen=True, slots=True)
class Plan:
    """What a study is to do.

    Attributes:
        space: what to try.
        draws: number of combinations; None for all.
        at_once: combinations to choose at a time.
        seed: random seed.
        maximize: whether the highest score is best.
        prune: whether fits that are behind are stopped.
    """

    space: Space
    draws: int | None
    at_once: int
    seed: int
    maximize: bool
    prune: bool


@dataclass(frozen=True, eq=False, slots=True)
class Chosen:
    """A combination to fit.

    Attributes:
        settings: values by dotted name.
        stopper: what may stop its fit; None for nothing.
    """

    settings: dict[str, Any]
    stopper: "Stop | None"


@dataclass(frozen=True, eq=False, slots=True)
class Finished:
    """A combination that was fitted.

    Attributes:
        settings: values by dotted name.
        runs: its fits.
    """

    settings: dict[str, Any]
    runs: tuple[FinishedTrial, ...]


class StoppedEarlyError(DivecastError):
    """A fit was stopped, since others were better by the same epoch."""


@dataclass(eq=False, slots=True)
class Stop:
    """Stops a fit whose validation loss of the forecast is above the median of the others at the same epoch.

    Attributes:
        trial: of Optuna, which compares them; it reaches a worker with the place of the journal.
    """

    trial: Any

    def on_start(self, step: int, n_steps: int) -> None:
        """Nothing is compared before the first epoch."""

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        """Nothing is compared within an epoch."""

    def on_epoch(self, record: EpochRecord) -> None:
        """Report the loss, and end the fit if it is behind."""
        if "forecast" not in record.valid:
            return
        self.trial.report(record.valid["forecast"], record.epoch)
        if self.trial.should_prune():
            self.trial.set_user_attr(_STOPPED, record.epoch + 1)
            raise StoppedEarlyError(f"Stopped after epoch {record.epoch + 1}, behind the median of former candidates")

    def on_end(self) -> None:
        """Nothing is left open."""


Fit = Callable[[Sequence[Chosen]], list[Finished]]
Score = Callable[[Finished], float]


def run_study(folder: Path, identity: Any, plan: Plan, fit: Fit, score: Score) -> list[Finished]:
    """Fit combinations until there are as many as asked for, and return all, also those of former calls.

    Args:
        folder: of the journal.
        identity: all that scores depend on, as JSON values; another one is another study in the same journal.
        plan: what to do.
        fit: fits combinations; reads those that are stored.
        score: of a combination; NaN if it failed.

    Raises:
        ConfigError: Optuna is not installed.
        ArtifactError: the journal is damaged or cannot be written.
    """
    with _study(folder, identity, plan) as study:
        known = _Known(study, plan)
        known.queue()
        while known.missing:
            asked = known.ask()
            if not asked:
                break
            for (trial, _), finished in zip(asked, fit([chosen for _, chosen in asked]), strict=True):
                known.tell(trial, finished, score(finished))
        return known.finished(fit)


@dataclass(slots=True)
class _Known:
    """What a study has tried.

    Attributes:
        study: of Optuna.
        plan: what to do.
        fitted: combinations that were fitted by this call, by their text.
        tired: combinations that were chosen again in a row.
    """

    study: "optuna.Study"
    plan: Plan
    fitted: dict[str, Finished] = field(default_factory=dict)
    tired: int = 0

    def queue(self) -> None:
        """Queue what failed or was being fitted; of a space that is tried as a whole, all that was not fitted."""
        states, done = need("optuna.trial").TrialState, self._done()
        queued: dict[str, dict[str, Any]] = {}
        for trial in self.study.get_trials(deepcopy=False):
            if trial.state == states.RUNNING:
                self.study.tell(trial.number, state=states.FAIL)
            waits = trial.state in (states.RUNNING, states.FAIL) and len(trial.params) == len(self.plan.space.tries)
            if waits and (text := self._text(trial.params)) not in done:
                queued[text] = dict(trial.params)
        if self.plan.draws is None:
            every = {self._text(params): params for params in self.plan.space.combinations()}
            queued = {text: params for text, params in every.items() if text not in done}
        for params in queued.values():
            self.study.enqueue_trial(params)

    @property
    def missing(self) -> int:
        """Combinations that are still to be tried; 0 if Optuna chooses only known ones any more."""
        wanted = self.plan.space.size if self.plan.draws is None else self.plan.draws
        assert wanted is not None  # noqa: S101  a space with a range has a number of draws
        return 0 if self.tired > _TIRED * wanted else max(0, wanted - len(self._done() | {*self.fitted}))

    def ask(self) -> list[tuple[Any, Chosen]]:
        """Return the combinations to fit next, each another one."""
        # Fits are chosen, or stopped, by those that have ended.
        all_at_once = self.plan.draws is None and not self.plan.prune
        n = self.missing if all_at_once else min(self.missing, self.plan.at_once)
        asked: dict[str, tuple[Any, Chosen]] = {}
        before = self._done() | {*self.fitted}
        while len(asked) < n and self.tired <= _TIRED * n:
            trial = self.study.ask()
            settings = self.plan.space.suggest(trial)
            text = self._text(trial.params)
            if text in before or text in asked:
                self.tired += 1
                self._repeat(trial, text)
                continue
            self.tired = 0
            asked[text] = trial, Chosen(settings, Stop(trial) if self.plan.prune else None)
        return list(asked.values())

    def tell(self, trial: Any, finished: Finished, score: float) -> None:
        """Keep what came of a combination; a search of another process may have taken it over meanwhile."""
        states = need("optuna.trial").TrialState
        self.fitted[self._text(trial.params)] = finished
        stopped = self._stopped(trial.number)
        if stopped is not None:
            self.study.tell(trial, state=states.PRUNED, skip_if_finished=True)
        elif score != score:  # NaN
            self.study.tell(trial, state=states.FAIL, skip_if_finished=True)
        else:
            self.study.tell(trial, score, skip_if_finished=True)

    def finished(self, fit: Fit) -> list[Finished]:
        """Return all combinations of the study that were fitted, in the order in which they were first tried."""
        states = need("optuna.trial").TrialState
        tried: dict[str, Any] = {}
        for trial in self.study.get_trials(deepcopy=False):
            if trial.state != states.WAITING and len(trial.params) == len(self.plan.space.tries):
                tried.setdefault(self._text(trial.params), []).append(trial)
        stored = [text for text, trials in tried.items() if text not in self.fitted and self._is_scored(trials)]
        read = fit([Chosen(self.plan.space.settings(tried[text][0].params), None) for text in stored]) if stored else []
        found = self.fitted | dict(zip(stored, read, strict=True))
        all_of_them = []
        for text, trials in tried.items():
            epochs = next((epochs for each in trials if (epochs := self._stopped(each.number)) is not None), None)
            if text in found and epochs is None:
                all_of_them.append(found[text])
            elif epochs is not None:
                all_of_them.append(self._as_stopped(found.get(text), trials[0], epochs))
        return all_of_them

    def _as_stopped(self, found: Finished | None, trial: Any, epochs: int) -> Finished:
        settings = self.plan.space.settings(trial.params)
        runs = () if found is None else found.runs
        return Finished(settings, tuple(FinishedTrial(run.trial, None, None, epochs) for run in runs))

    def _is_scored(self, trials: Sequence[Any]) -> bool:
        return any(trial.value is not None and self._stopped(trial.number) is None for trial in trials)

    def _repeat(self, trial: Any, text: str) -> None:
        """Tell the score of a known combination for one that was chosen again, or that it is being fitted."""
        states = need("optuna.trial").TrialState
        values = [
            each.value
            for each in self.study.get_trials(deepcopy=False, states=(states.COMPLETE,))
            if self._text(each.params) == text
        ]
        if values:
            self.study.tell(trial, values[0])
        else:
            self.study.tell(trial, state=states.FAIL)

    def _done(self) -> set[str]:
        states = need("optuna.trial").TrialState
        ended = self.study.get_trials(deepcopy=False, states=(states.COMPLETE, states.PRUNED))
        return {self._text(trial.params) for trial in ended}

    def _stopped(self, number: int) -> int | None:
        epochs: int | None = self.study.get_trials(deepcopy=False)[number].user_attrs.get(_STOPPED)
        return epochs

    def _text(self, params: Any) -> str:
        return json.dumps([params[name] for name in self.plan.space.tries])


@contextmanager
def _study(folder: Path, identity: Any, plan: Plan) -> Iterator["optuna.Study"]:
    """Yield the study, which is made if there is none; Optuna says nothing."""
    optuna, journal = need("optuna"), need("optuna.storages.journal")
    name = hashlib.sha256(json.dumps([identity, plan.space.to_json(), plan.prune]).encode()).hexdigest()[:16]
    former = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            try:
                storage = need("optuna.storages").JournalStorage(journal.JournalFileBackend(str(folder / JOURNAL)))
                study = optuna.create_study(
                    storage=storage,
                    study_name=name,
                    load_if_exists=True,
                    direction="maximize" if plan.maximize else "minimize",
                    pruner=optuna.pruners.MedianPruner(n_warmup_steps=1) if plan.prune else optuna.pruners.NopPruner(),
                )
            except (OSError, ValueError, KeyError) as error:
                raise ArtifactError(
                    f"{folder / JOURNAL} cannot be read or written ({error})",
                    hint="Remove it; results beside it are kept and used",
                ) from error
            n_before = len(study.get_trials(deepcopy=False))  # the draws of a study that goes on are others
            n_random = max(3, min(10, (plan.draws or 0) // 3))
            study.sampler = optuna.samplers.TPESampler(seed=plan.seed + n_before, n_startup_trials=n_random)
            yield study
    finally:
        optuna.logging.set_verbosity(former)
