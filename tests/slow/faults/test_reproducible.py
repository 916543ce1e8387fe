"""Equal seeds give equal bits, other threads nearly equal numbers, and the global random state is nobody's."""

import ast
import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rich.style  # noqa: F401  draws from Python's state when it is first imported
import torch

import divecast
from divecast import DeepDIVE
from divecast._device import own_random_state
from research.reliability.reproducible import RUN_TOLERANCE, RUNS, distance, section
from worlds import fit_hours, fit_moves, hours, moves

PANEL = hours().panel
SHIFTS = replace(
    PANEL, labels={"shift": np.where(np.arange(len(PANEL.values)) % 24 < 12, "early", "late").astype(object)}
)
TESTS = Path(__file__).parents[2]
IN_A_PROCESS = """
import sys, torch
torch.set_num_threads(1)
from slow.faults.test_reproducible import bits, fit_hours
print(bits(fit_hours(epochs=1, seed=5)))
"""


def asked(model: DeepDIVE) -> dict[str, np.ndarray]:
    """What a model gives of every kind."""
    forecast, codes, drawn = model.forecast(PANEL, n_paths=2), model.encode(PANEL, "test"), model.sample(3, seed=1)
    weights = model.fitted_model.network.state_dict()
    return {f"weights {name}": value.numpy() for name, value in weights.items()} | {
        "mean": forecast.mean,
        "quantiles": forecast.quantiles,
        "paths": forecast.paths,
        "a": codes.a_mean,
        "b": codes.b_mean[0],
        "drawn": drawn.y,
    }


def copy_of(model: DeepDIVE, folder: Path) -> DeepDIVE:
    """The same model as another object, which may be changed."""
    model.save(folder / "copy")
    return DeepDIVE.load(folder / "copy")


def bits(model: DeepDIVE) -> int:
    """Of all numbers, put together."""
    return int.from_bytes(b"".join(value.tobytes() for value in asked(model).values()), "little") % (2**127 - 1)


def test_processes_of_one_seed_agree_to_the_bit_and_another_seed_does_not() -> None:
    path = os.pathsep.join([str(TESTS), str(TESTS.parent), str(TESTS.parent / "src")])
    seed = "1" if os.environ.get("PYTHONHASHSEED") == "0" else "0"  # another than this process has
    said = subprocess.run(  # noqa: S603  this very Python
        [sys.executable, "-c", IN_A_PROCESS],
        env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path},
        capture_output=True,
        check=True,
    )
    assert int(said.stdout) == bits(fit_hours(epochs=1, seed=5))
    assert bits(fit_hours(epochs=1, seed=6)) != int(said.stdout)


def test_other_threads_give_nearly_the_same(hours_model: DeepDIVE) -> None:
    one = asked(hours_model)
    try:
        torch.set_num_threads(2)
        two = asked(hours_model)
    finally:
        torch.set_num_threads(1)
    for name in one:
        assert distance(two, one, name) < RUN_TOLERANCE, name


moves_model = cache(fit_moves)
AT = "2024-02-10T05:00"
CALLS: dict[str, Callable[[DeepDIVE, Path], Any]] = {
    "add_factor": lambda model, folder: copy_of(model, folder).add_factor(SHIFTS, "shift"),
    "anomalies": lambda model, _: model.anomalies(PANEL, every=20),
    "check": lambda model, _: model.check(PANEL),
    "compare": lambda *_: moves_model().compare(moves(), "move", group="person"),
    "effects": lambda model, _: model.effects(),
    "encode": lambda model, _: model.encode(PANEL, "test"),
    "evaluate": lambda model, _: model.evaluate(PANEL, every=5),
    "export": lambda model, folder: model.export(folder / "model.pt2"),
    "fit": lambda _, folder: fit_hours(epochs=1),
    "forecast": lambda model, _: model.forecast(PANEL, n_paths=3),
    "forecast_batches": lambda model, _: list(model.forecast_batches(PANEL, start=AT)),
    "fitted_model": lambda model, _: model.fitted_model,
    "from_plan": lambda model, _: DeepDIVE.from_plan(model.plan),
    "get_params": lambda model, _: model.get_params(),
    "history": lambda model, _: model.history,
    "infer_labels": lambda model, _: model.infer_labels(PANEL, "test"),
    "info": lambda model, _: model.info(),
    "is_fitted": lambda model, _: model.is_fitted,
    "load": lambda model, folder: (model.save(folder / "again"), DeepDIVE.load(folder / "again")),
    "narrate": lambda model, _: model.narrate(PANEL, at=AT),
    "observe": lambda model, folder: copy_of(model, folder).observe(hours(weeks=9).panel),
    "plan": lambda model, _: model.plan,
    "recordings": lambda *_: moves_model().recordings(moves()),
    "reconstruct": lambda model, _: model.reconstruct(PANEL, "test"),
    "sample": lambda model, _: model.sample(4, {"hour": "03"}),
    "save": lambda model, folder: model.save(folder / "model"),
    "score": lambda model, _: model.score(PANEL, every=20),
    "set_params": lambda model, _: DeepDIVE.from_plan(model.plan).set_params(seed=1),
    "swap_codes": lambda model, _: model.swap_codes(PANEL, at=AT, other="2024-01-20T17:00"),
    "track_record": lambda model, _: model.track_record(PANEL, most=20),
    "traverse": lambda model, _: model.traverse(PANEL, "a0", at=AT),
    "update": lambda model, folder: copy_of(model, folder).update(hours(weeks=9).panel, progress=False),
    "what_if": lambda model, _: model.what_if(PANEL, factor="hour", to="03", at=AT),
    "why": lambda model, _: model.why(PANEL, at=AT),
}


def states() -> tuple[bytes, str, str]:
    """Of torch, numpy and Python."""
    return torch.get_rng_state().numpy().tobytes(), str(np.random.get_state()), str(random.getstate())  # noqa: NPY002


def test_all_that_a_model_can_be_asked_is_here() -> None:
    elsewhere = {"explore_widget", "from_pretrained", "propose_factor", "push_to_hub", "save_pretrained", "why_values"}
    assert set(CALLS) | elsewhere == {name for name in dir(DeepDIVE) if not name.startswith("_")}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("default::divecast.DataWarning")
def test_the_global_random_state_stays(
    name: str, hours_model: DeepDIVE, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["divecast.fit.add_factor"], "_STEPS", 20)
    before = states()
    CALLS[name](hours_model, tmp_path)
    assert states() == before


def test_a_draw_is_seen_and_one_from_an_own_state_is_not() -> None:
    for draw in (lambda: torch.rand(1), np.random.random, random.random):
        before = states()
        draw()
        assert states() != before
    before = states()
    with own_random_state(3):
        torch.rand(5)
    assert states() == before


def test_no_source_draws_from_the_states_of_numpy_or_python() -> None:
    allowed = {"default_rng", "Generator", "SeedSequence", "PCG64"}
    for path in Path(divecast.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [each.name for each in node.names] + [getattr(node, "module", None)]
                assert not {"random", "numpy.random"} & set(names), path
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np.random", "numpy.random"):
                assert node.attr in allowed, (path, node.lineno)


def test_the_section_says_what_differs() -> None:
    machine = {"values": 10, "same_model": 3e-6, "own_forecast": 0.02, "own_code": 0.03, "machine": "x86_64"}
    lines = [{"threads": threads, "digest": "one" if threads == 1 else "two", **machine} for threads, _ in RUNS]
    assert section(lines).count("equal to the last bit") == 2
    lines[1]["digest"] = "other"
    assert "2 processes with 1 thread: NOT equal" in section(lines)
