"""Mutation testing by mutmut (settings in pyproject.toml) made docs/mutants.md; no number there is typed by hand.

make mutants                 all mutants of the chosen modules (minutes), then the page
python -m research.mutants.page the page alone, from the last run
"""

import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "mutants.md"
INTRO = """# Mutants

`make mutants` changes one thing at a time in the modules below (mutmut, settings in `pyproject.toml`) and runs their
tests: a change that no test notices *survives*. Every survivor is shown, so that each can be judged: most only drop a
guard (`strict=`, `validate_args=`, `dtype=` of an array that has it already), spell NaN in capitals, or change how many
values are taken at a time. *Not reached* are functions that the tests chosen here do not call, though others may.
"""


def statuses() -> list[tuple[str, str]]:
    """Return every mutant with what became of it."""
    mutmut = Path(sys.executable).with_name("mutmut")
    text = subprocess.run([mutmut, "results", "--all", "true"], cwd=ROOT, capture_output=True, text=True, check=True)
    pairs = (line.strip().rsplit(": ", 1) for line in text.stdout.splitlines() if "__mutmut_" in line)
    return [(name, status) for name, status in pairs]


def shown(mutant: str) -> str:
    """Return what a mutant changes."""
    mutmut = Path(sys.executable).with_name("mutmut")
    text = subprocess.run([mutmut, "show", mutant], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    changed = [line for line in text.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "\n".join(changed)


def page(found: list[tuple[str, str]], show: dict[str, str]) -> str:
    """Return the page.

    Args:
        found: mutants and what became of them.
        show: what those that survived change.
    """
    modules: dict[str, Counter[str]] = {}
    for name, status in found:
        modules.setdefault(name.rsplit(".", 1)[0], Counter())[status] += 1
    rows = [
        f"| {module} | {counts.total()} | {counts['killed']} | {counts['survived']} | {counts['no tests']} |"
        for module, counts in sorted(modules.items())
    ]
    table = "\n".join(["| module | mutants | killed | survived | not reached |", "|---|---:|---:|---:|---:|", *rows])
    survivors = "\n\n".join(f"`{name}`\n\n```diff\n{change}\n```" for name, change in show.items())
    return f"{INTRO}\n{table}\n\n## Survivors\n\n{survivors}\n"


def main() -> None:
    found = statuses()
    PAGE.write_text(page(found, {name: shown(name) for name, status in found if status == "survived"}), "utf-8")


if __name__ == "__main__":
    main()
