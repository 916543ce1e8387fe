"""The page of decoded recordings."""

from typing import Any

import numpy as np

from research.decoded.page import ARMS, SUMMARIES, WAYS, page
from research.decoded.run import FOLDS, people_of
from research.decoded.variants import CHOSEN
from research.what_if.readers import CONVOLUTIONS

READ = {SUMMARIES: 0.7, "extra trees, summaries": 0.8, CONVOLUTIONS: 0.9}
PART = {"told": 0.6, "mae": 0.3, "read": dict.fromkeys(WAYS, READ)}
SAME = {"people": {"test": ["person"]}, "windows": 900, "core_seconds": 70.0, "real": READ}


def closed(fold: int) -> dict[str, Any]:
    variant = {"judge": "extra trees, summaries", "valid": PART, "test": PART}
    return {**SAME, "fold": fold, "arm": "closed", "people": {"test": [f"person{fold}"]}, "variants": {CHOSEN: variant}}


def fitted(fold: int, arm: str) -> dict[str, Any]:
    read = dict.fromkeys([*WAYS, "other, a kept"], READ)
    return {**SAME, "fold": fold, "arm": arm, "judge": SUMMARIES, "valid": PART, "test": PART, "read": read}


def test_the_page_has_all_folds_and_decoders() -> None:
    lines = [closed(fold) for fold in range(2)]
    written = page(lines)
    assert all(name in written for name in ("person0", "person1", "| 80 / 70 |", f"| {CHOSEN} |", "| mean | 1800 |"))
    assert "Fitted models" not in written
    written = page([*lines, *(fitted(0, arm) for arm in ARMS)])
    assert all(name in written for name in (*ARMS.values(), "| 90 |", "0.3000 / 0.3000"))


def test_every_person_is_tested_once() -> None:
    people = np.array([f"{number:02d}" for number in range(10)])
    folds = [people_of(fold, people) for fold in range(FOLDS)]
    assert sorted(name for fold in folds for name in fold["test"]) == sorted(people)
    assert not any(set(fold["test"]) & set(fold["valid"]) for fold in folds)
