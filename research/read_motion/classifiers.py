"""Classifiers of aeon with a ridge regression, run by the python of an environment of their own.

PYTHONPATH=. .venv-classifiers/bin/python -m research.read_motion.classifiers TASK.npz ENTRY SCORES.npz

The task has the windows of a fold, ``train`` and ``test``, (window, channel, time), and for each job of shares, draws
and factors the class of each training window, -1 where it has none. The convolutions are fitted to all training
windows, once; the ridge regression, with the settings that aeon's classifiers have, to the labelled ones.
"""

import sys
import time
from typing import Any

import numpy as np

ENTRIES = ("MiniRocket", "MultiRocket")


def main() -> None:
    """Write the scores of every job, (window, class), and the seconds of the processor."""
    from aeon.transformations.collection import convolution_based
    from sklearn.linear_model import RidgeClassifierCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    task_path, entry, out = sys.argv[1:]
    task = np.load(task_path)
    began = time.process_time()
    convolutions = getattr(convolution_based, entry)(random_state=0, n_jobs=1)
    features = [np.asarray(convolutions.fit_transform(task["train"])), np.asarray(convolutions.transform(task["test"]))]
    found: dict[str, Any] = {"transform": time.process_time() - began}
    for job in (name for name in task.files if name not in ("train", "test")):
        known = task[job] >= 0
        ridge = make_pipeline(StandardScaler(with_mean=False), RidgeClassifierCV(alphas=np.logspace(-3, 3, 10)))
        ridge.fit(features[0][known], task[job][known])
        margins = ridge.decision_function(features[1])
        margins = margins if margins.ndim == 2 else np.stack([-margins, margins], axis=1)
        n_classes = int(task[job].max()) + 1
        scores = np.full((len(features[1]), n_classes), -np.inf)
        scores[:, ridge.classes_] = margins
        found[job] = scores
    np.savez(out, **found)


if __name__ == "__main__":
    main()
