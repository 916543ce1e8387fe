"""What the scripts of several studies share."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from research import scripts
from selection.here import work_here


@dataclass(frozen=True)
class Job:
    name: str


def fails_for_b(job: Job) -> None:
    if job.name == "b":
        raise ValueError("no such b")


def test_runs_that_fail_are_counted_and_each_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scripts, "run_jobs", work_here)
    assert scripts.make_runs([Job("a"), Job("b")], fails_for_b, 1) == 1
    said = capsys.readouterr().err
    assert "a: done; 1/2, 0 minutes left" in said
    assert "b: failed: ValueError: no such b" in said


def test_options_of_runs_have_the_defaults_of_their_study() -> None:
    parser = scripts.run_parser("Runs.", ("eia", "motion"), 5, Path("lines"))
    scripts.add_arms(parser, ("model", "plain"))
    args = parser.parse_args(["eia", "--arm", "plain"])
    assert (args.case, args.seeds, args.out, args.arm, args.workers, args.quick) == (
        "eia", 5, Path("lines"), ["plain"], 1, False,
    )  # fmt: skip
