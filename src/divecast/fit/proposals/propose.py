"""Fits a proposed labelling on top of a fitted model, and measures what it tells on windows held out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data import (
    ByRecording,
    ByTime,
    Label,
    Panel,
    Part,
    Recordings,
    Source,
    Vocabulary,
    Windows,
    encode_labels,
    fit_vocabularies,
    past_rows,
    split,
)
from divecast.data.parts import recording_units
from divecast.data.sources.series_rows import SeriesRows
from divecast.errors import DataError
from divecast.fit.add_factor import check_addable, learn_factor
from divecast.fit.proposals.labelling import as_label, labelled
from divecast.fit.proposals.measures import Classes, UnitErrors, balanced_accuracy, explained_share, told_by
from divecast.fit.proposals.of_series import propose_of_series
from divecast.fit.proposals.proposal import FactorProposal, ProposedClass, Unit
from divecast.fit.proposals.shuffles import AgainstShuffled, exchanged, moved_in_time
from divecast.inference.added_factor import AddedFactor
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import (
    batch_of,
    batches,
    encode_windows,
    forecast_cut,
    mean_and_quantiles,
    predict,
    target_phases,
)
from divecast.inference.spread import spread_windows, times_of

_MOST_READ, _MOST_FORECASTS, _MOST_SERIES = 4000, 1500, 256
_LEAST_SPANS, _TOLD = 3, 0.95
_LEVELS = (0.05, 0.95)
_PHASES = 8  # parts of the day


@dataclass(frozen=True, slots=True)
class ProposalSettings:
    """How a labelling is tested.

    Attributes:
        otherwise: class of what is not named; None if unknown, ``auto`` for "no" where a single class is named.
        alpha: the largest p with which it is kept.
        n_shuffles: largest number of shuffled labellings.
    """

    otherwise: str | None = "auto"
    alpha: float = 0.05
    n_shuffles: int = 199


def propose_factor(
    fitted: FittedModel, data: Any, labels: Any, name: str, settings: ProposalSettings
) -> tuple[FittedModel, FactorProposal]:
    """Return the model, with a further factor if the labelling is kept, and what the data say of it.

    Raises:
        ConfigError: the model has a column of this name, or the labelling has another form.
        DataError: the labelling names nothing of the data, or nothing of it is held out.
    """
    factor = as_label(name)
    check_addable(fitted, factor)
    source = fitted.source(data)
    if isinstance(labels, Mapping) and isinstance(source, Panel):
        rule = settings.otherwise, settings.alpha, settings.n_shuffles
        return fitted, propose_of_series(fitted, source, labels, factor.name, *rule)
    if not isinstance(source, Panel | Recordings):
        raise DataError("The data are neither a panel nor recordings", argument="data")
    source = labelled(source, labels, factor.name, settings.otherwise)
    test = LabellingTest.of(fitted, source, factor, settings)
    added = learn_factor(fitted, factor, test.vocabulary, test.learned, test.classes_of(test.learned), balanced=True)
    proposal = test.result(added)
    return (replace(fitted, added=(*fitted.added, added)) if proposal.kept else fitted), proposal


@dataclass(frozen=True, eq=False, slots=True)
class LabellingTest:
    """A labelling, and the windows on which it is learned and tested.

    Attributes:
        fitted: the model.
        factor: the labelling.
        settings: how it is tested.
        vocabulary: classes among what it is learned from.
        learned: windows to learn from.
        held_out: windows that end in rows held out.
        is_test: whether the rows held out are those of the fit.
        classes: (unit,) class of each unit, a row of the panel or a recording; -1 where unknown.
        shuffles: shuffled labellings.
        compared: units that are compared.
        how: how the shuffles were made.
    """

    fitted: FittedModel
    factor: Label
    settings: ProposalSettings
    vocabulary: Vocabulary
    learned: Windows
    held_out: Windows
    is_test: bool
    classes: Classes
    shuffles: list[Classes]
    compared: NDArray[np.bool_]
    how: str

    @classmethod
    def of(cls, fitted: FittedModel, source: Any, factor: Label, settings: ProposalSettings) -> "LabellingTest":
        """Cut the data, and shuffle the labels of what is held out."""
        windows = fitted.without_outliers(fitted.windows_of(source, None, "encode", "common"))
        is_test = fitted.is_fit_data(source) and not fitted.provenance.refit
        train, *others = _parts(fitted, source, is_test)
        (vocabulary,) = fit_vocabularies(windows.source, [factor], train)
        learned = windows.subset(_within(windows, train))
        held_out = windows.subset(np.logical_or.reduce([_within(windows, part) for part in others]))
        if source.clock is not None:  # a window that reaches into what was learned from knows some of its labels
            first = times_of(learned).max(initial=-1) + 1
            held_out = held_out.subset(times_of(held_out) - fitted.shape.lookback >= first)
        if not len(learned) or not len(held_out):
            raise DataError("The data are too short to hold windows out of a labelling", hint="Use more data")
        if isinstance(source, Panel):
            classes = encode_labels(source, [factor], [vocabulary])[:, 0].astype(np.int64)
            rows = slice(int(_units(held_out).min()), int(_units(held_out).max()) + 1)
            seed, n = fitted.provenance.plan.seed, settings.n_shuffles
            shuffles, rows, how = moved_in_time(classes, rows, source.clock, n, seed)
            compared = np.zeros(len(classes), dtype=bool)
            compared[rows] = True
        else:
            column = encode_labels(source, [factor], [vocabulary])[:, 0].astype(np.int64)
            classes = column[source.offsets[:-1]]
            compared = np.isin(np.arange(len(classes)), held_out.segments)
            shuffles, how = _exchanged(fitted, source, np.where(compared, classes, -1), settings)
        return cls(fitted, factor, settings, vocabulary, learned, held_out, is_test, classes, shuffles, compared, how)

    def classes_of(self, windows: Windows) -> Classes:
        """Return the class of each window."""
        found: Classes = self.classes[_units(windows)]
        return found

    def result(self, added: AddedFactor) -> FactorProposal:
        """Measure, and decide."""
        n_classes, own = self.vocabulary.n_classes, np.where(self.compared, self.classes, -1)
        windows = spread_windows(self.held_out, _MOST_READ)
        windows = windows.subset(self.compared[_units(windows)])
        units, read = _units(windows), _read(self.fitted, added, windows)
        accuracy = AgainstShuffled.of(
            lambda classes: balanced_accuracy(classes[units], read, n_classes), own, self.shuffles
        )
        of_a = None
        if self.fitted.network.n_conditional:
            a = encode_windows(self.fitted, windows).a_mean.astype(np.float64)
            of_a = AgainstShuffled.of(lambda classes: explained_share(classes[units], a, n_classes), own, self.shuffles)
        errors = _errors(self.fitted, self.held_out, len(self.classes))
        of_errors = AgainstShuffled.of(errors.explained(n_classes), own, self.shuffles)
        n_spans = [_n_spans(own == each, self.unit) for each in range(n_classes)]
        told = self._told_by_factors()
        kept, reason = self._decision(accuracy, n_spans, told)
        return FactorProposal(
            name=self.factor.name,
            unit=self.unit,
            held_out=self._held_out_in_words(len(windows)),
            shuffled=self.how,
            classes=tuple(
                ProposedClass(
                    name,
                    int((self.classes_of(self.learned) == number).sum()),
                    int((own[units] == number).sum()),
                    n_spans[number],
                    float((read == number)[own[units] == number].mean()) if (own[units] == number).any() else np.nan,
                    errors.size_ratio(own == number),
                )
                for number, name in enumerate(self.vocabulary.classes)
            ),
            read=accuracy,
            of_a=of_a,
            of_errors=of_errors,
            told_by_factors=told,
            alpha=self.settings.alpha,
            kept=kept,
            rule=(
                f"kept if what is held out is read better than of shuffled labellings, with p of "
                f"{self.settings.alpha:g} at most, has {_LEAST_SPANS} separate {self._places}s or more of each of two "
                f"classes, and is not told by the factors of the model (mean share of its classes below {_TOLD:g})."
            ),
            reason=reason,
            advice=_advice(kept, of_errors, self.settings.alpha),
        )

    @property
    def unit(self) -> Unit:
        """What has a class: a row or a recording."""
        return "recording" if self.held_out.source.clock is None else "row"

    @property
    def _places(self) -> str:
        return "recording" if self.unit == "recording" else "span"

    def _told_by_factors(self) -> float | None:
        """Return how well the factors that the model knows of a row tell the labelling; None without any."""
        both = np.concatenate([self.learned.origins, self.held_out.origins]) - 1
        known = self.learned.labels[both]
        if not known.shape[1] or self.unit == "recording":
            return None
        learned = np.arange(len(both)) < len(self.learned)
        given = np.concatenate([self.classes_of(self.learned), self.classes_of(self.held_out)])
        n_classes = self.vocabulary.n_classes
        told = told_by(known, given, learned, n_classes)
        return balanced_accuracy(given[~learned], told[~learned], n_classes)

    def _decision(self, accuracy: AgainstShuffled, n_spans: list[int], told: float | None) -> tuple[bool, str]:
        alpha, enough = self.settings.alpha, sum(n >= _LEAST_SPANS for n in n_spans)
        if enough < 2:
            rarest = self.vocabulary.classes[int(np.argmin(n_spans))]
            few = plural(min(n_spans), self._places)
            return False, f"Too few to tell: {few} of {rarest} held out. Name some there as well."
        if 1 / (1 + accuracy.n_shuffles) > alpha:
            n = plural(accuracy.n_shuffles, "shuffled labelling")
            return False, f"What is held out is too short: {n} cannot give a p of {alpha:g}."
        if told is not None and told >= _TOLD:
            return False, f"The factors of the model tell it already: {told:.0%} of its classes on average."
        if accuracy.p <= alpha:
            return True, "It is read from values held out better than shuffled labellings are."
        return False, "It is read from values held out no better than shuffled labellings are."

    def _held_out_in_words(self, n_windows: int) -> str:
        if self.is_test:
            where = "the validation and the test part of the fit"
        else:
            where = "the last two fifths of the data" if self.unit == "row" else "two fifths of the recordings"
            where += ", which the model may have been fitted on" if self.fitted.provenance.refit else ""
        clock, rows = self.held_out.source.clock, np.flatnonzero(self.compared)
        if clock is not None and len(rows):
            where += f", {clock.time_text(int(rows[0]))} to {clock.time_text(int(rows[-1]))}"
        return f"{plural(n_windows, 'window')} of {where}"


def _parts(fitted: FittedModel, source: Source, is_test: bool) -> tuple[Part, ...]:
    """Return the rows to learn from, and those held out: the parts of the fit, or shares of other data."""
    separate = fitted.separate(source, "common") if fitted.independent else past_rows(source)
    otherwise = ByTime(3, 1, 1) if source.clock is not None else ByRecording(3, 1, 1)
    parts = split(separate, fitted.provenance.split if is_test else otherwise)
    return parts.train, parts.valid, parts.test


def _within(windows: Windows, part: Part) -> NDArray[np.bool_]:
    """Return which windows end in a part."""
    last = windows.origins - 1
    inside: NDArray[np.bool_] = (last >= part.start[windows.segments]) & (last < part.stop[windows.segments])
    return inside


def _units(windows: Windows) -> NDArray[np.int64]:
    """Return the row of the panel that each window ends at, or its recording."""
    return windows.segments if windows.source.clock is None else times_of(windows) - 1


def _exchanged(
    fitted: FittedModel, source: Any, classes: Classes, settings: ProposalSettings
) -> tuple[list[Classes], str]:
    """Exchange the labels of recordings.

    Where the split of the fit names people, labels are exchanged within each of them if they differ there, and else
    among people: recordings of one person are no independent witnesses of what that person is.
    """
    group, seed, n = getattr(fitted.provenance.split, "group", None), fitted.provenance.plan.seed, settings.n_shuffles
    if group is None or not source.has_label(group):
        return exchanged(classes, np.zeros_like(classes), n, seed), "exchanged among recordings"
    units = recording_units(source, group)[0]
    of_unit = [np.unique(classes[(units == unit) & (classes >= 0)]) for unit in range(int(units.max()) + 1)]
    if any(len(each) > 1 for each in of_unit):
        return exchanged(classes, units, n, seed), f"exchanged among recordings within each {group}"
    people = np.array([each[0] if len(each) else -1 for each in of_unit], dtype=np.int64)
    shuffles = exchanged(people, np.zeros_like(people), n, seed)
    return [np.where(classes >= 0, each[units], -1) for each in shuffles], f"exchanged among {group}s"


@torch.no_grad()
def _read(fitted: FittedModel, added: AddedFactor, windows: Windows) -> Classes:
    """Return the class that is read of each window: the most probable one if all classes were as frequent."""
    rows = []
    frequencies = torch.tensor(added.vocabulary.frequencies).log().to(fitted.device)
    for batch in batches(fitted, windows):
        (log_probability,) = added.path.log_class_probabilities(added.infer(batch))
        rows.append((log_probability - frequencies).argmax(1).cpu())
    read: Classes = torch.cat(rows).numpy()
    return read


def _errors(fitted: FittedModel, windows: Windows, n_units: int) -> UnitErrors:
    """Return the errors of forecasts of rows held out, by unit of the target row and series."""
    chosen, horizon = spread_windows(windows, _MOST_FORECASTS), fitted.shape.horizon
    n_series = len(windows.source.names) if fitted.independent else len(fitted.channels)
    every = -(-n_series // _MOST_SERIES)
    sums = np.zeros((3, n_units, -(-n_series // every)))
    is_panel = windows.source.clock is not None
    for piece in forecast_cut(fitted, chosen):
        batch, own = batch_of(fitted, piece), fitted.at(piece)
        truth = own.original(batch.y).astype(np.float64)
        at = target_phases(fitted, piece)
        mean, _ = mean_and_quantiles(own, predict(fitted, batch, "known").forecast, _LEVELS, at)
        error = truth - mean
        first = times_of(piece) if is_panel else piece.segments
        units = first[:, None] + (np.arange(horizon) if is_panel else np.zeros(horizon, dtype=np.int64))
        if fitted.independent:
            kept = piece.segments % every == 0
            columns = np.broadcast_to(piece.segments[kept, None, None] // every, (int(kept.sum()), horizon, 1))
            units, error = units[kept], error[kept]
        else:
            error = error[:, :, ::every]
            columns = np.broadcast_to(np.arange(error.shape[2]), error.shape)
        known = np.isfinite(error) & (units < n_units)[:, :, None]
        places = np.broadcast_to(units[:, :, None], error.shape)[known], columns[known]
        for total, values in zip(sums, (np.ones_like(error), error, np.abs(error)), strict=True):
            np.add.at(total, places, values[known])
    n = np.maximum(sums[0], 1.0)
    known_units = sums[0] > 0
    mean, size = sums[1] / n, sums[2] / n
    spread = np.sqrt((mean**2).sum(0) / np.maximum(known_units.sum(0), 1))
    spread = np.where(spread > 0, spread, 1.0)
    return UnitErrors(mean / spread, size / spread, known_units, _phases(windows.source, n_units))


def _phases(source: Source, n_units: int) -> Classes:
    """Return the part of the day of each row of a panel; 0 for all units without one."""
    clock = source.panel.clock if isinstance(source, SeriesRows) else source.clock
    day = None if clock is None else clock.steps_per("day")
    if day is None or day < 2:
        return np.zeros(n_units, dtype=np.int64)
    return np.arange(n_units) % day * min(day, _PHASES) // day


def _n_spans(there: NDArray[np.bool_], unit: str) -> int:
    """Return the number of separate spans of rows, or of recordings."""
    return int(there.sum()) if unit == "recording" else int((np.diff(there.astype(int), prepend=0) > 0).sum())


def _advice(kept: bool, of_errors: AgainstShuffled, alpha: float) -> str:
    explains = of_errors.p <= alpha and of_errors.value > 0
    if kept and explains:
        return (
            "Forecasts do not know it yet, and it explains some of their errors: fit again with it as a factor, and "
            "give its future values."
        )
    if kept:
        return "Forecasts do not change, and it explains nothing of their errors; labels are read from values."
    if explains:
        return (
            "It explains some of the errors of forecasts all the same: if it is known ahead, fit again with it as a "
            "factor."
        )
    return "The model stays as it was."
