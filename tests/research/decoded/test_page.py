"""The page of decoded recordings."""

import numpy as np

from research.decoded.page import ARMS, SUMMARIES, WAYS, page
from research.decoded.run import FOLDS, people_of
from research.what_if.readers import CONVOLUTIONS


def line(fold: int, arm: str) -> dict[str, object]:
    read = {SUMMARIES: 0.7, CONVOLUTIONS: 0.9}
    part = {"told": 0.6, "mae": 0.3}
    return {
        "fold": fold,
        "arm": arm,
        "people": {"test": [f"person{fold}"]},
        "windows": 900,
        "core_seconds": 70.0,
        "judge": SUMMARIES,
        "real": read,
        "valid": part,
        "test": part,
        "read": dict.fromkeys(WAYS, read),
        "variants": {"aligned, 8 dimensions": {"own": 0.8, "other": 0.7, "sample": 0.6, "told": 0.5}},
    }


def test_the_page_has_all_folds_and_decoders() -> None:
    written = page([line(fold, arm) for fold in range(2) for arm in ARMS])
    assert all(name in written for name in (*ARMS.values(), "person0", "person1", "| 70 / 90 |", "0.3000 / 0.3000"))


def test_every_person_is_tested_once() -> None:
    people = np.array([f"{number:02d}" for number in range(10)])
    folds = [people_of(fold, people) for fold in range(FOLDS)]
    assert sorted(name for fold in folds for name in fold["test"]) == sorted(people)
    assert not any(set(fold["test"]) & set(fold["valid"]) for fold in folds)
