"""What labels tell of a: the less, the more a holds only the rest of a window."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier

from divecast import DeepDIVE, Panel
from divecast.inference import FittedModel

_EVERY, _TREES = 5, 100
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def labels_in_a(model: DeepDIVE, panel: Panel, seed: int) -> dict[str, Any]:
    """Return what the labels tell of a, what a and b tell of the labels, from every fifth window.

    ``variance``: share of the variance of a that a linear map of the labels tells, made and measured on the validation
    part, and carried over to the test part. ``read_from_a``: accuracy on the test part of trees taught on the
    validation part. ``read_from_b``: accuracy of the labels inferred on the test part.
    """
    fitted = model.fitted_model
    (a_valid, labels_valid), (a_test, labels_test) = (_codes(model, panel, part) for part in ("valid", "test"))
    design = _design(fitted, labels_valid)
    weights = np.linalg.lstsq(design, a_valid, rcond=None)[0]
    shares = {"valid": _told(a_valid, design @ weights), "test": _told(a_test, _design(fitted, labels_test) @ weights)}
    read = {}
    for column, name in enumerate(fitted.factor_names):
        trees = ExtraTreesClassifier(_TREES, min_samples_leaf=5, random_state=seed)
        trees.fit(a_valid, labels_valid[:, column])
        read[name] = float((trees.predict(a_test) == labels_test[:, column]).mean())
    inferred = model.infer_labels(panel, part="test", every=_EVERY)
    return {"variance": shares, "read_from_a": read, "read_from_b": inferred.accuracy()}


def _codes(model: DeepDIVE, panel: Panel, part: Any) -> tuple[Floats, Ints]:
    windows = model.fitted_model.windows(panel, part, "encode", _EVERY)
    codes = model.encode(panel, part=part, every=_EVERY)
    return codes.a_mean.astype(np.float64), windows.labels[windows.origins - 1].astype(np.int64)


def _design(fitted: FittedModel, labels: Ints) -> Floats:
    """Return indicators of the classes of all factors, (window, class), and a constant."""
    columns = [np.eye(len(classes))[column] for classes, column in zip(fitted.classes, labels.T, strict=True)]
    return np.concatenate([*columns, np.ones((len(labels), 1))], axis=1)


def _told(a: Floats, told: Floats) -> float:
    return float(1.0 - ((a - told) ** 2).sum() / ((a - a.mean(axis=0)) ** 2).sum())
