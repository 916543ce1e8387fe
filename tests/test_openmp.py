"""Threads spin briefly, unless the environment says how long."""

import os
import subprocess
import sys

import pytest

VARIABLES = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


@pytest.mark.parametrize(
    ("own", "expected"),
    [({}, "1000 None"), ({"GOMP_SPINCOUNT": "7"}, "7 None"), ({"OMP_WAIT_POLICY": "active"}, "None active")],
)
def test_the_environment_has_the_last_word(own, expected):
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    code = f"import divecast, os; print(*map(os.environ.get, {VARIABLES}))"
    command, environment = [sys.executable, "-c", code], environment | own
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == expected
