"""Fill the disk, or make it read-only, under everything divecast writes, and see what is said and what is left.

    python -m research.reliability.disk                      as root, on Linux: it mounts small disks in memory
    python -m research.reliability.disk --only forecast.csv

Each file is written once where there is room. Then, beside that former file, onto a disk with room for nothing, half of
it and all but a page, and onto one that is read-only. A JSON line each goes into disk.jsonl.
"""

import argparse
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from research.common import append_line
from research.reliability.products import Product, contents, products, size
from research.reliability.small_fit import prepare

OUT = Path(__file__).with_suffix(".jsonl")
ALWAYS = ("nothing free", "read-only")
FAULTS = (*ALWAYS, "half free", "all but a page free")

_DISK = 256 << 20
_PAGE = 4096

Line = Mapping[str, Any]


def tried(product: Product, fault: str, disk: Path, whole: Path) -> Line:
    """Write a product beside its former self onto a disk that fails, and say what came of it."""
    place = disk / product.file
    shutil.copytree(whole, place) if whole.is_dir() else shutil.copyfile(whole, place)
    before = contents(disk)
    with _failing(disk, fault, size(whole)) as ignored:
        code, said = product.write(place)
        after, said = contents(disk), [line.replace(f"{disk}/", "").replace(f"{disk}", ".") for line in said]
    strays = sorted({*after} - {*before} - {ignored})
    former = all(after.get(name) == content for name, content in before.items())
    return {"what": product.name, "fault": fault, "code": code, "said": said, "former": former, "strays": strays}


def section(lines: Sequence[Line]) -> str:
    """Return the section of the page on disks."""
    names = list(dict.fromkeys(line["what"] for line in lines))
    good = {name: [_is_good(line) for line in lines if line["what"] == name] for name in names}
    rows = [f"| {name} | {sum(found)} of {len(found)} |" for name, found in good.items()]
    refused, kept, clean = (
        sum(held(line) for line in lines)
        for held in (_is_refused, lambda line: line["former"], lambda line: not line["strays"])
    )
    return "\n".join(
        [
            "## Disk",
            "",
            "`python -m research.reliability.disk`: each product is written next to an existing one onto a disk",
            f"with room for nothing, half of it or all but {_PAGE} bytes, and onto a read-only one.",
            f"Of {len(lines)} attempts {refused} ended with exit code 2 and one line",
            f"(`divecast.errors.ArtifactError` in Python), {kept} left the existing file unchanged, {clean}",
            "left no other files. All three held:",
            "",
            "| written | held |",
            "|---|---:|",
            *rows,
        ]
    )


def _is_refused(line: Line) -> bool:
    return line["code"] == 2 and len(line["said"]) == 1


def _is_good(line: Line) -> bool:
    return _is_refused(line) and line["former"] and not line["strays"]


@contextmanager
def _failing(disk: Path, fault: str, n_bytes: int) -> Iterator[str]:
    """Make a disk fail until the block ends; yield the name of the file that fills it."""
    filler = disk / "filler"
    if fault == "read-only":
        _mount(disk, "remount,ro")
    else:
        room = {"nothing free": 0, "half free": n_bytes // 2, "all but a page free": n_bytes - _PAGE}[fault]
        free = os.statvfs(disk)
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(_PAGE, free.f_bavail * free.f_bsize - room))
    try:
        yield filler.name
    finally:
        if fault == "read-only":
            _mount(disk, "remount,rw")
        filler.unlink(missing_ok=True)


@contextmanager
def _disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    _mount(folder, f"size={_DISK}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)  # noqa: S607
        folder.rmdir()


def _mount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)  # noqa: S607


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", help="a product by its name; repeat for more")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        for product in products(prepare(folder)):
            if given.only and product.name not in given.only:
                continue
            (folder / "whole").mkdir(exist_ok=True)
            whole = folder / "whole" / product.file
            code, said = product.write(whole)
            if code != 0:
                raise RuntimeError(f"{product.name} could not be written at all: {said}")
            for fault in ALWAYS if product.one_by_one else FAULTS:
                with _disk(folder / "disk") as disk:
                    line = json.dumps(tried(product, fault, disk, whole))
                append_line(given.out, line)
                print(line, flush=True)


if __name__ == "__main__":
    main()
