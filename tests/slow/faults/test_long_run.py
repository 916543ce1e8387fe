"""Fits and forecasts leave nothing behind; and what measures that sees what would be left."""

import gc
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
import torch

from research.reliability.long_run import MOST_RISE, newest, resident_mib, rise, section
from worlds import fit_hours, hours

PANEL = hours().panel
linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


def a_round() -> None:
    model = fit_hours(epochs=1, data=PANEL.rows(0, 672))
    for last in range(1000, 1010):
        model.forecast(PANEL.rows(last - 24, last))
    model.encode(PANEL, "all", every=21)


def left_by(work: Callable[[], None]) -> tuple[int, Counter[str]]:
    """Bytes that Python and numpy hold, and tensors by shape, after four times less after two, in which caches fill."""
    work()  # before it is traced, which takes several times as long where modules are imported
    tracemalloc.start()
    try:
        work()
        size, tensors = _held()
        work()
        work()
        after = _held()
    finally:
        tracemalloc.stop()
    return after[0] - size, after[1] - tensors


def _held() -> tuple[int, Counter[str]]:
    gc.collect()
    kinds = (torch.Tensor, torch.nn.Parameter)
    shapes = Counter(str(tuple(each.shape)) for each in gc.get_objects() if type(each) in kinds)
    return tracemalloc.get_traced_memory()[0], shapes


def test_nothing_is_left_behind() -> None:
    size, tensors = left_by(a_round)
    assert size < 60_000  # of some 900 arrays and many small things
    assert not tensors


def test_what_is_left_behind_is_seen() -> None:
    kept = []
    size, tensors = left_by(lambda: kept.append((np.zeros(10_000), torch.zeros(77))))
    assert size > 150_000
    assert tensors == {"(77,)": 2}


@linux
def test_resident_memory_is_what_a_process_holds() -> None:
    before = resident_mib()
    block = np.ones(8_000_000)
    assert resident_mib() - before == pytest.approx(block.nbytes / 2**20, rel=0.2)


def rounds(memory: list[float]) -> list[dict[str, float]]:
    return [
        {"round": at, "fits": at + 1, "forecasts": 10 * (at + 1), "resident_mib": mib} for at, mib in enumerate(memory)
    ]


def test_the_first_round_counts_for_nothing_and_a_slow_rise_counts() -> None:
    assert rise(rounds([300.0, *[400.0] * 12])) == 0.0
    assert rise(rounds([300.0, *[400.0 + 4.0 * at for at in range(20)]])) > MOST_RISE
    old, new = rounds([300.0] * 5), rounds([500.0, 400.0, 400.0, 400.0, 480.0])
    assert newest([*old, *new]) == new
    assert "NOT flat" in section([*old, *new])
    assert "+20.0%" in section([*old, *new])
    assert "is\nflat" in section(old)
