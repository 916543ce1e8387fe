"""A disk with no room, and a place that cannot be written to, under all that divecast writes.

The system refuses any file beyond a thousand bytes here; research/reliability/disk.py fills real disks, as root.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from divecast import DeepDIVE
from divecast.cli import main
from divecast.errors import ArtifactError
from research.paper import record as records
from research.reliability import disk
from research.reliability.products import Product, contents, products
from research.reliability.small_fit import prepare
from studies.lines import record

resource = pytest.importorskip("resource", reason="this system has no limits of file size")
NAMES = (
    *("model", "checkpoint", "forecasts.csv", "forecasts.csv.gz", "forecasts.parquet", "codes.csv"),
    *("figure.png", "figure.pdf", "report", "graph.onnx", "graph.pt2", "store"),
)


@contextmanager
def little_room(n_bytes: int = 1000) -> Iterator[None]:
    """Let no file of this process grow beyond some bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Product]:
    fit = prepare(tmp_path_factory.mktemp("fit"), width=8, epochs=1, days=21)
    return {product.name: product for product in products(fit)}


def test_all_that_the_long_script_writes_is_tried_here(made: dict[str, Product]) -> None:
    assert [*made] == [*NAMES, "reproduction"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("graph")])  # slow, written as a report
def test_without_room_one_line_is_said_and_the_former_is_left(
    name: str, made: dict[str, Product], tmp_path: Path
) -> None:
    product = made[name]
    path = tmp_path / product.file
    if name == "store":
        assert product.write(path)[0] == 0
    elif name != "checkpoint":  # a former one would be another fit's
        path.write_bytes(b"former")
    before = contents(tmp_path)
    with little_room():
        code, said = product.write(path)
    assert code == 2
    assert len(said) == 1
    assert "File too large" in said[0]
    assert product.file in said[0]
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", NAMES)
def test_below_a_file_nothing_can_be_written(name: str, made: dict[str, Product], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"former")
    code, said = made[name].write(tmp_path / "file" / made[name].file)
    assert code == 2
    assert len(said) == 1
    assert contents(tmp_path) == {"file": b"former"}


def test_a_model_is_saved_whole_or_not(hours_model: DeepDIVE, tmp_path: Path) -> None:
    with little_room(), pytest.raises(ArtifactError, match="File too large"):
        hours_model.save(tmp_path / "m")
    assert contents(tmp_path) == {}


def test_lines_of_runs_are_whole_or_not_there(tmp_path: Path) -> None:
    with little_room(100), pytest.raises(ArtifactError, match="File too large"):
        record("a", 0, "motion").write(tmp_path / "a-0.json")
    assert contents(tmp_path) == {}


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be written to: stood in, for root may write anywhere."""
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)


def test_a_read_only_folder_is_refused_before_the_runs(tmp_path: Path, read_only: None) -> None:
    with pytest.raises(ArtifactError, match="is read-only"):
        records.make_folder(tmp_path)


def test_a_read_only_folder_is_refused_before_the_fit(
    made: dict[str, Product], tmp_path: Path, read_only: None, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "m")
    assert main(["fit", "no such file", "--horizon", "6", "--lookback", "24", "--out", out]) == 2
    assert "is read-only" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("umask", [0o022, 0o027])
def test_a_model_may_be_read_by_whom_the_user_lets(umask: int, made: dict[str, Product], tmp_path: Path) -> None:
    former = os.umask(umask)
    try:
        assert made["model"].write(tmp_path / "m")[0] == 0
    finally:
        os.umask(former)
    assert (tmp_path / "m").stat().st_mode & 0o777 == 0o666 & ~umask


def lines(*faults: dict[str, object]) -> list[dict[str, object]]:
    good = {"what": "model", "fault": "read-only", "code": 2, "said": ["divecast: no"], "former": True, "strays": []}
    return [{**good, **fault} for fault in ({}, *faults)]


@pytest.mark.parametrize(
    "fault", [{"code": 0}, {"said": []}, {"said": ["a", "b"]}, {"former": False}, {"strays": ["x"]}]
)
def test_the_section_counts_what_did_not_hold(fault: dict[str, object]) -> None:
    assert "| model | 1 of 1 |" in disk.section(lines())
    assert "| model | 1 of 2 |" in disk.section(lines(fault))


def writes_directly(path: Path) -> tuple[int, list[str]]:
    try:
        path.write_bytes(bytes(5000))
    except OSError as error:
        return 2, [str(error)]
    return 0, []


@pytest.mark.parametrize(("write", "kept"), [(writes_directly, False), (lambda path: (2, ["no"]), True)])
def test_a_half_written_file_would_be_seen(
    write: Callable[[Path], tuple[int, list[str]]], kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "whole").write_bytes(np.arange(2000).tobytes())
    (tmp_path / "disk").mkdir()

    @contextmanager
    def failing(*_: object) -> Iterator[str]:
        with little_room():
            yield "filler"

    monkeypatch.setattr(disk, "_failing", failing)
    line = disk.tried(Product("file", "f", write), "half free", tmp_path / "disk", tmp_path / "whole")
    assert line["former"] is kept
