"""Kill fits and tables of runs with SIGKILL at random moments, resume them, and compare with uninterrupted ones.

    python -m research.reliability.kill                  100 kills of a fit, 12 of a table
    python -m research.reliability.kill --kills 5 --deaths 2

Each kill and each finished fit or table adds a JSON line to kill.jsonl. Linux only, since it reads /proc.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from research.common import append_line
from research.reliability import killed_fit, killed_reproduction
from research.reliability.small_fit import SmallFit, prepare

OUT = Path(__file__).with_suffix(".jsonl")

_INTRO = """`python -m research.reliability.kill`: processes are ended with SIGKILL, and the same command with
`--resume` is repeated until it completes."""
_LEFT = """What a killed process was writing remains in a hidden folder next to its destination; the next write there
by a process of the same machine removes it. On Windows it remains."""

Line = Mapping[str, Any]


def fits(folder: Path, n: int, generator: np.random.Generator) -> Iterator[Line]:
    """Yield a line for each of n kills, and for each fit that ends."""
    unbroken = _fresh(folder / "unbroken")
    _, seconds = killed_fit.run(unbroken)
    expected = killed_fit.without_times(unbroken.model)
    kills = chains = 0
    while kills < n:
        fit, before = _fresh(folder / f"fit-{chains}"), kills
        for left in killed_fit.chain(fit, (killed_fit.draw_moment(generator, seconds) for _ in range(n - kills))):
            kills += 1
            yield {"of": "fit", "event": "kill", **left}
        chains += 1
        strays = sorted({path.name for path in fit.folder.iterdir()} - {fit.table.name, fit.settings.name})
        equal = killed_fit.without_times(fit.model) == expected
        strays.remove(fit.model.name)
        yield {"of": "fit", "event": "end", "kills": kills - before, "equal": equal, "strays": strays}


def tables(folder: Path, n: int, generator: np.random.Generator) -> Iterator[Line]:
    """Yield a line for each of n deaths, and for each table that ends: two, each broken by half of the deaths."""
    began = time.perf_counter()
    killed_reproduction.run(folder / "unbroken")
    expected, long = killed_reproduction.without_times(folder / "unbroken"), time.perf_counter() - began
    for at, share in enumerate(np.array_split(np.arange(n), max(1, n // 6))):
        out, deaths = folder / f"table-{at}", killed_reproduction.draw_deaths(generator, len(share), 0.7 * long)
        for left in killed_reproduction.broken(out, deaths):
            yield {"of": "table", "event": "kill", **left}
        found = killed_reproduction.without_times(out)
        equal = {name: found[name] == expected[name] for name in expected}
        strays = sorted({*found["files"]} - {*expected["files"]})
        whole = all(equal[name] for name in ("lines", "page", "figures"))
        yield {"of": "table", "event": "end", "kills": len(share), "equal": whole, "strays": strays}


def section(lines: Sequence[Line]) -> str:
    """Return the section of the page on kills."""
    parts = [
        "## Kill",
        _INTRO,
        _on_fits([line for line in lines if line["of"] == "fit"]),
        _on_tables([line for line in lines if line["of"] == "table"]),
        _LEFT,
    ]
    return "\n\n".join(filter(None, parts))


def _on_fits(lines: Sequence[Line]) -> str:
    kills, ends = _split(lines)
    half = Counter(kill["half"] for kill in kills)
    back = sum(kill["went_back"] for kill in kills)
    whole = sum(kill["whole"] for kill in kills)
    return (
        f"**A fit**, with a checkpoint after nearly every step, was killed at {len(kills)} random moments over "
        f"{len(ends)} fits: {half['checkpoint']} while a checkpoint was written, {half['model']} while the model was, "
        f"{half['']} in or between steps. After {whole} of {len(kills)} kills the files were complete or "
        f"absent; {_times(back)} the checkpoint was older than after the kill before. {_equal(ends)} the model of the "
        f"uninterrupted fit bit for bit; {_strays(ends)} in the folder at the end."
    )


def _on_tables(lines: Sequence[Line]) -> str:
    kills, ends = _split(lines)
    if not ends:
        return ""
    who, command = Counter(kill["who"] for kill in kills if kill["who"]), " ".join(killed_reproduction.COMMAND)
    return (
        f"**`python -m research.paper {command}`** was interrupted {who.total()} times over {len(ends)} tables: "
        f"all its processes were killed {_times(who['group'])}, the parent alone {_times(who['parent'])}, "
        f"and one worker, whose run was then repeated at once, {_times(who['worker'])}. {_equal(ends)} the "
        f"lines, page and figures of the uninterrupted table except for times and memory; {_strays(ends)} in the "
        "folder at the end."
    )


def _split(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    kills, ends = ([line for line in lines if line["event"] == event] for event in ("kill", "end"))
    return kills, ends


def _equal(ends: Sequence[Line]) -> str:
    return f"{sum(end['equal'] for end in ends)} of {len(ends)} ended with"


def _strays(ends: Sequence[Line]) -> str:
    n_strays = sum(len(end["strays"]) for end in ends)
    return f"{n_strays or 'no'} stray {'file was' if n_strays == 1 else 'files were'}"


def _times(n: int) -> str:
    return {0: "never", 1: "once"}.get(n, f"{n} times")


def _fresh(folder: Path) -> SmallFit:
    folder.mkdir()
    return prepare(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100, help="of a fit")
    parser.add_argument("--deaths", type=int, default=12, help="of a table")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    for kind, n in ((fits, given.kills), (tables, given.deaths)):
        with TemporaryDirectory() as folder:
            for line in kind(Path(folder), n, np.random.default_rng(given.seed)) if n else ():
                append_line(given.out, json.dumps(line))
                print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
