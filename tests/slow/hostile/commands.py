"""Attempts on the command line and over HTTP."""

import contextlib
import io
import json
import math
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from divecast.cli import main
from divecast.errors import DivecastError
from slow.hostile.drawn import NAMES, NO_STEPS, floats, names, often, wide
from slow.hostile.models import CHANNELS, HORIZON, LEVELS, LOOKBACK, asked, frame, model, usual
from slow.hostile.reading import written
from slow.hostile.tables import Table

Attempt = Callable[[], None]
INVALID = (
    "",
    "-1",
    "0",
    "nan",
    "1e400",
    "9" * 30,
    "é",
    "<b>",
    "\udcff",
    "a=b",
    "--",
    "../..",
    "2024-02-30",
    "[]",
    "x" * 3000,
)


@cache
def saved(kind: str) -> Path:
    """Return the file of a saved model."""
    path = Path(tempfile.mkdtemp()) / "model.safetensors"
    model(kind).save(path)
    return path


def run(arguments: list[str]) -> str:
    """Run the command and return what it printed.

    Raises:
        DivecastError: the command reported a user error in one line, after warnings and how the table was read.
    """
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    if code == 0:
        return out.getvalue()
    lines = [line for line in err.getvalue().splitlines() if not line.startswith(("warning: ", "Read "))]
    assert code == 2, (code, lines)
    assert not out.getvalue()
    assert len(lines) == 1, lines
    assert lines[0].startswith("divecast: "), lines
    raise DivecastError(lines[0])


VERBS: dict[str, tuple[str, ...]] = {
    "forecast": ("--start", "--stop", "--every", "--level", "--layout", "--labels"),
    "encode": ("--part", "--every"),
    "evaluate": ("--part", "--labels", "--every"),
    "what-if": ("--to", "--at", "--unlabelled-code", "--level", "--windows-out"),
    "traverse": ("--dimension", "--position", "--n", "--span", "--at"),
    "anomalies": ("--subset", "--top", "--every"),
    "why": ("--at", "--rows", "--every"),
    "check": ("--part",),
    "recordings": ("--part", "--every", "--against"),
    "compare": ("--reference", "--to", "--group", "--confidence", "--part"),
    "effects": ("--series",),
    "info": (),
    "nothing": (),
}
READ = ("--time", "--label", "--tz", "--channels", "--recording", "--rate", "--config", "--device", "--out")
RIGHT = {
    "what-if": ["--to", "hour=03", "--unlabelled-code", "kept"],
    "traverse": ["--dimension", "a0"],
    "evaluate": ["--part", "all"],
    "compare": ["--by", "hour"],
}


@st.composite
def command(draw: st.DrawFn) -> Attempt:
    """A command on a file of hostile data, with at most one invalid option."""
    verb, ending = draw(often("forecast", *VERBS)), draw(st.sampled_from([".csv", ".csv.gz", ".parquet"]))
    kind, data = draw(asked().filter(lambda made: made[0] != "moves"))
    table = draw(often(None, 1)) and draw(wide())
    more = draw(
        st.lists(st.tuples(st.sampled_from([*VERBS[verb], *READ]), st.sampled_from(INVALID) | names(NAMES)), max_size=1)
    )
    as_json, place = draw(st.booleans()), draw(often("data", "absent", "folder", "none"))

    def attempt() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"data{ending}"
            if place == "data":
                _write(data() if table is None else table, path)
            arguments = [
                verb,
                str(saved(kind)),
                *([str(path if place != "folder" else folder)] if verb not in ("info", "effects") else []),
            ]
            arguments = arguments[:2] if place == "none" else arguments
            own = (
                ["--out", str(Path(folder) / "out.csv")]
                if verb in ("forecast", "encode", "what-if", "traverse", "recordings", "compare")
                else []
            )
            said = run(
                [
                    *arguments,
                    *RIGHT.get(verb, []),
                    *own,
                    *("--json" for _ in range(as_json)),
                    *(t for pair in more for t in pair if "\x00" not in t),
                ]
            )
            if as_json and said:
                json.loads(said, parse_constant=lambda text: 1 / 0)

    return attempt


def _write(data: Any, path: Path) -> None:
    import gzip

    import narwhals as nw
    from pyarrow import csv, parquet

    if isinstance(data, Table):
        written(data, path)
        return
    arrow = data.values if hasattr(data, "clock") else nw.from_native(data).to_arrow()
    if not hasattr(arrow, "schema"):
        return
    if path.suffix == ".parquet":
        parquet.write_table(arrow, path)
    else:
        with gzip.open(path, "wb") if path.suffix == ".gz" else path.open("wb") as file:
            csv.write_csv(arrow, file)


