"""What divecast costs beyond torch: time of the import, and size of a core install.

    python -m research.speed.import_time [--runs 9] [--out research/speed/import_time.jsonl]

Each run is a fresh process; imports of torch and of divecast take turns, so that a busy machine disturbs both alike.
With ``--out`` what is found is added to that file as a JSON line.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from research.common import append_line

LIMIT_SECONDS, LIMIT_MB = 0.3, 250
_TIMED = "import time; began = time.perf_counter(); import {module}; print(time.perf_counter() - began)"


def seconds_to_import(module: str) -> float:
    """Seconds to import a module in a fresh process."""
    command = [sys.executable, "-c", _TIMED.format(module=module)]
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return float(subprocess.run(command, env=usual, capture_output=True, check=True, text=True).stdout)


def needed_by(name: str, without: frozenset[str] = frozenset()) -> set[str]:
    """Names of a distribution and of all that it needs here, extras left out."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in found | without:
            continue
        found.add(one)
        waiting += _requirements(distribution(one))
    return found


def _requirements(installed: Distribution) -> Iterator[str]:
    for text in installed.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name.lower().replace("_", "-")


def megabytes(name: str) -> float:
    """Size on disk of an installed distribution, MB."""
    installed = distribution(name)
    paths = (Path(str(installed.locate_file(file))) for file in installed.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def own_megabytes() -> float:
    """Size of divecast itself, which may be installed as a link to the working tree, MB."""
    import divecast

    folder = Path(divecast.__file__).parent
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def report_time(runs: int) -> dict[str, float]:
    """Print and return the seconds that torch and divecast take to import, by module."""
    seconds_to_import("divecast")  # fills the file cache and writes the byte code
    pairs = [(seconds_to_import("torch"), seconds_to_import("divecast")) for _ in range(runs)]
    torch, divecast = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"import torch     {torch:.2f} s   (median of {runs})")
    print(f"import divecast  {divecast:.2f} s")
    print(f"beyond torch     {divecast - torch:.2f} s   (at most {LIMIT_SECONDS} s wanted)")
    return {"torch": round(torch, 3), "divecast": round(divecast, 3)}


def report_size() -> dict[str, float]:
    """Print and return the sizes of what a core install has beyond torch and its needs, MB, by distribution."""
    torch = frozenset(needed_by("torch"))
    sizes = {name: megabytes(name) for name in needed_by("divecast", torch) - {"divecast"}}
    sizes["divecast"] = own_megabytes()
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        print(f"{size:8.1f} MB  {name}")
    total = sum(sizes.values())
    print(f"{total:8.1f} MB  beyond torch (at most {LIMIT_MB} MB wanted)")
    print(f"{total - sizes.get('numpy', 0.0):8.1f} MB  of it beside numpy, which torch uses but does not require")
    return {name: round(size, 1) for name, size in sorted(sizes.items())}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9, help="imports of each")
    parser.add_argument("--out", type=Path, help="file to add a JSON line to")
    args = parser.parse_args()
    seconds = report_time(args.runs)
    try:
        sizes = report_size()
    except PackageNotFoundError as error:
        print(f"size not measured: {error} is not installed", file=sys.stderr)
        return 2
    if args.out:
        found = {"runs": args.runs, "seconds": seconds, "mb": sizes, "python": platform.python_version()}
        append_line(args.out, json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
