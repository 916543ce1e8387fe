"""``python -m research.paper``: what it prints, and its exit codes; the runs themselves are stood in for."""

import json
from dataclasses import dataclass

import pytest

from divecast.jobs import workers
from divecast.jobs.contract import Outcome
from research.paper import runs
from research.paper.__main__ import main
from studies.lines import record
from studies.small import hours_case


@pytest.fixture
def stood_in(monkeypatch):
    """Runs that are made by hand at once; those of arm b fail."""

    def run_jobs(jobs, work, n_workers):
        for job in jobs:
            if job.arm != "b":
                record(job.arm, job.seed, "motion").write(job.file)
            yield Outcome(job, "no such luck\nTraceback" if job.arm == "b" else None)

    monkeypatch.setattr(runs, "load_case", hours_case)
    monkeypatch.setattr(workers, "run_jobs", run_jobs)
    monkeypatch.setattr(runs, "asked_of", lambda *_: {})
    runs._load.cache_clear()
    yield
    runs._load.cache_clear()


@dataclass(frozen=True)
class Result:
    """What the command printed."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def run(capsys):
    def call(*arguments):
        code = main(arguments)
        return Result(code, *capsys.readouterr())

    return call


def test_help_shows_an_example(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    text = capsys.readouterr().out
    assert "python -m research.paper motion --quick" in text
    assert 'pip install "divecast[science]"' in text


def test_it_tells_each_run_and_where_the_page_is(run, stood_in, tmp_path):
    result = run("motion", "--arm", "full", "--arm", "a", "--runs", "2", "--out", tmp_path)
    assert result.code == 0
    told = result.err.splitlines()
    assert [line.split(",")[0] for line in told] == [
        "1/4 motion full seed 0 done", "2/4 motion a seed 0 done",
        "3/4 motion full seed 1 done", "4/4 motion a seed 1 done",
    ]  # fmt: skip
    assert told[-1].endswith("0 s left")
    assert str(tmp_path / "report.md") in result.out
    assert "`a` | 2 |" in (tmp_path / "report.md").read_text()


def test_a_failing_run_is_told_at_the_end_and_tried_again(run, stood_in, tmp_path):
    arguments = ("motion", "--arm", "a", "--arm", "b", "--runs", "1", "--out", tmp_path, "--json")
    for todo in (2, 1):
        result = run(*arguments)
        assert result.code == 1
        assert f"{todo}/{todo} motion b seed 0 FAILED" in result.err
        assert result.err.splitlines()[-3:] == [
            "No `full` run, so no comparison and no figures.",
            "failed: motion b 0: no such luck",
            "1 runs failed; the same command tries them again",
        ]
        assert result.json["failed"] == [{"arm": "b", "seed": 0, "error": "no such luck\nTraceback"}]
        assert result.json["runs"] == 1


def test_quick_is_few_arms_twice(run, stood_in, tmp_path):
    result = run("motion", "--quick", "--out", tmp_path, "--json")
    assert (result.code, result.json["runs"]) == (0, 8)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["weather"], "expected one of the cases eia, electricity"),
        (["motion", "--arm", "ful"], "expected one of the arms full, a, b"),
        (["motion", "--runs", "0"], "runs must be a whole number >= 1"),
        (["motion", "--workers", "0"], "workers must be a whole number >= 1"),
        (["eia"], "needs its data"),
        (["eia", "--data", "nowhere"], "nowhere"),
        (["motion", "--data", "nowhere"], "motion ships with the package; leave --data out"),
    ],
)
def test_mistakes_are_one_line(run, tmp_path, arguments, told):
    result = run(*arguments, "--out", tmp_path)
    assert result.code == 2
    assert told in result.err
    assert len(result.err.splitlines()) == 1
