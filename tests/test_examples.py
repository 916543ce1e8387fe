"""Every public class and method has an example in its docstring, and each of them runs."""

import doctest
import importlib
import inspect
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import divecast
from divecast import (
    ByRecording,
    DataWarning,
    DeepDIVE,
    Panel,
    Recordings,
    TrainingConfig,
    datasets,
)
from divecast.jobs import workers
from divecast.results import Comparison, RecordingSummary
from selection.here import work_here
from worlds import SMALL

ROOMS = ("divecast", "divecast.nixtla", "divecast.results", "divecast.plots", "divecast.metrics")
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def methods_of(owner: type) -> Iterator[tuple[str, Any]]:
    """Yield the public functions of a class, those of a base in this package too."""
    for name in dir(owner):
        static = inspect.getattr_static(owner, name)
        function = static.__func__ if isinstance(static, classmethod | staticmethod) else static
        if not name.startswith("_") and inspect.isfunction(function) and function.__module__.startswith("divecast"):
            yield name, function


def is_told(thing: Any) -> bool:
    """Return whether a public thing needs an example: a function, or a class that is no error."""
    return inspect.isfunction(thing) or (inspect.isclass(thing) and not issubclass(thing, Exception))


def public() -> dict[str, Any]:
    """Return all public classes, functions and methods by their full names, each once."""
    found: dict[str, Any] = {}
    for room in ROOMS:
        module = importlib.import_module(room)
        for name, thing in ((name, getattr(module, name)) for name in module.__all__):
            if inspect.ismodule(thing):
                functions = inspect.getmembers(thing, inspect.isfunction)
                own = [(inner, function) for inner, function in functions if function.__module__ == thing.__name__]
                found |= {f"{name}.{inner}": function for inner, function in own if inner[0] != "_"}
            if is_told(thing):
                found[thing.__qualname__] = thing
            if is_told(thing) and inspect.isclass(thing):
                found |= {f"{thing.__qualname__}.{method}": function for method, function in methods_of(thing)}
    return dict(sorted(found.items()))


PUBLIC = public()


@cache
def panel() -> Panel:
    """Ten weeks of four series of the shipped loads."""
    loads = datasets.load("loads")
    return loads.rows(0, 70 * 24).select(loads.channels[:4])


@cache
def recordings() -> Recordings:
    """The shipped recordings."""
    return datasets.load("motion")


@cache
def model() -> DeepDIVE:
    """A model of the panel, fitted in a second or two."""
    training = TrainingConfig(epochs=1, window_stride=5, learning_rate=6e-3, batch_size=64)
    return DeepDIVE(24, 48, ["hour", "weekday"], training=training).fit(panel(), progress=False)


@cache
def motion_model() -> DeepDIVE:
    """A model of the recordings, fitted in some seconds."""
    training = TrainingConfig(epochs=1, window_stride=600, batch_size=64)
    model = DeepDIVE(5, 50, ["exercise", "side"], training=training, model=SMALL)
    return model.fit(recordings(), ByRecording(6, 2, 2, group="subject"), progress=False)


@cache
def summary() -> RecordingSummary:
    """What the model tells of each of the recordings."""
    return motion_model().recordings(recordings(), every=100)


@cache
def comparison() -> Comparison:
    """The two sides compared."""
    return motion_model().compare(recordings(), "side", every=100)


@pytest.fixture(scope="session")
def results_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where backtests and searches find the fits of earlier examples."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture
def names(tmp_path: Path, results_folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What an example may use without saying where it is from."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    monkeypatch.chdir(results_folder)
    monkeypatch.setattr(sys.modules["divecast.fit.add_factor"], "_STEPS", 20)  # what it learns is not looked at
    monkeypatch.setattr(workers, "run_jobs", work_here)  # a process takes seconds to start
    pandas = pytest.importorskip("pandas")
    given = {
        "pandas": pandas,
        "panel": panel(),
        "recordings": recordings(),
        "model": model(),
        "motion_model": motion_model(),
        "summary": summary(),
        "comparison": comparison(),
        "folder": tmp_path,
        "np": np,
    }
    public_names = {name: getattr(divecast, name) for name in divecast.__all__}
    return {**public_names, **given, "replace": replace}


SLOW = ("DeepDIVE.export", "backtest", "search", "Backtest", "Search")
"""How the names of those begin that fit several models or write a graph."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name.startswith(SLOW) else name for name in PUBLIC]
)
def test_it_has_an_example_that_runs(name: str, names: dict[str, Any]) -> None:
    thing = PUBLIC[name]
    text = inspect.getdoc(thing) or ""
    owner = inspect.getmodule(thing)
    scope = {**vars(owner), **names} if owner else names
    example = doctest.DocTestParser().get_doctest(text, scope, name, None, None)
    assert example.examples, f"{name} has no example"
    lines: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # a fit in a second knows few holidays
        failures = doctest.DocTestRunner(optionflags=OPTIONS).run(example, out=lines.append).failed
    import matplotlib.pyplot as plt

    plt.close("all")
    assert not failures, "".join(lines)
