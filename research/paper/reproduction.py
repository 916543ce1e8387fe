"""A whole table: make the runs that are missing, then lines, page and figures from all there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from divecast.errors import ConfigError
from divecast.jobs import JobProgress, track_progress
from divecast.persistence import replacing
from research.paper.arms import ABLATIONS, ARMS, QUICK_ARMS
from research.paper.page import write_page
from research.paper.record import Record
from research.paper.remarks import no_full
from research.paper.runs import RunJob, Table, case_of, make_runs, missing, model_path, read_records

_RUNS, _QUICK_RUNS = 30, 2


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that could not be made; it is tried again by the next call."""

    job: RunJob
    error: str


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A table and where it lies.

    Attributes:
        records: all runs in the folder, of other cases too.
        failures: runs of this call that could not be made.
        lines: the runs, a line of JSON each.
        page: what they say, in Markdown.
        figures: pictures of the case; none where its first full run is not there.
        note: what this table cannot have, such as figures without the full model; empty where it has all.
    """

    records: tuple[Record, ...]
    failures: tuple[Failure, ...]
    lines: Path
    page: Path
    figures: tuple[Path, ...]
    note: str


def reproduce(  # noqa: PLR0913  what to run, on what, and where
    case: str,
    path: str | Path | None = None,
    arms: Sequence[str] = tuple(ARMS),
    runs: int | None = None,
    workers: int = 1,
    out: str | Path = "reproduction",
    quick: bool = False,
    watch: Callable[[JobProgress[RunJob]], None] = lambda _progress: None,
    ray: str | None = None,
) -> Reproduction:
    """Fit every arm of a case many times and compare them; runs that are there already are not made again.

    In a script, call it under ``if __name__ == "__main__"``: the workers are fresh processes that import the script.

    Args:
        case: ``electricity``, ``gait``, ``gait-people``, ``eia`` or ``motion``.
        path: file or folder of the data; ``motion`` needs none.
        arms: names of arms or ablations, ``full`` among them to compare with.
        runs: of each arm, with seeds 0, 1, ...; 30, or 2 if quick.
        workers: processes at once, of one thread each.
        out: folder of runs, lines, page and figures; several cases may share it.
        quick: small data and few passes, to see that all works.
        watch: called after each run.
        ray: address of a Ray cluster that makes the runs instead of processes here, or ``local``; its machines share
            the folders of the data and of ``out``.

    Raises:
        ConfigError: no such case or arm, a number below 1, or the folder holds runs
            of other settings or data.
        DataError: the data are not what the case expects.
        ArtifactError: the folder cannot be written to; runs that ended stay, and lines and page if only figures fail.
    """
    if workers < 1:
        raise ConfigError(f"workers must be a whole number >= 1, got {workers}")
    n_runs = (_QUICK_RUNS if quick else _RUNS) if runs is None else runs
    given = [None if place is None else Path(place) for place in (path, out)]
    if ray is not None:  # its workers are in folders of their own
        given = [place and place.absolute() for place in given]
    table = Table(case, given[0], tuple(arms), n_runs, quick, given[1] or Path())
    failures = _make(table, workers, watch, ray)
    records = read_records(table.out)
    lines, page = table.out / "runs.jsonl", table.out / "report.md"
    with replacing(lines) as temporary:
        temporary.write_text("".join(f"{record.line()}\n" for record in records), encoding="utf-8")
    write_page(records, page, table.out / "figures")
    figures = _draw(table)
    if figures:
        write_page(records, page, table.out / "figures")  # now with links to them
    note = no_full([record for record in records if record.case == case])
    return Reproduction(tuple(records), failures, lines, page, figures, note)


def arms_of(names: Sequence[str] | None, ablations: bool, quick: bool) -> tuple[str, ...]:
    """Return the arms to run: those named, else the usual ones; and the ablations if wanted."""
    usual = QUICK_ARMS if quick else tuple(ARMS)
    return tuple(dict.fromkeys([*(names or usual), *(ABLATIONS if ablations else ())]))


def _make(
    table: Table, workers: int, watch: Callable[[JobProgress[RunJob]], None], ray: str | None
) -> tuple[Failure, ...]:
    jobs = table.jobs()
    case_of(jobs[0])  # say at once what is wrong with the data
    todo = missing(jobs)
    failures = []
    for progress in track_progress(make_runs(todo, workers, ray), len(todo)):
        watch(progress)
        if progress.error is not None:
            failures.append(Failure(progress.job, progress.error))
    return tuple(failures)


def _draw(table: Table) -> tuple[Path, ...]:
    model = model_path(table.out, table.case)
    if not model.is_file():
        return ()
    from research.paper.figures import draw_case

    return draw_case(case_of(table.jobs()[0]), model, table.out / "figures")
