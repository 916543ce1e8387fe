"""A random forest that predicts one factor from part of a code, on held-out windows."""

import numpy as np

from divecast._optional import need
from divecast.errors import DataError
from divecast.metrics.latents.blocks import Folds
from divecast.metrics.latents.settings import MeasureConfig
from divecast.metrics.latents.units import Floats, Ints


def read_held_out(values: Floats, labels: Ints, folds: Folds, config: MeasureConfig) -> tuple[Ints, Floats]:
    """Predict a factor on every fold with a forest trained on the others.

    Extremely randomised trees (Geurts et al. 2006) with at least five windows per leaf. Each split considers all
    dimensions, so that none is chosen for lack of a better one.

    Args:
        values: (window, dim).
        labels: (window,) class indices, -1 where missing.
        folds: the held-out windows.
        config: number of trees, seed.

    Returns:
        The predicted classes, (window,), -1 where the label is missing; and the importance of each dimension by the
        decrease of the Gini index, (fold, dim), which sums to 1, or to 0 if nothing was learned.

    Raises:
        DataError: a fold has no windows left to train on.
    """
    forest_of = need("sklearn.ensemble").ExtraTreesClassifier
    points, known = _scaled(values), labels >= 0
    read, importance = np.full(len(labels), -1), np.zeros((len(folds.held), values.shape[1]))
    for fold, (held, trained) in enumerate(zip(folds.held & known, folds.trained & known, strict=True)):
        if not trained.any():
            raise DataError(
                f"Fold {fold} has no labelled window left to train on, with a gap of {config.gap} windows",
                hint="Use a smaller {gap}, a smaller {n_blocks} or more windows",
                argument="gap",
            )
        forest = forest_of(config.n_trees, max_features=None, min_samples_leaf=5, random_state=config.seed)
        forest.fit(points[trained], labels[trained])
        importance[fold] = forest.feature_importances_
        if held.any():
            read[held] = forest.predict(points[held])
    return read, importance


def _scaled(values: Floats) -> Floats:
    # Trees use float32, in which a small spread around a large level would be lost.
    spread = values.std(axis=0)
    scaled: Floats = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return scaled
