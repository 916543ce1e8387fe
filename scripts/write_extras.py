"""Write the table of extras into docs/install.md: what each adds to the core, with its size in this environment.

python scripts/write_extras.py

Sizes are of the files of the distributions that are installed here, in MB, beyond those of the core; `make setup`
installs those of most extras.
"""

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "install.md"
BEGIN, END = "<!-- extras: written by scripts/write_extras.py -->", "<!-- end of extras -->"
NOT_FOR_USERS = ("dev",)
PURPOSES = {
    "captum": "attribution of the network's part",
    "dask": "forecasts of tables that are spread over machines",
    "distributed": "fits on several devices",
    "fev": "tasks of the benchmark fev",
    "hierarchy": "forecasts of totals and series that add up",
    "holidays": "factors `holiday:COUNTRY`",
    "hub": "models on the Hugging Face Hub",
    "mcp": "a model served to language models",
    "mlflow": "runs and models in MLflow",
    "notebook": "`explore_widget` in notebooks",
    "onnx": "`export` to ONNX",
    "pandas": "tables of pandas; Excel files also need openpyxl",
    "plot": "figures",
    "polars": "tables of polars",
    "ray": "many fits and forecasts on a cluster",
    "report": "the HTML report",
    "science": "what studies and tutorials need",
    "search": "search for settings by Optuna",
    "serve": "`divecast explore` and `divecast serve`, over HTTP",
    "tensorboard": "runs in TensorBoard",
    "wandb": "runs in Weights & Biases",
}


def closure(requirements: Iterable[str]) -> set[str]:
    """Return the names of the distributions that requirements need here, those that are not installed too."""
    found: set[str] = set()
    waiting = [(Requirement(text), "") for text in requirements]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = _normal(requirement.name)
        if name == "divecast":
            inner = [text for one in requirement.extras for text in extras()[one]]
            waiting += [(Requirement(text), "") for text in inner]
            continue
        found.add(name)
        for one in ("", *requirement.extras):
            if (name, one) not in seen:
                seen.add((name, one))
                waiting += [(Requirement(text), one) for text in _needs(name)]
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _needs(name: str) -> list[str]:
    try:
        return distribution(name).requires or []
    except PackageNotFoundError:
        return []


def megabytes(name: str) -> float:
    """Return the size of the files of a distribution, in MB; raises PackageNotFoundError if it is not installed."""
    installed = distribution(name)
    paths = (Path(str(installed.locate_file(file))) for file in installed.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def project() -> dict[str, list[str]]:
    """Return the table [project] of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def extras() -> dict[str, list[str]]:
    """Return the requirements of each extra."""
    return project()["optional-dependencies"]


def row(name: str, core: set[str]) -> str:
    """Return the line of an extra."""
    added = sorted(closure(extras()[name]) - core)
    try:
        size = f"{sum(map(megabytes, added)):.0f}"
    except PackageNotFoundError as error:
        size = f"not measured: no {error.name} here"
    direct = [Requirement(text) for text in extras()[name]]
    named = ", ".join(
        f"`{one.name}`" if one.name != "divecast" else ", ".join(f"`{extra}`" for extra in sorted(one.extras))
        for one in direct
    )
    return f"| `{name}` | {PURPOSES[name]} | {named} | {len(added)} | {size} |"


def table() -> str:
    """Return the table of all extras, under a line on the core."""
    core = closure(project()["dependencies"])
    torch = closure(["torch"])
    rest = sum(map(megabytes, sorted(core - torch)))
    source = (path for path in (ROOT / "src" / "divecast").rglob("*") if "__pycache__" not in path.parts)
    own = sum(path.stat().st_size for path in source if path.is_file()) / 1e6
    build = distribution("torch").version
    head = (
        f"The core needs {len(core)} packages: torch with what it needs "
        f"({sum(map(megabytes, sorted(torch))):,.0f} MB; {build}) and {rest + own:.0f} MB of others, divecast's own "
        f"{own:.0f} MB included, of which pyarrow takes {megabytes('pyarrow'):.0f} and numpy {megabytes('numpy'):.0f}."
    )
    lines = [row(name, core) for name in sorted(extras()) if name not in NOT_FOR_USERS]
    return "\n".join([head, "", "| extra | for | brings | packages | MB |", "|---|---|---|---:|---:|", *lines])


def page(text: str, body: str) -> str:
    """Return a page with the text between its marks replaced."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{body}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), table()), encoding="utf-8")
    print(PAGE)
