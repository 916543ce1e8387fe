"""Run the tutorials and write each as a page: its text, its code, what it printed and what it drew.

python docs/tutorials/write_pages.py [NAME ...]
"""

import io
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
_TEXT = "# %% [markdown]"


def tutorials() -> list[Path]:
    return sorted(HERE.glob("[0-9]_*.py"))


def cells(script: str) -> Iterator[tuple[bool, str]]:
    """Yield whether a cell of a script in the percent format is text, and what it holds."""
    for cell in re.split(r"^(?=# %%)", script, flags=re.MULTILINE):
        head, _, body = cell.partition("\n")
        if head.startswith(_TEXT):
            yield True, re.sub(r"^# ?", "", body, flags=re.MULTILINE).strip()
        elif body.strip():
            yield False, body.strip()


def page(tutorial: Path) -> str:
    """Run a tutorial in an empty folder and return its page; its pictures go to docs/tutorials/figures."""
    names: dict[str, Any] = {"__name__": "__main__"}
    parts = [f"<!-- made by docs/tutorials/write_pages.py from {tutorial.name}: change that -->"]
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        for is_text, body in cells(tutorial.read_text(encoding="utf-8")):
            parts.append(body if is_text else f"```python\n{body}\n```")
            if not is_text:
                parts += _run(body, tutorial, names)
    return "\n\n".join(parts) + "\n"


def _run(code: str, tutorial: Path, names: dict[str, Any]) -> Iterator[str]:
    there = set(Path().glob("figures/*.png"))
    with redirect_stdout(io.StringIO()) as said:
        exec(compile(code, tutorial.name, "exec"), names)  # noqa: S102  our own tutorials
    if said.getvalue().strip():
        yield f"```text\n{said.getvalue().rstrip()}\n```"
    for picture in sorted(set(Path().glob("figures/*.png")) - there):
        (HERE / "figures").mkdir(exist_ok=True)
        shutil.copyfile(picture, HERE / picture)
        yield f"![{picture.stem.replace('_', ' ')}]({picture.as_posix()})"


def main(asked: list[str]) -> None:
    os.environ.pop("DIVECAST_QUICK", None)
    for tutorial in tutorials():
        if not asked or tutorial.name in asked:
            tutorial.with_suffix(".md").write_text(page(tutorial), encoding="utf-8")
            print(f"wrote {tutorial.with_suffix('.md')}")


if __name__ == "__main__":
    main(sys.argv[1:])
