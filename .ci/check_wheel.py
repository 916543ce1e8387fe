"""Check that a wheel holds the code, the data with its licences and the metadata, and nothing else."""

import email
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOT_SHIPPED = ("research", "tests", "docs", "examples", "scripts")


def expected_files() -> set[str]:
    """Every file of the package in the working tree, as the wheel names it."""
    package = ROOT / "src" / "divecast"
    files = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT / "src").as_posix() for path in files}


def check(wheel: Path) -> list[str]:
    """What is wrong with the wheel; empty when nothing is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        info = next(name for name in names if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(info))
        entry_points = archive.read(info.replace("METADATA", "entry_points.txt")).decode()
    code = {name for name in names if ".dist-info/" not in name}
    faults = [f"missing: {name}" for name in sorted(expected_files() - code)]
    faults += [f"not of the package: {name}" for name in sorted(code - expected_files())]
    faults += [f"not to be shipped: {name}" for name in sorted(names) if name.split("/")[0] in NOT_SHIPPED]
    core = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    if sorted(core) != sorted(project["dependencies"]):
        faults.append(f"core dependencies are {core}")
    if (metadata["Version"], metadata["License-Expression"]) != (project["version"], project["license"]):
        faults.append(f"version or licence: {metadata['Version']}, {metadata['License-Expression']}")
    if "divecast = divecast.cli:main" not in entry_points:
        faults.append(f"no divecast command: {entry_points!r}")
    licences = {name.rsplit("/", 1)[-1] for name in names if "/licenses/" in name}
    faults += [f"no {name} among the licences" for name in {"LICENSE", "NOTICE"} - licences]
    return faults


def main() -> int:
    """Check the wheel named on the command line."""
    wheel = Path(sys.argv[1])
    faults = check(wheel)
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"{wheel.name}: {len(expected_files())} files, {wheel.stat().st_size / 1e6:.1f} MB")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
