"""The page of the main figures is that of the lines that are kept now."""

from research import at_a_glance
from research.common import DOCS


def test_the_page_is_as_the_lines_have_it():
    written = (DOCS / "figures_at_a_glance.md").read_text(encoding="utf-8")
    title, first, rest = at_a_glance.page().split("\n\n", 2)
    assert written.startswith(f"{title}\n\n{first}\n\n")
    assert written.endswith(rest)
