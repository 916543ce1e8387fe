"""Lines, memory, versions and numbers of studies."""

import subprocess
import sys

import pytest

from divecast.errors import ConfigError
from research import common
from research.common import append_line, code_hash, read_lines


def test_lines_are_read_as_they_were_written(tmp_path):
    assert read_lines(tmp_path / "none.jsonl") == []
    append_line(tmp_path / "lines.jsonl", '{"a": 1}')
    append_line(tmp_path / "lines.jsonl", '{"b": 2}')
    assert read_lines(tmp_path / "lines.jsonl") == [{"a": 1}, {"b": 2}]
    append_line(tmp_path / "lines.jsonl", "{")
    with pytest.raises(ConfigError, match="has a line that is not JSON"):
        read_lines(tmp_path / "lines.jsonl")


def test_the_hash_is_of_the_code_that_fits_and_scores(tmp_path):
    library = ["package/estimator.py", "package/cli/app.py"]
    files = [*library, *(f"research/paper/{name}.py" for name in ("run", "measured", "page", "figures"))]
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    folders = (tmp_path / "package", tmp_path / "research")
    first, changed = code_hash(*folders), []
    for name in files:
        (tmp_path / name).write_text("x = 1")
        changed += [name] if code_hash(*folders) != first else []
        (tmp_path / name).write_text("")
    assert changed == ["package/estimator.py", "research/paper/run.py", "research/paper/measured.py"]
    assert len(first) == 12


def test_the_peak_of_memory_needs_neither_proc_nor_resource(tmp_path, monkeypatch):
    monkeypatch.setattr(common, "_STATUS", tmp_path / "none")
    assert common.peak_mib() > 10
    monkeypatch.setitem(sys.modules, "resource", None)
    assert common.peak_mib() == 0


PEAK = """
from research.common import forget_peak, peak_mib

block = bytearray(40 * 2**20)
del block
forget_peak()
before = peak_mib()
block = bytearray(40 * 2**20)
print(peak_mib() - before)
"""


def test_the_peak_of_memory_is_forgotten_and_found_again():
    # In a process of its own: this one may have threads of other tests, which free memory meanwhile.
    done = subprocess.run([sys.executable, "-c", PEAK], cwd=common.ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    assert 30 < float(done.stdout) < 60
