"""From where in the code each factor is read: its own block, a, or the blocks of others."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from divecast._optional import need
from divecast.errors import ConfigError, DataError
from divecast.inference.results import Codes, Labels
from divecast.metrics.latents import Estimate, FactorLabels, MeasureConfig, Units
from divecast.metrics.latents.probes import Probe, leakage_a, leakage_b, ownership
from divecast.metrics.latents.sample import Sample

_CONFIG = MeasureConfig(max_windows=1500, n_boot=200)
_SPELLS, _REPEATED = 3, 0.9  # spells a class needs, and share of the windows whose class has them
_BLOCKS = (5, 15)  # fewest and most runs of windows held out as a whole


@dataclass(frozen=True, slots=True)
class Reading:
    """How well a small forest reads one factor from one place in the code, on windows held out.

    Attributes:
        factor: what is read.
        source: from where: ``b_`` and the factor's own name, ``a``, or the block of another factor.
        accuracy: share read right.
        skill: the same on a scale where 0 is guessing the commonest class and 1 is all right, with its 95 % interval
            over resampled runs of windows, or recordings.
        by_label: skill with which the other factor's *label* tells this one, as a month tells the season; 0 for a
            factor's own block and for a. What lies above it is more than the labels bring along.
    """

    factor: str
    source: str
    accuracy: float
    skill: Estimate
    by_label: float = 0.0


@dataclass(frozen=True, slots=True)
class Readings:
    """All readings, or why there are none.

    Attributes:
        own: each factor from its own block.
        from_a: each factor from a.
        crossed: each factor from the blocks of others.
        left_out: what could not be measured and why; empty where all could.
    """

    own: tuple[Reading, ...] = ()
    from_a: tuple[Reading, ...] = ()
    crossed: tuple[Reading, ...] = ()
    left_out: str = ""


def read_from_places(codes: Codes, labels: Labels, groups: NDArray[np.int64] | None, overlap: int) -> Readings:
    """Read every factor from its own block, from a, and from the blocks of others.

    Args:
        codes: of the windows.
        labels: of the same windows.
        groups: (window,) recording of each; None for a panel, where runs of windows are held out.
        overlap: windows on each side that share rows with one.

    Returns:
        The readings. A factor is left out that has a single class among the windows, or whose classes come in too few
        spells: a month that comes once cannot be learned where it is held out. So are all where scikit-learn is absent
        or windows are too few.
    """
    faults = {name: _fault(column, groups) for name, column in zip(labels.factors, labels.given.T, strict=True)}
    left_out = "; ".join(f"{name}: {fault}" for name, fault in faults.items() if fault)
    kept = [at for at, fault in enumerate(faults.values()) if not fault]
    if not kept:
        return Readings(left_out=left_out)
    names = tuple(labels.factors[at] for at in kept)
    known = FactorLabels(names, tuple(labels.classes[at] for at in kept), labels.given[:, kept])
    try:
        need("sklearn.ensemble")
        sample = _sample(codes, known, groups, overlap)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The number of unique classes is greater", UserWarning)
            own, free, crossed = ownership(sample), leakage_a(sample), leakage_b(sample)
    except (ConfigError, DataError) as error:
        return Readings(left_out=str(error))
    return Readings(
        tuple(Reading(name, f"b_{name}", *pair) for name, pair in _parts(own)),
        tuple(Reading(name, "a", *pair) for name, pair in _parts(free)),
        tuple(_crossed(crossed, known)),
        left_out,
    )


def _fault(column: NDArray[np.int64], groups: NDArray[np.int64] | None) -> str:
    """Say why a factor cannot be read on windows held out; nothing where it can."""
    if len(np.unique(column[column >= 0])) < 2:
        return "the windows have no two classes of it"
    if repeated_share(column, groups) < _REPEATED:
        return f"most of its classes come in fewer than {_SPELLS} spells among these windows, too few to hold some out"
    return ""


def repeated_share(column: NDArray[np.int64], groups: NDArray[np.int64] | None) -> float:
    """Return the share of labelled windows whose class comes in 3 spells or more.

    Args:
        column: (window,) class indices in the order of time, -1 where missing.
        groups: (window,) recording of each, which ends a spell; None for a panel.
    """
    group = np.zeros_like(column) if groups is None else groups
    known = column >= 0
    labels, group = column[known], group[known]
    starts = np.append(True, (labels[1:] != labels[:-1]) | (group[1:] != group[:-1]))
    spells = np.bincount(labels[starts])
    return float((spells[labels] >= _SPELLS).mean())


def _sample(codes: Codes, known: FactorLabels, groups: NDArray[np.int64] | None, overlap: int) -> Sample:
    blocks: Mapping[str, NDArray[np.float32]] = dict(zip(codes.factors, codes.b_mean, strict=True))
    units = Units.of_code(codes.a_mean, {name: blocks[name] for name in known.factors})
    n_blocks = int(np.clip(len(codes.a_mean) // (2 * overlap + 1), *_BLOCKS))
    return Sample.of(units, known, groups, replace(_CONFIG, n_blocks=n_blocks, gap=overlap))


def _parts(probe: Probe) -> Iterator[tuple[str, tuple[float, Estimate]]]:
    for part, accuracy in probe.accuracy.parts.items():
        yield part, (accuracy.value, probe.skill.parts[part])


def _crossed(probe: Probe, known: FactorLabels) -> Iterator[Reading]:
    found = dict(_parts(probe))
    for (i, factor), (j, other) in permutations(enumerate(known.factors), 2):
        told = label_skill(known.values[:, i], known.values[:, j])
        yield Reading(factor, f"b_{other}", *found[f"{factor} from b_{other}"], told)


def label_skill(factor: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Return the skill of guessing a factor's class as the commonest one beside the other factor's class.

    Args:
        factor: (window,) class indices, -1 where missing.
        other: the same of the other factor.

    Returns:
        0 where the other tells nothing, 1 where it tells all; NaN where the factor has one class only.
    """
    both = (factor >= 0) & (other >= 0)
    counts = np.zeros((other.max(initial=0) + 1, factor.max(initial=0) + 1))
    np.add.at(counts, (other[both], factor[both]), 1.0)
    right, commonest, total = counts.max(axis=1).sum(), counts.sum(axis=0).max(), counts.sum()
    return float((right - commonest) / (total - commonest)) if total > commonest else float("nan")
