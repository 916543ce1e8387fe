"""What becomes of a damaged model, checkpoint or store, and of one that a stranger made to do harm?

    python -m research.reliability.damage --n 1000

Saved files are changed at random, `--n` times each kind of file, and read and used. An accident leaves the checksum as
it was; a stranger makes it right again. Each has to be refused with an error of divecast, or to be what it says: an
accident's file equal to the one before it, a stranger's saying again, saved anew, all that it said. Forked processes
read them, so that one that dies is seen; peak memory is compared with that of the whole file, and calls that would run
or fetch something are watched. Each kind of change adds a JSON line to damage.jsonl.
"""

import argparse
import contextlib
import ctypes
import gc
import hashlib
import json
import os
import random
import resource
import signal
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from divecast import CodeConfig, DecoderConfig, DeepDIVE, EncoderConfig, ModelConfig, Panel, TrainingConfig
from divecast.data import open_store, write_store
from divecast.errors import DivecastError
from divecast.train import EpochRecord
from research.common import append_line
from research.reliability.mutations import Mutation, accident, document, header, opened, store_header, tensors

OUT = Path(__file__).with_suffix(".jsonl")
BATCH = 50  # files a forked process reads
SECONDS = 30  # a file may take
FUSE = 1 << 30  # bytes of address space beyond what there is: what asks for more fails, and is seen
SLACK = 1 << 20  # bytes by which one and the same file differs from time to time
CALLS = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "socket.connect", "pickle.find_class")
SMALL = ModelConfig(
    EncoderConfig(n_mixtures=4, time_features=8, width=16),
    CodeConfig(n_conditional=3, prior="pairs"),
    DecoderConfig(token_width=16, n_heads=2, n_loadings=4, width=16, depth=1, channel_features=4),
)

Said = Mapping[str, Any]
"""What a file says, flat: the value at each path, tensors by their checksum."""


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of file.

    Attributes:
        name: what it is.
        files: its content, by name.
        use: reads and uses what lies in a folder, and returns what that says.
        claims: what files say that are signed; nothing where that is not to be had again.
        changes: ways to damage it.
    """

    name: str
    files: Mapping[str, bytes]
    use: Callable[[Path], Said]
    claims: Callable[[Mapping[str, bytes]], Said]
    changes: Sequence[Callable[[random.Random], Mutation]]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one.

    Attributes:
        target: kind of file.
        kind: what was done.
        end: "refused", "the same", "as it says", or what went wrong.
        memory: peak, as a multiple of the whole file's.
        about: the error, if any.
    """

    target: str
    kind: str
    end: str
    memory: float
    about: str = ""


GOOD = ("refused", "the same", "as it says")


