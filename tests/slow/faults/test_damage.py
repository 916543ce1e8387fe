"""Damaged files are refused or are what they say; and what looks for them sees what would be wrong."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from divecast import DeepDIVE, ModelConfig
from divecast.errors import ArtifactError
from research.reliability.damage import (
    GOOD,
    SMALL,
    Result,
    Target,
    damaged,
    new_model,
    outcome,
    panel,
    section,
    summaries,
    survive,
)
from research.reliability.damage import targets as make_targets
from research.reliability.mutations import Mutation, at, opened, signed

forks = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Target]:
    return make_targets(tmp_path_factory.mktemp("whole"), large=False)


@pytest.fixture(scope="module")
def said(targets: dict[str, Target], tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    found = {}
    for name, target in targets.items():
        folder = tmp_path_factory.mktemp(name)
        for file, content in target.files.items():
            (folder / file).write_bytes(content)
        found[name] = target.use(folder)
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "n"), [("model", 60), ("checkpoint", 15), ("store", 60)])
def test_a_damaged_file_is_refused_or_what_it_says(
    name: str, n: int, targets: dict[str, Target], said: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "place").mkdir()
    for mutation in damaged(targets[name], n, seed=1):
        end, about = outcome(targets[name], said[name], mutation, tmp_path / "place")
        assert end in GOOD, f"{mutation.kind} of {mutation.file}: {end}, {about}"
    assert not (tmp_path / "ran").exists()


def edited(target: Target, path: tuple[str | int, ...], value: object) -> Mutation:
    text, tensors = opened(target.files["model"])
    document = json.loads(text)
    at(document, ("body", *path[:-1]))[path[-1]] = value
    return Mutation("edited", "model", signed(json.dumps(document), tensors), signed=True)


CONFIG = [
    *(("encoder", name) for name in ("n_mixtures", "time_features", "width")),
    *(("code", name) for name in ("n_conditional", "n_harmonics", "n_free")),
    *(("decoder", name) for name in ("token_width", "n_loadings", "width", "depth", "channel_features")),
]


@forks
def test_what_is_declared_is_compared_before_it_is_made(targets: dict[str, Target], said: dict) -> None:
    model = targets["model"]
    huge = [
        edited(model, ("provenance", "plan", "model", *path), 10**9)
        for path in CONFIG
        if path[1] not in ("n_harmonics", "n_free")
    ]
    huge += [edited(model, ("provenance", "plan", name), 10**9) for name in ("lookback", "horizon")]
    huge += [edited(model, ("pairs",), [[0, 1]] * 1000), edited(model, ("levels",), [i * 1e-4 for i in range(1, 9999)])]
    results = list(survive(model, said["model"], huge))
    assert [one.end for one in results] == ["refused"] * len(huge), results


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("provenance", "plan", "model", "encoder", "width"), "16", "document.provenance.plan.model.encoder.width"),
        (("provenance", "plan", "model", "encoder", "wide"), 16, "unknown field 'wide'"),
        (("provenance", "plan", "model", "decoder", "depth"), 10**9, "decoder.depth must be <= 100"),
        (("provenance", "plan", "model", "decoder", "depth"), 2, "network.forecaster"),
        (("provenance", "plan", "horizon"), 7, "expected tensor 'calibration' to be"),
        (("channels", 0), "c1", "'c1'"),
        (("channels",), [], "names of channels"),
        (("vocabularies", 0, "name"), "../../x", "'../../x'"),
        (("vocabularies", 0, "frequencies", 0), -0.1, "frequencies above 0 that sum to 1"),
        (("levels", 0), 0.9, "levels must increase"),
        (("provenance", "plan", "seed"), 2**70, "a seed from 0 to 2"),
        (("provenance", "time_zone"), "../../etc/passwd", "time zone"),
        (("provenance", "plan", "training", "epochs"), "2", "document.provenance.plan.training.epochs"),
        (("provenance", "split", "type"), "Popen", "Popen"),
        (
            ("provenance", "plan", "factors", 0),
            {"type": "Calendar", "name": "holiday", "tz": None, "country": "os"},
            'country such as "DE"',
        ),
    ],
)
def test_a_strangers_document_is_refused_and_says_where(
    path: tuple, value: object, message: str, targets: dict[str, Target], tmp_path: Path
) -> None:
    (tmp_path / "m").write_bytes(edited(targets["model"], path, value).content)
    with pytest.raises(ArtifactError, match="not a valid divecast model") as error:
        DeepDIVE.load(tmp_path / "m")
    assert message in str(error.value)
    assert len(str(error.value)) < 600


def test_a_signed_document_as_it_was_loads(targets: dict[str, Target], tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(edited(targets["model"], ("channels", 0), "c0").content)
    assert DeepDIVE.load(tmp_path / "m").info()["channels"][0] == "c0"


def test_a_checkpoint_of_another_network_is_refused_before_it_is_put_in_place(
    targets: dict[str, Target], tmp_path: Path
) -> None:
    text, tensors = opened(targets["checkpoint"].files["checkpoint"])
    moment = next(name for name in tensors if name.endswith("exp_avg"))
    other = torch.zeros(tensors[moment].numel() + 1)
    for changed in (tensors | {moment: other}, tensors | {"best.other": other}):
        (tmp_path / "c").write_bytes(signed(text, changed))
        with pytest.raises(ArtifactError, match="not a valid divecast checkpoint"):
            new_model().fit(panel(), checkpoint=tmp_path / "c", resume=True, progress=False)


def test_networks_of_all_kinds_are_read_without_memory_first(tmp_path: Path) -> None:
    for code in ({"labels": "given"}, {"labels": "latent"}, {"labels": "merged"}, {"block": "line"}, {"borrow": True}):
        sizes = replace(SMALL, code=replace(SMALL.code, **{"prior": "naive_bayes"} | code))
        assert isinstance(sizes, ModelConfig)
        model = new_model(1, sizes).fit(panel(), progress=False)
        model.save(tmp_path / "m")
        assert (DeepDIVE.load(tmp_path / "m").forecast(panel()).mean == model.forecast(panel()).mean).all()


def _dies(_: Path) -> dict:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def _runs(_: Path) -> dict:
    os.system("true")  # noqa: S605, S607
    return {}


def _asks(_: Path) -> dict:
    bytearray(1 << 40)
    return {}


def _fills(folder: Path) -> dict:
    return {} if (folder / "f").read_bytes() == b"whole" else {"": len(b"x" * (64 << 20)) * 0}


def _raises(_: Path) -> dict:
    raise KeyError("bare")


def _changes(folder: Path) -> dict:
    return {"content": (folder / "f").read_bytes()}


@forks
@pytest.mark.parametrize(
    ("use", "end"),
    [
        (_dies, "the process died"),
        (_runs, "ran something"),
        (_asks, "MemoryError"),
        (_fills, "took too much memory"),
        (_raises, "KeyError"),
        (_changes, "another model than was saved"),
    ],
)
def test_what_looks_for_faults_sees_them(use: Callable[[Path], dict], end: str) -> None:
    target = Target("file", {"f": b"whole"}, use, lambda _: {}, [])
    mutations = [Mutation("none", "f", b"changed", signed=use is _fills)]
    honest = {"content": b"whole"} if use is _changes else {}
    if use is _dies:  # already the whole file does
        target = replace(target, use=lambda folder: _dies(folder) if (folder / "f").read_bytes() != b"whole" else {})
    found = list(survive(target, honest, mutations))
    assert [one.end.startswith(end) for one in found] == [True], found


def test_the_section_counts(targets: dict[str, Target]) -> None:
    some = [Result("model", "cut", end, memory) for end, memory in (("refused", 0.5), ("KeyError", 1.5))]
    lines: Iterator = ({"run": "a", "asked": 2, **line} for line in summaries(some))
    text = section(list(lines))
    assert "| model | cut | 2 | 1 | 0 | 0 | 1.5 |" in text
    assert "**1**" in text
