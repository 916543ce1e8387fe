"""What a part of a code tells of a factor: by a linear and a flexible probe, the larger of both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from research.known_truth.world import LABELS, UNLABELLED, Drawn, Floats, Ints

TREES, _LEAF = 100, 3
_PENALTIES = np.logspace(-3, 3, 13)
_GRID = {"kernelridge__alpha": [0.03, 0.3], "kernelridge__gamma": [0.03, 0.1]}


@dataclass(frozen=True, slots=True)
class SplitCode:
    """The code of some windows, split in two.

    Attributes:
        a: (window, dimension), what should hold the unlabelled factors.
        b: (window, dimension), what should hold the labels.
    """

    a: Floats
    b: Floats

    def at(self, rows: Ints) -> "SplitCode":
        """Return the code of some of the windows."""
        return SplitCode(self.a[rows], self.b[rows])


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth of some windows.

    Attributes:
        labels: (window, labelled factor).
        unlabelled: (window, unlabelled factor).
    """

    labels: Ints
    unlabelled: Floats

    @classmethod
    def of(cls, drawn: Drawn, part: Any) -> "Truth":
        """Take the truth of a part."""
        rows = drawn.rows(part)
        return cls(drawn.labels[rows], drawn.truth[rows])

    def at(self, rows: Ints) -> "Truth":
        """Return the truth of some of the windows."""
        return Truth(self.labels[rows], self.unlabelled[rows])


def told_share(code: tuple[Floats, Floats], truth: tuple[Floats, Floats], seed: int = 0) -> float:
    """Return the R2 of a factor on windows that the probes were not taught on; the larger of the probes'.

    Args:
        code: (window, dimension) of the windows to teach on, and of those to test on.
        truth: (window,) of both.
        seed: of the trees.
    """
    forest = ExtraTreesRegressor(TREES, min_samples_leaf=_LEAF, random_state=seed)
    kernel = GridSearchCV(make_pipeline(StandardScaler(), KernelRidge(kernel="rbf")), _GRID, cv=3)
    probes = [make_pipeline(StandardScaler(), RidgeCV(_PENALTIES)), forest, kernel]
    return max(float(r2_score(truth[1], probe.fit(code[0], truth[0]).predict(code[1]))) for probe in probes)


def label_skill(code: tuple[Floats, Floats], labels: tuple[Ints, Ints], seed: int = 0) -> float:
    """Return how well a label is told, 0 as by the most frequent class and 1 always; arguments as ``told_share``."""
    forest = ExtraTreesClassifier(TREES, min_samples_leaf=_LEAF, random_state=seed)
    probes = [make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)), forest]
    accuracy = max(float(accuracy_score(labels[1], p.fit(code[0], labels[0]).predict(code[1]))) for p in probes)
    chance = float(np.bincount(labels[1]).max() / len(labels[1]))
    return (accuracy - chance) / (1.0 - chance)


def scores(code: tuple[SplitCode, SplitCode], truth: tuple[Truth, Truth], seed: int = 0) -> dict[str, dict[str, float]]:
    """Return what a and b tell of each factor, by ``a`` and ``b`` and its name; arguments as ``told_share``."""
    found: dict[str, dict[str, float]] = {}
    for half in ("a", "b"):
        dims = getattr(code[0], half), getattr(code[1], half)
        by_factor = {
            name: told_share(dims, (truth[0].unlabelled[:, at], truth[1].unlabelled[:, at]), seed)
            for at, name in enumerate(UNLABELLED)
        }
        by_label = {
            name: label_skill(dims, (truth[0].labels[:, at], truth[1].labels[:, at]), seed)
            for at, name in enumerate(LABELS)
        }
        found[half] = {name: round(value, 4) for name, value in {**by_factor, **by_label}.items()}
    return found


def ownership(found: Mapping[str, Mapping[str, float]]) -> float:
    """Return a single number of scores, 1 if each half tells its own factors wholly and nothing of the others.

    Settings are chosen by it, on validation windows.
    """
    own = [found["a"][name] for name in UNLABELLED] + [found["b"][name] for name in LABELS]
    others = [found["b"][name] for name in UNLABELLED] + [found["a"][name] for name in LABELS]
    return float(np.mean([np.clip(v, 0.0, 1.0) for v in own] + [1.0 - np.clip(v, 0.0, 1.0) for v in others]))
