"""The versions that are installed for development are among those that the package allows."""

import tomllib
from pathlib import Path

import pytest

packaging = pytest.importorskip("packaging.requirements")

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def pins() -> dict[str, packaging.Requirement]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    found = [packaging.Requirement(line) for line in lines if not line.startswith("#")]
    return {_name(requirement): requirement for requirement in found}


def _name(requirement: packaging.Requirement) -> str:
    return requirement.name.lower().replace("_", "-")


def test_every_package_of_the_development_environment_has_one_version_that_is_allowed() -> None:
    extras, pinned = PROJECT["optional-dependencies"], pins()
    wanted = [packaging.Requirement(line) for line in [*PROJECT["dependencies"], *extras["dev"]]]
    of_dev = next(requirement.extras for requirement in wanted if requirement.name == "divecast")
    wanted += [packaging.Requirement(line) for name in of_dev for line in extras[name]]
    for requirement in wanted:
        if requirement.name != "divecast":
            (version,) = pinned[_name(requirement)].specifier
            assert version.operator == "=="
            assert requirement.specifier.contains(version.version), (str(requirement), str(version))


def test_versions_are_of_no_build_that_one_index_alone_has() -> None:
    assert [str(pin) for pin in pins().values() if "+" in str(pin.specifier)] == []
