"""A forest that reads one factor from part of a code, on windows held out."""

import numpy as np

from divecast._optional import need
from divecast.errors import DataError
from divecast.metrics.latents.blocks import Folds
from divecast.metrics.latents.settings import MeasureConfig
from divecast.metrics.latents.units import Floats, Ints


def read_held_out(values: Floats, labels: Ints, folds: Folds, config: MeasureConfig) -> tuple[Ints, Floats]:
    """Read a factor on every fold with a forest trained on the others.

    Extremely randomised trees (Geurts et al. 2006) that look at every dimension in each split, so that noise is not
    taken for want of choice, with five windows or more in a leaf.

    Args:
        values: (window, dim).
        labels: (window,) class indices, -1 where missing.
        folds: what is held out.
        config: number of trees, seed.

    Returns:
        (window,) the class read, -1 where no label is known; (fold, dim) the importance of each dimension by the
        decrease of the Gini index, which sums to 1, or to 0 where nothing was learned.

    Raises:
        DataError: with the gap, a fold has nothing left to train on.
    """
    forest_of = need("sklearn.ensemble").ExtraTreesClassifier
    points, known = _scaled(values), labels >= 0
    read, importance = np.full(len(labels), -1), np.zeros((len(folds.held), values.shape[1]))
    for fold, (held, trained) in enumerate(zip(folds.held & known, folds.trained & known, strict=True)):
        if not trained.any():
            raise DataError(
                f"fold {fold} has no labelled window left to train on, with a gap of {config.gap} windows; "
                "take a smaller gap, fewer and longer blocks, or more windows"
            )
        forest = forest_of(config.n_trees, max_features=None, min_samples_leaf=5, random_state=config.seed)
        forest.fit(points[trained], labels[trained])
        importance[fold] = forest.feature_importances_
        if held.any():
            read[held] = forest.predict(points[held])
    return read, importance


def _scaled(values: Floats) -> Floats:
    # Trees work in float32, where a small spread about a large level would be lost.
    spread = values.std(axis=0)
    scaled: Floats = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return scaled
