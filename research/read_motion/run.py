"""How well labels of recordings are read from people never seen, next to classifiers; lines in results.jsonl.

    python -m research.read_motion.run --classifiers .venv-classifiers/bin/python
    python -m research.read_motion.run --fold 0 --share 0.25 --entry divecast

Ten people do seven exercises with either arm (``motion``); two people are held out in each of five folds. Of the
recordings of the other eight all, 25 or 10 % have their labels. divecast is fitted with two of the eight for
validation, then to all eight (``refit=True``); the classifiers are fitted to the labelled ones of all eight. These need
an environment of their own, with aeon 1.6.0, whose python is named by ``--classifiers``.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from divecast import ByGroup, DeepDIVE
from divecast.inference import infer_window_labels
from research.common import ROOT, add_run
from research.read_motion.classifiers import ENTRIES
from research.read_motion.folds import FACTORS, FOLDS, LOOKBACK, SHARES, Fold, Rows

OUT = Path(__file__).with_name("results.jsonl")
OWN = "divecast"
_HORIZON, _BINS, _DRAWS = 50, 10, 200
Floats = NDArray[np.float64]
Line = dict[str, Any]


def right(scores: Floats, truth: Rows, recording: Rows) -> Line:
    """Return the shares of windows and of recordings, by their mean scores, that are read right."""
    units, place = np.unique(recording, return_inverse=True)
    sums = np.zeros((len(units), scores.shape[1]))
    np.add.at(sums, place, np.maximum(scores, np.finfo(np.float64).min / len(scores)))
    of_unit = truth[np.unique(recording, return_index=True)[1]]
    return {
        "window": float((scores.argmax(1) == truth).mean()),
        "recording": float((sums.argmax(1) == of_unit).mean()),
    }


def calibration(probabilities: Floats, truth: Rows, recording: Rows) -> Line:
    """Return how far probabilities can be believed.

    ``nll``: mean negative log-likelihood. ``bins``: sums over the windows of each of ten bins of confidence, (bin, 3):
    windows, confidence, and windows read right. ``ece``: the expected calibration error of these. ``exact``: that of a
    reader with the same confidences which is calibrated exactly, the mean over draws of what it reads right, where the
    windows of one recording stand and fall together: of so few recordings it is not 0.
    """
    sure, hit = probabilities.max(1), probabilities.argmax(1) == truth
    draw, place = np.random.default_rng(0), np.unique(recording, return_inverse=True)[1]
    luck = draw.uniform(size=(_DRAWS, place.max() + 1))
    exact = [calibration_error(_binned(sure, each[place] < sure)) for each in luck]
    log = np.log(np.maximum(probabilities[np.arange(len(truth)), truth], 1e-12))
    bins = _binned(sure, hit)
    ece, exact_ece = calibration_error(bins), float(np.mean(exact))
    return {"nll": float(-log.mean()), "ece": ece, "exact": exact_ece, "bins": bins.tolist()}


def calibration_error(bins: Floats) -> float:
    """Return the expected calibration error of sums of bins; see ``calibration``."""
    return float(np.abs(bins[:, 1] - bins[:, 2]).sum() / bins[:, 0].sum())


def _binned(sure: Floats, hit: NDArray[np.bool_]) -> Floats:
    of_bin = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    return np.stack([np.bincount(of_bin, each, _BINS) for each in (np.ones(len(sure)), sure, hit)], axis=1)


def own(number: int, share: float, draw: int) -> Line:
    """Fit divecast, and score what it reads of the people held out."""
    fold = Fold.of(number)
    fold = fold.with_labels_of(fold.labelled(share, draw))
    model, began = DeepDIVE(_HORIZON, LOOKBACK, FACTORS), time.process_time()
    model.fit(fold.of_others(), ByGroup("subject", valid=fold.valid), progress=False, refit=True)
    seconds = time.process_time() - began
    origins, recording = fold.origins(held_out=True)
    windows = model.fitted_model.windows(fold.data, "all", "encode")
    windows = windows.subset(np.flatnonzero(np.isin(windows.origins, origins)))
    labels, found = infer_window_labels(model.fitted_model, windows), {}
    for column, factor in enumerate(FACTORS):
        names, index = fold.classes(factor)
        learned = labels.classes[column]
        probabilities = np.zeros((len(origins), len(names)))
        probabilities[:, [names.index(name) for name in learned]] = labels.probabilities[column]
        truth = index[recording]
        found[factor] = right(probabilities, truth, recording) | calibration(probabilities, truth, recording)
    return {**found, "cpu_seconds": seconds}


def classified(number: int, entry: str, python: Path) -> list[Line]:
    """Return the lines of a classifier on all shares and draws of a fold."""
    fold = Fold.of(number)
    (train, of_train), (test, of_test) = (fold.origins(held_out=out) for out in (False, True))
    task: dict[str, Any] = {
        part: fold.windows(origins).transpose(0, 2, 1) for part, origins in (("train", train), ("test", test))
    }
    jobs = [(share, draw) for share, draws in SHARES.items() for draw in range(draws)]
    for share, draw in jobs:
        labelled = fold.labelled(share, draw)[of_train]
        for factor in FACTORS:
            task[f"{share} {draw} {factor}"] = np.where(labelled, fold.classes(factor)[1][of_train], -1)
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "task.npz", **task)
        environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
        arguments = [f"{folder}/task.npz", entry, f"{folder}/scores.npz"]
        command = [str(python), "-W", "ignore", "-m", "research.read_motion.classifiers", *arguments]
        subprocess.run(command, env=environment, check=True)
        with np.load(f"{folder}/scores.npz") as scores:
            return [
                {
                    factor: right(scores[f"{share} {draw} {factor}"], fold.classes(factor)[1][of_test], of_test)
                    for factor in FACTORS
                }
                for share, draw in jobs
            ]


def main() -> int:
    """Make the runs that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classifiers", type=Path, default=ROOT / ".venv-classifiers/bin/python")
    parser.add_argument("--fold", action="append", type=int, choices=range(FOLDS))
    parser.add_argument("--share", action="append", type=float, choices=SHARES, help="of divecast")
    parser.add_argument("--draws", type=int, default=max(SHARES.values()), help="of divecast, at most")
    parser.add_argument("--entry", action="append", choices=(OWN, *ENTRIES))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for number in arguments.fold or range(FOLDS):
        for entry in arguments.entry or (OWN, *ENTRIES):
            if entry == OWN:
                for share in arguments.share or SHARES:
                    for draw in range(min(SHARES[share], arguments.draws)):
                        key = {"entry": entry, "fold": number, "share": share, "draw": draw}
                        add_run(OUT, key, partial(own, number, share, draw))
            else:
                add_run(OUT, {"entry": entry, "fold": number}, partial(_of_fold, number, entry, arguments.classifiers))
    return 0


def _of_fold(number: int, entry: str, python: Path) -> Line:
    jobs = [(share, draw) for share, draws in SHARES.items() for draw in range(draws)]
    found = classified(number, entry, python)
    return {"jobs": [{"share": share, "draw": draw, **line} for (share, draw), line in zip(jobs, found, strict=True)]}


if __name__ == "__main__":
    sys.exit(main())
