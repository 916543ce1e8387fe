"""Resident pages of mapped files are released, and no value is lost."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from divecast.data import ByTime, Panel, open_store, split, write_store
from divecast.data.outliers import Limits
from divecast.fit.separate_series import own_rows_of
from divecast.persistence import page_cache
from divecast.persistence.page_cache import drop_pages, free_heap

VALUES = np.random.default_rng(0).normal(size=(4000, 1000)).astype(np.float32)


@pytest.fixture(autouse=True)
def small_files_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_cache, "_FILE_BYTES", 1 << 20)


def stored(path: Path) -> Panel:
    return open_store(write_store(path / "s", [VALUES], [f"c{i}" for i in range(1000)], "2024-01-01", "1h"))


def resident_mib(kind: str = "VmRSS") -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(kind))
    return int(line.split()[1]) / 2**10


def mapped_mib() -> float:
    return resident_mib("RssFile")


@pytest.mark.skipif(sys.platform != "linux", reason="resident pages are read from /proc")
def test_a_store_is_resident_after_reading_until_released(tmp_path: Path) -> None:
    values = stored(tmp_path).values
    before = mapped_mib()
    assert float(values.sum()) == pytest.approx(float(VALUES.sum()), rel=1e-3)
    assert mapped_mib() > before + 10
    drop_pages(values[5:, ::2])
    assert mapped_mib() < before + 5
    assert np.array_equal(values, VALUES)


@pytest.mark.skipif(sys.platform != "linux", reason="resident pages are read from /proc")
def test_hashing_a_store_leaves_no_pages(tmp_path: Path) -> None:
    panel = stored(tmp_path)
    before = mapped_mib()
    panel.fingerprint()
    assert mapped_mib() < before + 5


@pytest.mark.skipif(sys.platform != "linux", reason="resident pages are read from /proc")
@pytest.mark.parametrize("look", [own_rows_of, lambda panel: Limits.of(panel, split(panel, ByTime(1, 1, 1)).train)])
def test_a_look_at_all_rows_before_a_fit_leaves_no_pages(tmp_path: Path, look: Callable[[Panel], object]) -> None:
    panel = stored(tmp_path)
    before = mapped_mib()
    look(panel)
    assert mapped_mib() < before + 5


@pytest.mark.parametrize("mode", ["c", "r+"])
def test_changes_to_a_writable_map_are_kept(tmp_path: Path, mode: str) -> None:
    np.save(tmp_path / "a.npy", VALUES)
    values = np.load(tmp_path / "a.npy", mmap_mode=mode)
    values[7, 7] = 99.0
    view = values[:, :]
    view.flags.writeable = False
    drop_pages(view)
    assert values[7, 7] == 99.0


def test_arrays_in_memory_are_unchanged() -> None:
    copy = VALUES.copy()
    drop_pages(copy)
    drop_pages(copy.T[3:])
    drop_pages(np.frombuffer(bytes(8), np.float32))
    assert np.array_equal(copy, VALUES)


@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc")
def test_freed_pieces_between_others_are_given_back() -> None:
    pieces = [bytearray(100_000) for _ in range(1000)]
    kept = pieces[::10]
    pieces.clear()
    before = resident_mib()
    free_heap()
    assert resident_mib() < before - 30
    assert len(kept) == 100
