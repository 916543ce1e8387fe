"""Pages say which model their figures are of."""

import pytest

from research.common import DOCS
from research.model_versions import DEFAULTS, MODEL, hash_of_defaults, of_model, write_page

PAGES = [
    "anomalies",
    "benchmarks",
    "conflict",
    "counts",
    "decoded",
    "few_labels",
    "figures_at_a_glance",
    "forecast_arms",
    "intervals",
    "joint_future",
    "known",
    "memory",
    "new_series",
    "production",
    "proposed",
    "reading",
    "reproduction",
    "short_series",
    "what_if",
    "why",
]


def test_other_defaults_are_another_model() -> None:
    assert hash_of_defaults() == DEFAULTS, "defaults have changed: add a version to CHANGES, with its hash"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_names_its_model_or_says_that_it_is_older(name: str) -> None:
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    said = f"Figures are of model {MODEL}, today's.", f"before model {MODEL}, which is today's."
    assert any(each in text for each in said)


def test_lines_of_an_older_model_are_counted(tmp_path) -> None:
    new, old = {"versions": {"model": str(MODEL)}}, {"versions": {"divecast": "0.1.0"}}
    assert of_model([new, new]) == f"Figures are of model {MODEL}, today's."
    assert "2 of the 3 runs" in of_model([new, old, {}])
    write_page(tmp_path / "page.md", "# Title\n\nWritten by it.\n\nText.\n", [old])
    assert "Written by it.\n\n**Older than today's model:** 1 of the 1 runs" in (tmp_path / "page.md").read_text()
