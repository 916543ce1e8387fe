"""Try the wheel as a user would: install it with some extras in an empty environment, and do what three pages say.

    python scripts/try_wheel.py [--python PYTHON ...] [--folder FOLDER] [--extras plot,pandas,...] [--pages PAGE ...]

Each PYTHON is a version, such as 3.12, or a path. The environments are made in FOLDER and kept, so that torch is
downloaded once for each; without it they are made in a temporary folder. What is tried lies outside the repository, so
that nothing but the installed package is imported.
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TORCH = "torch==2.13.0"
EXTRAS = ("pandas", "plot", "report", "holidays")
DOCS = ROOT / "docs"
PAGES = ("retail.md", "temperature.md", "half_labelled.md")
"""What is tried, from the page alone: its commands in the shell, then its programs, with full fits."""


def interpreter(name: str) -> str:
    """Return the path of a Python by its version, also of one that pyenv has but does not show.

    Raises:
        FileNotFoundError: there is none.
    """
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [name, *map(str, versions.glob(f"{name}.*/bin/python3")), shutil.which(name), shutil.which(f"python{name}")]
    for path in found:
        if path and Path(path).is_file():
            return path
    message = f"there is no Python {name} here"
    raise FileNotFoundError(message)


@dataclass(frozen=True)
class Took:
    """Seconds on the clock, and those of the processor."""

    clock: float = 0.0
    processor: float = 0.0

    def __str__(self) -> str:
        return f"{self.clock:.0f} s, {self.processor:.0f} s of the processor"


def ran(command: Sequence[str], folder: Path, programs: Path | None = None) -> Took:
    """Run a command in a folder, with the programs of an environment before all others, and return what it took."""
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    path = usual["PATH"] if programs is None else f"{programs}:{usual['PATH']}"
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=usual | {"PATH": path}, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(time.monotonic() - began, processor)


def environment(python: str, folder: Path) -> Path:
    """Return the programs of an environment with the torch that is tested; it is made if it is not there."""
    programs, done = folder / "bin", folder / ".has-torch"
    if not done.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        ran([python, "-m", "venv", "--clear", str(folder)], folder.parent)
        ran([str(programs / "python"), "-m", "pip", "install", "--quiet", TORCH], folder.parent)
        done.touch()
    return programs


def blocks(page: str, language: str) -> str:
    """Return the code of a page in a language."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return "\n".join(re.findall(rf"(?ms)^```{language}\n(.*?)^```", text))


def try_page(page: str, programs: Path) -> str:
    """Do what a page says in a new folder that has its tables, and return how long its commands and programs took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in (DOCS / "data").iterdir():
            shutil.copyfile(file, folder / file.name)
        (folder / "page.py").write_text(blocks(page, "python"), encoding="utf-8")
        lines = blocks(page, "sh")
        shell = ran(["bash", "-euc", lines], folder, programs) if lines else None
        program = ran(["python", "page.py"], folder, programs)
    return f"{page}: {f'in the shell {shell}; ' if shell else ''}in Python {program}"


def try_on(python: str, folder: Path, what: list[str], pages: Sequence[str]) -> list[str]:
    """Install in an environment of a Python, do what the pages say, and return lines on how long it took.

    Args:
        python: version or path.
        folder: of the environment.
        what: arguments of pip that name what to install.
        pages: names of the pages.
    """
    programs = environment(interpreter(python), folder)
    pip = [str(programs / "python"), "-m", "pip"]
    subprocess.run([*pip, "uninstall", "--quiet", "--yes", "divecast"], check=False)
    lines = [f"install, but torch: {ran([*pip, 'install', '--quiet', *what], folder)}"]
    with tempfile.TemporaryDirectory() as empty:
        lines.append(f"divecast demo --quick: {ran(['divecast', 'demo', '--quick'], Path(empty), programs)}")
    return [*lines, *(try_page(page, programs) for page in pages)]


def main() -> int:
    """Try the wheel on every Python named; 0 if it does on all of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--python", nargs="+", default=["3.11"])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--extras", default=",".join(EXTRAS))
    parser.add_argument("--constraint", type=Path, help="file of versions, for pip")
    parser.add_argument("--pages", nargs="*", default=PAGES)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", made, str(ROOT)]
        subprocess.run(build, check=True)
        (wheel,) = Path(made).glob("divecast-*.whl")
        folder = (chosen.folder or Path(made)).resolve()
        what = [
            f"{wheel}[{chosen.extras}]",
            *(["--constraint", str(chosen.constraint.resolve())] if chosen.constraint else []),
        ]
        tried = {name: try_on(name, folder / Path(name).name, what, chosen.pages) for name in chosen.python}
    for name, lines in tried.items():
        print(f"Python {name}, {wheel.name}", *lines, sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
