"""The measures of disentanglement of one run, as its line keeps them."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from divecast.data import Vocabulary
from divecast.metrics.latents import FactorLabels, MeasureConfig, Units, disentanglement
from research.paper.record import Measure

Code = tuple[NDArray[np.float32], Mapping[str, NDArray[np.float32]]]

# No bootstrap: the tables show how the measures differ from run to run, which is more than from window to window.
# Few and long blocks, for beside each the windows that overlap with it are lost to training.
CONFIG = MeasureConfig(n_boot=0, n_blocks=15)
_BY_FACTOR = ("mig", "own_gap", "informativeness", "sap", "ownership", "leakage_a", "leakage_b")
_OVERALL = ("disentanglement", "completeness", "modularity", "ownership_skill", "leakage_a_skill", "leakage_b_skill")


def measure_code(
    code: Code,
    labels: NDArray[np.int64],
    vocabularies: Sequence[Vocabulary],
    groups: NDArray[np.int64] | None,
    overlap: int,
) -> dict[str, Measure]:
    """Measure a code against all factors of the case, also those that are no part of it.

    Args:
        code: a, (window, conditional), each dimension a unit; and by factor its block of b, (window, dim), a unit each.
        labels: (window, factor) class indices, -1 where missing.
        vocabularies: of the factors.
        groups: (window,) recording of each window, None for a panel.
        overlap: neighbours on each side that share rows with a window; for a panel they are kept from its probes.

    Raises:
        DataError: a factor has one class only among the windows.
    """
    config, known = replace(CONFIG, gap=overlap), labels_to_measure(labels, vocabularies)
    with warnings.catch_warnings():
        # of scikit-learn, a hundred times over, where windows are few
        warnings.filterwarnings("ignore", "The number of unique classes is greater", UserWarning)
        found = disentanglement(Units.of_code(*code), known, config, groups)
    measures = {name: _measure(found, name, with_parts=True) for name in _BY_FACTOR}
    measures |= {name: _measure(found, name, with_parts=False) for name in _OVERALL}
    return measures | {"chance": Measure(float(np.mean([*found.chance.values()])), {**found.chance})}


def labels_to_measure(labels: NDArray[np.integer], vocabularies: Sequence[Vocabulary]) -> FactorLabels:
    """Return the labels a code is measured against.

    Args:
        labels: (window, factor) class indices, -1 where missing.
        vocabularies: of the factors.

    Raises:
        DataError: a factor has one class only among the windows.
    """
    names = tuple(vocabulary.name for vocabulary in vocabularies)
    classes = tuple(vocabulary.classes for vocabulary in vocabularies)
    return FactorLabels(names, classes, labels.astype(np.int64))


def _measure(found: object, name: str, with_parts: bool) -> Measure:
    measured = getattr(found, name)
    parts = {part: estimate.value for part, estimate in measured.parts.items()} if with_parts else {}
    return Measure(measured.value, parts)