@cache
def explorer() -> Any:
    """Return the explorer of the hourly model on usual data."""
    from explorer.asking import Asked, explorer_of

    return Asked(explorer_of(model("hourly"), frame(usual(120), "hourly", "pandas")))


NUMBER = often(0.5, None, 1e300, 3e38, 1e30, -1e-320, 0, True, "1", [], math.nan, math.inf, 10**400)
PLACES = often(
    "1969-12-21T00:00", "", "noon", "9999-12-31", None, 5, {"recording": "x", "second": 1}, "\ud800", "x" * 2000
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "at": often(1, 0).flatmap(lambda least: st.lists(PLACES, min_size=least, max_size=2 * least)),
    "channels": st.lists(often(CHANNELS[0], *NAMES, None), min_size=1, max_size=2),
    "labels": often("known", "infer", "odd", None, 1),
    "levels": often(list(LEVELS), [], [0.5, 0.5], [0], [math.nan], [1e-9], ["a"], [0.1] * 30, None),
    "to": often(
        {"hour": "03"}, {}, {"hour": "x"}, {"odd": "x"}, {"hour": None}, [], None, {"hour": "03", "<i>": "\ud800"}
    ),
    "unlabelled_code": often("kept", "adjusted", "odd", None),
    "dimension": often("a0", "b_hour", "b_hour0", "", "a" + "9" * 190, "x", None, 5),
    "positions": st.lists(NUMBER, min_size=1, max_size=3),
    "start": PLACES,
    "stop": PLACES,
    "every": often(1, 0, -1, 10**30, 2.5, None, True),
    "n": often(3, 0, 10**30, None),
    "apart": often(1, 0, 10**30, None),
    "recordings": st.lists(names(), max_size=2),
    "odd": st.just(1),
}
PATHS = {
    "/forecast": ("at", "window", "channels", "labels", "levels"),
    "/encode": ("at", "window"),
    "/what-if": ("at", "window", "channels", "labels", "levels", "unlabelled_code"),
    "/traverse": ("at", "window", "positions", "channels", "unlabelled_code"),
    "/anomalies": ("start", "stop", "recordings", "every", "n", "apart"),
}
NEEDED = {"/what-if": ("to",), "/traverse": ("dimension",)}


@st.composite
def window(draw: st.DrawFn) -> Any:
    """A window to send: usual values with a hostile column or number."""
    columns = {name: usual(LOOKBACK)[:, at].tolist() for at, name in enumerate(CHANNELS)}
    for name in CHANNELS:
        how = draw(often("usual", "odd", "floats", "short", "lacking"))
        if how == "odd":
            columns[name][draw(st.integers(0, LOOKBACK - 1))] = draw(NUMBER)
        if how == "floats":
            columns[name] = draw(floats(LOOKBACK))
        if how == "short":
            columns[name] = columns[name][1:]
        if how == "lacking":
            del columns[name]
    start = draw(
        often("2024-03-30T18:00", "", "noon", "9999-12-31T23:00", "0001-01-01", None, 5, *map(str, NO_STEPS[:2]))
    )
    return draw(often({"values": columns, "start": start}, {}, None, [], {"values": columns}))


@st.composite
def request(draw: st.DrawFn) -> Attempt:
    """A request to the server, with one or two fields that may be invalid, or an invalid body."""
    path = draw(st.sampled_from(list(PATHS)))
    chosen = draw(st.lists(st.sampled_from(PATHS[path]), max_size=2, unique=True))
    given = (*chosen, *NEEDED.get(path, ()), *draw(often((), ("odd",))))
    body: Any = {name: draw(window() if name == "window" else FIELDS[name]) for name in given}
    text = draw(
        often(json.dumps(body), "", "{", "[]", "null", "nan", '{"at": ' + "[" * 5000, '{"at": 1e999}', "\x00", '"é')
    )

    def attempt() -> None:
        answer = explorer().post_text(path, text.encode("utf-8", "replace").decode())
        found = json.loads(answer.text, parse_constant=lambda name: 1 / 0)
        if answer.status_code != 200:
            assert answer.status_code in (400, 413, 422), (answer.status_code, answer.text)
            raise DivecastError(" ".join([found["error"], *(each["message"] for each in found["fields"])]))
        for part in (found, found.get("factual", {}), found.get("counterfactual", {})):
            if "mean" in part:
                mean = np.array(part["mean"], dtype=np.float64)
                assert np.isfinite(mean).all(), mean
                assert HORIZON in mean.shape

    return attempt
