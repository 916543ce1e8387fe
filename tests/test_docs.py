"""What the pages name must be there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
THEORY = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", THEORY)))


@pytest.mark.parametrize(("file", "function"), NAMED, ids=lambda name: name.rpartition("/")[2])
def test_every_test_the_theory_names_exists(file: str, function: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert any(name.startswith("test_") for name in defined)
    assert not function or function in defined, f"{file} has no {function}"


def test_every_statement_of_the_theory_names_a_test() -> None:
    sections = re.split(r"^## ", THEORY, flags=re.MULTILINE)[1:]
    assert [section.split(".")[0] for section in sections] == [str(i) for i in range(1, 13)]
    without = [section.splitlines()[0] for section in sections if "`tests/" not in section]
    assert without == ["12. What is not a theorem"]
