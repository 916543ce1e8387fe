"""The page of hostile input says what the lines say, the last of every entry."""

import pytest

from research.reliability.inputs import run_entry, section
from slow.hostile.entries import ENTRIES, Entry


def line(entry, right, refused, failed=0, **failures):
    counts = {"right": right, "refused": refused, "failed": failed}
    return {"entry": entry, "cases": sum(counts.values()), **counts, "failures": failures}


def test_the_last_line_of_an_entry_counts():
    found = section([line("HTTP", 1, 1), line("fit", 600, 400), line("HTTP", 2, 3, 4, ValueError=4)])
    assert "| fit | 1,000 | 600 | 400 | 0 |" in found
    assert "| HTTP | 9 | 2 | 3 | 4 |" in found
    assert "| all | 1,009 | 602 | 403 | 4 |" in found
    assert "- HTTP, 4 times: ValueError" in found
    assert "What failed" not in section([line("fit", 600, 400)])


def test_shares_are_of_all_cases():
    assert sum(entry.share for entry in ENTRIES) == pytest.approx(1.0)
    assert len({entry.what for entry in ENTRIES}) == len(ENTRIES)


def test_a_failure_is_counted_and_named():
    from hypothesis import strategies as st

    attempts = st.integers(0, 3).map(lambda n: lambda: n // (n > 0) and None)
    found = run_entry(Entry("division", attempts, 4, 1.0), 4, seed=0)
    assert (found["right"], found["failed"], found["refused"]) == (3, 1, 0)
    assert any(said.startswith("ZeroDivisionError in test_inputs.py") for said in found["failures"])
