"""From windows of recordings to a comparison of their conditions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divecast.data import ByTime, Windows
from divecast.data.names import listed
from divecast.data.tables.label_columns import distinct
from divecast.errors import ConfigError, DataError
from divecast.explain.recordings.comparison import Comparison, Contrast
from divecast.explain.recordings.period import PERIOD
from divecast.explain.recordings.quantities import MOVEMENT, A, Quantities
from divecast.inference.fitted_model import FittedModel
from divecast.metrics.differences import Differences, differences

_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Conditions:
    """What to compare.

    Attributes:
        label: the label whose classes are conditions.
        reference: the class that the others are compared with; the first one by default.
        to: the other classes; all by default.
        group: the label that names people; by default that of the split.
        level: probability with which all intervals of a block hold together.
    """

    label: str
    reference: str | None = None
    to: tuple[str, ...] = ()
    group: str | None = None
    level: float = 0.95


def default_group(fitted: FittedModel) -> str | None:
    """The label whose classes the split of the fit kept together, such as the person; None if there is none."""
    split = fitted.provenance.split
    return None if isinstance(split, ByTime) else split.group


def compare_conditions(fitted: FittedModel, windows: Windows, asked: Conditions, seen: bool) -> Comparison:
    """Compare conditions over people.

    Args:
        fitted: the model.
        windows: windows of recordings.
        asked: what to compare.
        seen: whether windows of the training part may be among them.

    Raises:
        ConfigError: there is no such class, or the level is not between 0 and 1.
        DataError: there is no such label, or too few people were in a condition.
    """
    if not 0.0 < asked.level < 1.0:
        raise ConfigError(expected="a level between 0 and 1", found=repr(asked.level), argument="level")
    classes, of_window = distinct(windows.source.label_column(asked.label)[windows.origins - 1])
    reference, others = _chosen(classes, asked)
    group = asked.group or default_group(fitted)
    people, person = _people(windows, group)
    known = np.flatnonzero(np.isin(of_window, [reference, *others]) & (person >= 0))
    kept, of_window, person = windows.subset(known), of_window[known], person[known]
    quantities = Quantities.of(fitted, kept)
    person = np.where(quantities.still, -1, person)
    means = {
        each: _means(quantities, kept.segments, person, of_window == each, len(people)) for each in [reference, *others]
    }
    contrasts = []
    for other in others:
        try:
            found = _by_block(quantities, means[reference], means[other], 1.0 - (1.0 - asked.level) / len(others))
        except DataError as error:
            raise DataError(
                f"{asked.label} {classes[other]!r} cannot be compared with {classes[reference]!r}: {error.problem}",
                expected=error.expected,
                hint="Name those who did both in {group}, or compare other classes in {to}",
            ) from error
        there = [~np.isnan(means[each]).any(axis=1) for each in (reference, other)]
        alone = [people[place] for place in np.flatnonzero(there[0] != there[1])]
        contrasts.append(_contrast(classes[other], found, alone, len(others)))
    return Comparison(
        label=asked.label,
        reference=classes[reference],
        group=group,
        level=asked.level,
        names=quantities.names,
        blocks=quantities.blocks,
        spread=np.maximum(np.nanstd(quantities.values[~quantities.still], axis=0), _LEAST),
        contrasts=tuple(contrasts),
        n_windows=int((~quantities.still).sum()),
        notes=(*_notes(quantities, group, seen), *_left_out(kept, quantities.still)),
        backend=windows.source.backend,
    )


def _by_block(
    quantities: Quantities, one: NDArray[np.float64], two: NDArray[np.float64], level: float
) -> dict[str, Differences]:
    """Differences of each block of quantities, whose intervals hold together."""
    owners = np.array(quantities.blocks)
    chosen = {block: owners == block for block in dict.fromkeys(quantities.blocks)}
    return {block: differences(one[:, own], two[:, own], level) for block, own in chosen.items()}


def _contrast(to: str, found: Mapping[str, Differences], alone: Sequence[str], n_contrasts: int) -> Contrast:
    """A contrast with p values adjusted for several of them (Bonferroni)."""
    blocks = [*found.values()]
    p = [np.minimum(1.0, n_contrasts * each.p) for each in blocks]
    return Contrast(
        to=to,
        paired=blocks[0].paired,
        n_people=blocks[0].n_units,
        left_out=tuple(alone) if blocks[0].paired else (),
        means=np.concatenate([each.means for each in blocks], axis=1),
        difference=np.concatenate([each.difference for each in blocks]),
        low=np.concatenate([each.low for each in blocks]),
        high=np.concatenate([each.high for each in blocks]),
        p=np.concatenate(p),
        p_of_block={block: float(of_block.min()) for block, of_block in zip(found, p, strict=True)},
    )


def _chosen(classes: Sequence[str], asked: Conditions) -> tuple[int, list[int]]:
    """The place of the reference, and of those to compare with it."""
    if len(classes) < 2:
        raise DataError(
            f"{asked.label!r} has fewer than two classes here: {listed(classes)}",
            hint="Compare another label, or use more recordings",
        )
    for name, argument in ((asked.reference, "reference"), *((each, "to") for each in asked.to)):
        if name is not None and name not in classes:
            raise ConfigError(
                f"{asked.label!r} has no class {name!r}", expected=f"one of {listed(classes)}", argument=argument
            )
    reference = classes.index(asked.reference) if asked.reference is not None else 0
    others = [classes.index(each) for each in dict.fromkeys(asked.to)] or [*range(len(classes))]
    others = [each for each in others if each != reference]
    if not others:
        raise ConfigError(f"{classes[reference]!r} cannot be compared with itself", argument="to")
    return reference, others


def _people(windows: Windows, group: str | None) -> tuple[list[str], NDArray[np.int64]]:
    """Names of the people, and which of them each window is of, -1 where that is not told."""
    if group is None:
        return [*windows.source.names], windows.segments.astype(np.int64)
    return distinct(windows.source.label_column(group)[windows.origins - 1])


def _means(
    quantities: Quantities,
    segments: NDArray[np.int64],
    person: NDArray[np.int64],
    chosen: NDArray[np.bool_],
    n_people: int,
) -> NDArray[np.float64]:
    """(person, quantity) means over the recordings of each person, NaN without one.

    Of a recording the mean over its windows counts, of the movement the median: two periods look like one in some.
    """
    movement = np.array(quantities.blocks) == MOVEMENT
    means = np.full((n_people, len(movement)), np.nan)
    for each in np.unique(person[chosen & (person >= 0)]):
        own = chosen & (person == each)
        windows = [quantities.values[own & (segments == one)] for one in np.unique(segments[own])]
        of_recording = [np.where(movement, np.nanmedian(one, axis=0), np.nanmean(one, axis=0)) for one in windows]
        means[each] = np.mean(of_recording, axis=0)
    return means


def _notes(quantities: Quantities, group: str | None, seen: bool) -> tuple[str, ...]:
    notes = []
    of_b = [block for block in dict.fromkeys(quantities.blocks) if block not in (A, MOVEMENT)]
    if of_b and seen:
        notes.append(
            f"The training part may be among these recordings, and the model was fitted to tell its labels: there, "
            f"differences in {' and '.join(of_b)} are partly of the fit. Compare recordings that were held out to see "
            "what is true of others."
        )
    if quantities.inactive:
        notes.append(
            f"Of a, {', '.join(quantities.inactive)} are left out, as they are nearly the same in all windows."
        )
    if PERIOD not in quantities.names:
        notes.append(f"The {PERIOD} is left out, as the windows of many recordings do not repeat within a look-back.")
    if group is None:
        notes.append("No label tells who was recorded, so each recording counts as a person of its own.")
    return tuple(notes)


def _left_out(windows: Windows, still: NDArray[np.bool_]) -> tuple[str, ...]:
    names = [windows.source.names[each] for each in np.unique(windows.segments[still])]
    return (f"Left out, as they do not repeat within a look-back: {listed(names)}.",) if names else ()
