"""Each way in which a table can be wrong is refused, or warned of, with a message that the page of errors has."""

import re
from pathlib import Path

import pytest

from bad_tables import GROUPS, Bad, said_of

PAGE = (Path(__file__).parents[1] / "docs" / "errors.md").read_text(encoding="utf-8")
ALL = [bad for group in GROUPS.values() for bad in group]


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.what)
def test_a_bad_table_says_why(bad: Bad, tmp_path: Path) -> None:
    message = said_of(bad, tmp_path)
    assert not re.search(r"[{}]", message)
    state = "read" if bad.warns else "refused"
    row = f"| {bad.what} | {state} | {message} |"
    assert row in PAGE, "run scripts/write_errors_page.py"


def test_the_page_has_no_other_rows() -> None:
    assert len(re.findall(r"(?m)^\| .* \| (?:read|refused) \| ", PAGE)) == len(ALL)
    assert f"each of {len(ALL)} ways" in PAGE
