"""The commands and programs of the pages that tests/slow/test_pages.py does not run, each with the reason.

Every other block of Python and of the shell is run as printed, with short fits. A pattern is matched with the start of
a command, or with the first three lines of a program.
"""

import re

ELSEWHERE = {
    r"make setup": (".ci/run", "make setup"),
    r"make test ": (".ci/run", "make test "),
    r"make docs": (".ci/run", "make docs"),
    r"make lint": (".ci/run", ".venv/bin/lint-imports"),
    r"make demo|\.venv/bin/divecast demo": ("tests/slow/test_demo.py", '"demo", "--quick"'),
    r"make reproduce CASE=motion .*--quick": (".ci/run", "research.paper motion --quick"),
    r"divecast explore": ("tests/cli/test_explore.py", '"divecast.cli", "explore"'),
    r"divecast serve": ("tests/slow/service/serving.py", '"divecast.cli", "serve"'),
    r"divecast mcp": ("tests/slow/agents/test_mcp.py", '"divecast.cli", "mcp"'),
    r"from mcp": ("tests/slow/agents/test_mcp.py", "stdio_client(server)"),
    r".*autolog": ("tests/slow/tools/test_trackers.py", 'autolog("mlflow")'),
    r".*divecast\.mlflow": ("tests/slow/tools/test_trackers.py", "import divecast.mlflow"),
    r".*save_pretrained": ("tests/interfaces/test_hub.py", "save_pretrained("),
    r"from divecast import Between|.* --prune": ("tests/selection/test_study.py", '"prune": True'),
    r"from functools import cache|import dask": ("tests/slow/tools/test_dask.py", '"spark_and_dask.md"'),
    r"schema = ": ("tests/slow/tools/test_dask.py", "test_the_schema_for_spark_is_that_of_the_table"),
    r"torchrun |.* --devices ": ("tests/slow/test_launch.py", '"--devices", "2"'),
    r"divecast .* --ray ": ("tests/slow/test_ray.py", '"--ray", "local"'),
}
"""What another file runs, as printed or with smaller data, and text of that file by which it is known."""
NOT_RUN = {
    r"cd ": "the tests run in a clone already",
    r"\.venv/bin/pre-commit install": "changes the hooks of the clone",
    r"\.ci/run|make test-all": "would run these tests again",
    r"make (format|pages)": "rewrite files of the clone; tests/test_release.py compares the pages with the code",
    r"make audit": "asks public lists of vulnerabilities over the network",
    r"make mutants": "takes hours",
    r"make reproduce": "takes hours, and for EIA needs data that do not ship",
    r"python -m research\.paper eia": "takes hours, and needs data that do not ship",
    r"python -m venv|(\.venv/bin/)?pip ": "download packages; .ci/run installs the wheel into an empty environment",
    r"rattler-build ": "downloads hundreds of conda packages; tests/test_release.py compares the recipe's "
    "requirements with those of the wheel",
    r"docker ": "needs a daemon; no image has been built in the tests",
    r"curl |import httpx": "ask a server that the reader has started, of data of the reader; tests/explorer and "
    "tests/service send the same kinds of requests",
    r"export DIVECAST_TOKEN": "sets a variable of the reader's shell; tests/explorer/test_access.py tests tokens",
    r"import fev": "needs fev, which the environment of the tests lacks; tests/interfaces/test_fev.py runs where it is "
    "installed",
}
"""What no test runs as printed, and why."""


def is_run_here(start: str) -> bool:
    """Return whether tests/slow/test_pages.py has to run a command, or a program, that starts so."""
    return not any(re.match(pattern, start) for pattern in (*ELSEWHERE, *NOT_RUN))
