"""From which parts of the code each factor can be read: its own block, a, or the blocks of other factors."""

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
_SPELLS, _REPEATED = 3, 0.9  # spells that a class needs, and share of the windows whose class has them
_BLOCKS = (5, 15)  # fewest and most runs of windows held out as a whole


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """How well a small random forest reads one factor from one part of the code, on held-out windows.

    Attributes:
        factor: the factor to read.
        source: part of the code: ``b_`` and the factor's own name, ``a``, or the block of another factor.
        accuracy: share of correct classes.
        skill: accuracy on a scale from 0 for always guessing the most frequent class to 1 for all correct, with its
            95 % interval over resampled runs of windows, or recordings.
        by_label: skill with which the *label* of the other factor predicts this one, as a month predicts the season; 0
            for a factor's own block and for a. Only skill above it is more than the labels have in common.
    """

    factor: str
    source: str
    accuracy: float
    skill: Estimate
    by_label: float = 0.0


@dataclass(frozen=True, slots=True)
class ProbeResults:
    """All probes, or why there are none.

    Attributes:
        own: each factor from its own block.
        from_a: each factor from a.
        crossed: each factor from the blocks of others.
        left_out: what could not be measured and why; empty if all could.
    """

    own: tuple[ProbeResult, ...] = ()
    from_a: tuple[ProbeResult, ...] = ()
    crossed: tuple[ProbeResult, ...] = ()
    left_out: str = ""

    @property
    def all(self) -> tuple[ProbeResult, ...]:
        """Every probe."""
        return (*self.own, *self.from_a, *self.crossed)


def probe_code(codes: Codes, labels: Labels, groups: NDArray[np.int64] | None, overlap: int) -> ProbeResults:
    """Read every factor from its own block, from a, and from the blocks of others.

    Args:
        codes: of the windows.
        labels: of the same windows.
        groups: (window,) recording of each; None for a panel, where runs of windows are held out.
        overlap: number of windows on each side that share rows with one.

    Returns:
        The results. A factor is left out if it has a single class among the windows, or if its classes come in too few
        spells: a month that comes once cannot be learned where it is held out. All are left out if scikit-learn is
        missing or windows are too few.
    """
    obstacles = {name: _obstacle(column, groups) for name, column in zip(labels.factors, labels.given.T, strict=True)}
    left_out = "; ".join(f"{name}: {obstacle}" for name, obstacle in obstacles.items() if obstacle)
    kept = [i for i, obstacle in enumerate(obstacles.values()) if not obstacle]
    if not kept:
        return ProbeResults(left_out=left_out)
    names = tuple(labels.factors[i] for i in kept)
    known = FactorLabels(names, tuple(labels.classes[i] for i in kept), labels.given[:, kept])
    try:
        need("sklearn.ensemble")
        sample = _sample(codes, known, groups, overlap)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The number of unique classes is greater", UserWarning)
            own, from_a, crossed = ownership(sample), leakage_a(sample), leakage_b(sample)
    except (ConfigError, DataError) as error:
        return ProbeResults(left_out=str(error).removesuffix("."))
    return ProbeResults(
        tuple(ProbeResult(name, f"b_{name}", *result) for name, result in _results(own)),
        tuple(ProbeResult(name, "a", *result) for name, result in _results(from_a)),
        tuple(_crossed(crossed, known)),
        left_out,
    )


def _obstacle(column: NDArray[np.int64], groups: NDArray[np.int64] | None) -> str:
    """Return why a factor cannot be probed on held-out windows; empty if it can."""
    if len(np.unique(column[column >= 0])) < 2:
        return "the windows have fewer than two of its classes"
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


def _results(probe: Probe) -> Iterator[tuple[str, tuple[float, Estimate]]]:
    for name, accuracy in probe.accuracy.parts.items():
        yield name, (accuracy.value, probe.skill.parts[name])


def _crossed(probe: Probe, known: FactorLabels) -> Iterator[ProbeResult]:
    results = dict(_results(probe))
    for (i, factor), (j, other) in permutations(enumerate(known.factors), 2):
        by_label = label_skill(known.values[:, i], known.values[:, j])
        yield ProbeResult(factor, f"b_{other}", *results[f"{factor} from b_{other}"], by_label)


def label_skill(factor: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Return the skill of guessing a factor's class as the most frequent one for the other factor's class.

    Args:
        factor: (window,) class indices, -1 where missing.
        other: the same of the other factor.

    Returns:
        0 if the other tells nothing, 1 if it determines the class; NaN if the factor has one class only.
    """
    both = (factor >= 0) & (other >= 0)
    counts = np.zeros((other.max(initial=0) + 1, factor.max(initial=0) + 1))
    np.add.at(counts, (other[both], factor[both]), 1.0)
    right, commonest, total = counts.max(axis=1).sum(), counts.sum(axis=0).max(), counts.sum()
    return float((right - commonest) / (total - commonest)) if total > commonest else float("nan")