def panel(rows: int = 24 * 7 * 5, n_channels: int = 6) -> Panel:
    """Return an hourly panel with a day and a week in it."""
    draw, row = np.random.default_rng(0), np.arange(rows)[:, None]
    day = np.cos(2 * np.pi * row / 24 + draw.uniform(0, 6, n_channels)) * (1 + (row // 24 % 7 >= 5))
    values = 5 + day + 0.2 * draw.normal(size=(rows, n_channels))
    return Panel.from_array(
        values.astype(np.float32), "2024-01-01", "1h", [f"c{i}" for i in range(n_channels)], "Europe/Berlin"
    )


def new_model(epochs: int = 2, sizes: ModelConfig = SMALL) -> DeepDIVE:
    return DeepDIVE(
        6, 24, ["hour", "weekend"], model=sizes, training=TrainingConfig(epochs=epochs, window_stride=5), seed=3
    )


def targets(folder: Path, large: bool) -> dict[str, Target]:
    """Return a model (of the usual size or small), a checkpoint in the midst of a fit, and a store."""
    data = panel()
    made = [_model(folder, data, ModelConfig() if large else SMALL), _checkpoint(folder, data), _store(folder, data)]
    return {target.name: target for target in made}


def _model(folder: Path, data: Panel, sizes: ModelConfig) -> Target:
    new_model(1, sizes).fit(data, progress=False).save(folder / "model")
    content = (folder / "model").read_bytes()

    def use(place: Path) -> Said:
        model = DeepDIVE.load(place / "model")
        with contextlib.suppress(DivecastError):  # a stranger's model may not fit these data
            model.forecast(data)
            model.encode(data.rows(0, 40))
            model.sample(1)
            model.info()
        model.save(place / "again")
        return _artifact({"model": (place / "again").read_bytes()})

    return Target("model", {"model": content}, use, _artifact, _of_artifact("model", content))


class _Stop:
    def on_start(self, step: int, n_steps: int) -> None:
        pass

    def on_step(self, step: int, _terms: Mapping[str, float]) -> None:
        if step == 5:
            os.kill(os.getpid(), signal.SIGINT)

    def on_epoch(self, record: EpochRecord) -> None:
        pass

    def on_end(self) -> None:
        pass


def _checkpoint(folder: Path, data: Panel) -> Target:
    path = folder / "checkpoint"
    with contextlib.suppress(KeyboardInterrupt):
        new_model().fit(data, checkpoint=path, callbacks=[_Stop()], progress=False)

    def use(place: Path) -> Said:
        model = new_model().fit(data, checkpoint=place / "checkpoint", resume=True, progress=False)
        return {name: _sha(value) for name, value in model.fitted_model.network.state_dict().items()}

    content = path.read_bytes()
    return Target("checkpoint", {"checkpoint": content}, use, lambda _: {}, _of_artifact("checkpoint", content))


def _store(folder: Path, data: Panel) -> Target:
    path = write_store(
        folder / "store", [np.asarray(data.values)], data.channels, data.clock.start, "1h", data.clock.tz
    )
    files = {file.name: file.read_bytes() for file in sorted(path.iterdir())}
    values = next(name for name in files if name != "store.json")

    def use(place: Path) -> Said:
        found = open_store(place)
        found.clock.local(np.arange(found.clock.length))
        return _flat({"channels": list(found.channels), "clock": found.clock.to_dict()}) | {
            "fingerprint": found.fingerprint(),
        }

    def claims(found: Mapping[str, bytes]) -> Said:
        said = json.loads(found["store.json"])
        return _flat({name: said[name] for name in ("channels", "clock")})

    changes = [
        *(partial(accident, name, files[name]) for name in files),
        partial(store_header, files["store.json"], files[values]),
        partial(store_header, files["store.json"], files[values]),
    ]
    return Target("store", files, use, claims, changes)


def _of_artifact(name: str, content: bytes) -> list[Callable[[random.Random], Mutation]]:
    ways = (accident, header, tensors, document, document)  # what a stranger says is more various
    return [partial(way, name, content) for way in ways]


def _artifact(found: Mapping[str, bytes]) -> Said:
    text, values = opened(next(iter(found.values())))
    return _flat(json.loads(text)["body"]) | {name: _sha(value) for name, value in values.items()}


def _sha(value: torch.Tensor) -> str:
    return hashlib.sha256(f"{value.shape}{value.dtype}".encode() + value.contiguous().numpy().tobytes()).hexdigest()


def _flat(found: Any, place: str = "") -> dict[str, Any]:
    if not isinstance(found, dict | list) or not found:
        return {place: found}
    inner = found.items() if isinstance(found, dict) else enumerate(found)
    return {key: value for name, part in inner for key, value in _flat(part, f"{place}/{name}").items()}


def outcome(target: Target, honest: Said, mutation: Mutation, folder: Path) -> tuple[str, str]:
    """Put the damaged file in place, use it, and return how that ended, and the error."""
    files = {**target.files, mutation.file: mutation.content}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    try:
        said = target.use(folder)
    except DivecastError as error:
        chain = [error, error.__cause__]
        short = any(isinstance(one, MemoryError) or "allocate" in str(one) for one in chain)
        return "asked for too much memory" if short else "refused", str(error)
    except BaseException as error:  # that is what is looked for
        return f"{type(error).__name__}", f"{error}"[:300]
    if said == honest:
        return "the same", ""
    if not mutation.signed:
        return "another model than was saved", ""
    lost = {key for key, value in target.claims(files).items() if key not in said or said[key] != value}
    return ("as it says", "") if not lost else ("says other things than its file", f"{sorted(lost)[:3]}")


def peak(run: Callable[[], Any]) -> tuple[Any, int]:
    """Return what a call returns and how far resident memory rose meanwhile, bytes."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before = _resident("VmRSS")
    return run(), _resident("VmHWM") - before


def _resident(name: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


def _guarded(target: Target, honest: Said, mutations: Sequence[Mutation], folder: Path, send: int) -> None:
    """Read files one by one in this process, and send a line for each."""
    seen: list[str] = []
    sys.addaudithook(lambda event, _: seen.append(event) if event in CALLS else None)
    whole = Mutation("", next(iter(target.files)), next(iter(target.files.values())), signed=False)
    usual = [peak(lambda: outcome(target, honest, whole, folder))[1] for _ in range(3)][-1] + SLACK  # once all is warm
    resource.setrlimit(resource.RLIMIT_AS, (_resident("VmSize") + FUSE, resource.RLIM_INFINITY))
    for mutation in mutations:
        signal.alarm(SECONDS)
        seen.clear()
        (end, about), used = peak(partial(outcome, target, honest, mutation, folder))
        signal.alarm(0)
        memory = used / usual
        if end in GOOD and (seen or Path("ran").exists()):
            end, about = "ran something", f"{seen}"
        if end in GOOD and memory > 2:
            end, about = "took too much memory", f"{used} bytes, {usual} for the whole file; {about}"
        result = Result(target.name, mutation.kind, end, round(memory, 3), about)
        os.write(send, f"{json.dumps(asdict(result))}\n".encode())


def survive(target: Target, honest: Said, mutations: Sequence[Mutation]) -> Iterator[Result]:
    """Read damaged files in forked processes; one that dies is told of, and the others are read by the next."""
    left = list(mutations)
    while left:
        with tempfile.TemporaryDirectory() as name, tempfile.TemporaryFile() as lines:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of threads, which are at rest
                child = os.fork()
            if not child:
                os.chdir(name)
                gc.freeze()  # collections look at what is made from here on
                warnings.simplefilter("ignore")
                _guarded(target, honest, left[:BATCH], Path(name), lines.fileno())
                os._exit(0)
            _, status = os.waitpid(child, 0)
            lines.seek(0)
            found = [Result(**json.loads(line)) for line in lines.read().decode().splitlines()]
        yield from found
        if status:
            yield Result(target.name, left[len(found)].kind, f"the process died ({status})", 0.0)
        left = left[len(found) + bool(status) :]


def damaged(target: Target, n: int, seed: int = 0) -> list[Mutation]:
    """Return ``n`` damaged files."""
    draw = random.Random(seed)  # noqa: S311  no secret
    return [draw.choice(target.changes)(draw) for _ in range(n)]


def section(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return the Markdown of the latest run."""
    last = [line for line in lines if line["run"] == lines[-1]["run"]]
    wrong = sum(line["wrong"] for line in last)
    most = max(line["memory"] for line in last)
    rows = [
        f"| {line['target']} | {line['kind']} | {line['n']:,} | "
        + " | ".join(f"{line['ends'].get(end, 0):,}" for end in GOOD)
        + f" | {line['memory']:.1f} |"
        for line in last
    ]
    command = f"python -m research.reliability.damage --n {lines[-1]['asked']}"
    return f"""## Damage

`{command}` changes saved files at random: {sum(line["n"] for line in last):,} in all. *Signed* changes are
those of an attacker who corrects the checksum; the others are accidents. A file must be refused with an error of
divecast, or load the same as before, or load as what it declares: saved again, it declares the same.

Other outcomes (another error, another model, a dead process, a call that runs or fetches something, more than twice the
memory of the intact file): **{wrong}**. Highest memory, relative to reading and using the intact
file: {most:.1f}.

| file | change | times | refused | the same | as declared | highest memory |
|---|---|--:|--:|--:|--:|--:|
{chr(10).join(rows)}
"""


def summaries(results: Sequence[Result]) -> Iterator[dict[str, Any]]:
    """Yield the line of each kind of file and change."""
    for target, kind in sorted({(one.target, one.kind) for one in results}):
        some = [one for one in results if (one.target, one.kind) == (target, kind)]
        ends = Counter(one.end for one in some)
        yield {
            "target": target,
            "kind": kind,
            "n": len(some),
            "ends": dict(ends),
            "wrong": sum(n for end, n in ends.items() if end not in GOOD),
            "memory": max(one.memory for one in some),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1000, help="damaged files of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="model, checkpoint or store")
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    results = []
    with tempfile.TemporaryDirectory() as name:
        for target in targets(Path(name), large=True).values():
            if asked.only in (None, target.name):
                place = Path(name) / f"whole {target.name}"
                place.mkdir()
                for file, content in target.files.items():
                    (place / file).write_bytes(content)
                for one in survive(target, target.use(place), damaged(target, asked.n, asked.seed)):
                    results.append(one)
                    if one.end not in GOOD:
                        print(one)
    run = os.urandom(4).hex()
    for line in summaries(results):
        append_line(asked.out, json.dumps({"run": run, "asked": asked.n, **line}))
        print(line)


if __name__ == "__main__":
    main()
