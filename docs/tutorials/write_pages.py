"""Run the tutorials and write each as a page: text, code, printed output and figures.

python docs/tutorials/write_pages.py [NAME ...] [--data FOLDER]

A tutorial on data that are not shipped reads the argument --data itself.
"""

import io
import os
import re
import shutil
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
_TEXT = "# %% [markdown]"


def tutorials() -> list[Path]:
    return sorted(HERE.glob("[0-9]_*.py"))


def cells(script: str) -> Iterator[tuple[bool, str]]:
    """Yield for each cell of a script in the percent format whether it is text, and its content."""
    for cell in re.split(r"^(?=# %%)", script, flags=re.MULTILINE):
        head, _, body = cell.partition("\n")
        if head.startswith(_TEXT):
            yield True, re.sub(r"^# ?", "", body, flags=re.MULTILINE).strip()
        elif body.strip():
            yield False, body.strip()


def page(tutorial: Path) -> str:
    """Run a tutorial in an empty folder and return its page; its figures are copied to docs/tutorials/figures."""
    names: dict[str, Any] = {"__name__": "__main__"}
    parts = [f"<!-- written by docs/tutorials/write_pages.py from {tutorial.name}; edit that file -->"]
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        for is_text, body in cells(tutorial.read_text(encoding="utf-8")):
            parts.append(body if is_text else f"```python\n{body}\n```")
            if not is_text:
                parts += _run(body, tutorial, names)
    return "\n\n".join(parts) + "\n"


def _run(code: str, tutorial: Path, names: dict[str, Any]) -> Iterator[str]:
    before = set(Path().glob("figures/*.png"))
    with redirect_stdout(io.StringIO()) as output:
        exec(compile(code, tutorial.name, "exec"), names)  # noqa: S102  our own scripts
    if output.getvalue().strip():
        yield f"```text\n{output.getvalue().rstrip()}\n```"
    for picture in sorted(set(Path().glob("figures/*.png")) - before):
        (HERE / "figures").mkdir(exist_ok=True)
        shutil.copyfile(picture, HERE / picture)
        yield f"![{picture.stem.replace('_', ' ')}]({picture.as_posix()})"


def main(names: list[str]) -> None:
    os.environ.pop("DIVECAST_QUICK", None)
    for tutorial in tutorials():
        if not names or tutorial.name in names:
            tutorial.with_suffix(".md").write_text(page(tutorial), encoding="utf-8")
            print(f"wrote {tutorial.with_suffix('.md')}")


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--data")
    main(parser.parse_args().names)
