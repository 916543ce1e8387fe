"""Write docs/reliability.md from the lines beside this file; no number there is typed by hand.

python -m research.reliability.page
"""

import importlib
from pathlib import Path

from research.common import read_lines

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reliability.md"
SECTIONS = ("kill", "disk", "damage", "inputs", "missing", "reproducible", "long_run", "server")
INTRO = """# Reliability

Written by `python -m research.reliability.page` from the lines next to it. Each section names the script that caused
faults on purpose, what was broken, and the outcome; a short form of each runs with the tests.
"""


def section(name: str) -> str:
    """Return the section of a script that has lines, else nothing."""
    lines = read_lines(HERE / f"{name}.jsonl")
    if not lines:
        return ""
    found: str = importlib.import_module(f"research.reliability.{name}").section(lines)
    return f"{found.strip()}\n"


def main() -> None:
    PAGE.write_text("\n".join([INTRO, *filter(None, map(section, SECTIONS))]), "utf-8")


if __name__ == "__main__":
    main()
