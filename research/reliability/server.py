"""Attack a real explorer on loopback, and check that it keeps running and gives each client its own answer.

    python -m research.reliability.server MODEL DATA
    python -m research.reliability.server model.safetensors loads

Starts ``divecast explore`` in a process of its own. Under each attack an honest client asks once a second; what it gets
is compared with what the library gives in this process, number by number. Then many clients ask at once, each of
another window, and every answer is compared. Then work that ends its thread. Last, who may reach the server. Linux
only, for it looks into /proc. Each attack adds a JSON line to server.jsonl.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import torch

from divecast import DeepDIVE, Panel
from divecast.cli import CommandSettings, data_for
from research.common import append_line
from research.reliability.hostile_clients import Attack, attacks, outcomes
from research.speed.serve_load import largest_gap

OUT = Path(__file__).with_suffix(".jsonl")
SERVER = (sys.executable, "-m", "divecast.cli", "explore")
# Work that ends its thread, as code that calls sys.exit would, on a question that is marked for it.
DYING = """
import sys
from itertools import cycle
from divecast.cli import main
from divecast.explorer.explorer import Explorer
former, ends = Explorer.encode, cycle((SystemExit, StopIteration, KeyboardInterrupt, MemoryError))
def encode(self, question):
    if question.at == ["die"]:
        raise next(ends)
    return former(self, question)
Explorer.encode = encode
sys.argv[0] = "divecast"
main()
"""
SLOWEST = 30.0
"""Seconds within which an honest client must have its answer."""


@dataclass
class Honest:
    """What an honest client got: answers, how many of them equal to the library's, refusals for want of room."""

    answers: int = 0
    equal: int = 0
    busy: int = 0
    slowest: float = 0.0


@dataclass(frozen=True)
class World:
    """The server's model and data, in this process, too."""

    model: DeepDIVE
    panel: Panel
    places: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, model: str, data: str, n: int) -> "World":
        """Read both, and choose as many windows."""
        loaded = DeepDIVE.load(Path(model))
        panel = data_for(loaded, data, CommandSettings())
        if not isinstance(panel, Panel):
            raise SystemExit("expected a panel, got recordings")
        rows = np.linspace(int(loaded.info()["lookback"]), panel.clock.length, n).astype(int)
        return cls(loaded, panel, np.char.add(panel.clock.at(rows).astype(str), "+00:00").tolist())

    def is_equal(self, place: str, content: bytes) -> bool:
        """Tell whether an answer is the library's to the last bit."""
        return largest_gap("forecast", self.model, self.panel, {"at": [place]}, content) == 0.0


@contextmanager
def served(command: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Start a server; give its port and the number of its process."""
    process = subprocess.Popen([*command, "--port", "0", "--no-page", "--json"], stdout=subprocess.PIPE, text=True)
    try:
        said = ""
        while not said.endswith("}\n"):
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise SystemExit("the server did not start")
            said += line
        yield int(httpx.URL(json.loads(said)["address"]).port or 0), process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


async def ask(http: httpx.AsyncClient, world: World, place: str, honest: Honest) -> None:
    """Ask for a forecast until there is room, and compare it."""
    while True:
        began = time.perf_counter()
        response = await http.post("/forecast", json={"at": [place]})
        if response.status_code != 503 or honest.busy > 100_000:
            break
        honest.busy += 1
        await asyncio.sleep(float(response.headers.get("retry-after", "1")))
    honest.slowest = max(honest.slowest, time.perf_counter() - began)
    honest.answers += 1
    honest.equal += response.status_code == 200 and world.is_equal(place, response.content)


def line_of(attack: str, found: Mapping[str, int], right: bool, honest: Honest) -> dict[str, Any]:
    """Return the line of an attack."""
    return {"attack": attack, "clients": sum(found.values()), "outcomes": dict(found), "right": right, **asdict(honest)}


async def under(attack: Attack, world: World, port: int) -> dict[str, Any]:
    """Attack while an honest client asks once a second, and once more afterwards."""
    honest = Honest()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as http:
        attacked = asyncio.ensure_future(outcomes(attack, port))
        for at in range(1000):
            await ask(http, world, world.places[at % len(world.places)], honest)
            if attacked.done():
                break
            await asyncio.wait((attacked,), timeout=1.0)
        await ask(http, world, world.places[-1], honest)
    found = await attacked
    return line_of(attack.name, found, found.keys() <= attack.allowed, honest)


async def at_once(world: World, port: int, n: int) -> dict[str, Any]:
    """Let as many clients ask at once, each of another window."""
    honest = Honest()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=300, limits=limits) as http:
        await asyncio.gather(*(ask(http, world, place, honest) for place in world.places[:n]))
    return line_of("at once", {"200": honest.answers}, honest.answers == n, honest)


async def dying(world: World, port: int) -> dict[str, Any]:
    """Ask what ends the thread that works on it, more often than there are threads, then honestly."""
    honest, found = Honest(), Counter[str]()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as http:
        for _ in range(12):
            response = await http.post("/encode", json={"at": ["die"]})
            found[f"{response.status_code}{'' if 'error' in response.text else ' without a word'}"] += 1
        for place in world.places[:8]:
            await ask(http, world, place, honest)
    return line_of("work that ends its thread", found, found.keys() == {"500"}, honest)


def listened(pid: int) -> list[str]:
    """Return the addresses a process listens on, as /proc has them: 0100007F is 127.0.0.1."""
    sockets = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    found = []
    for table in ("tcp", "tcp6"):
        rows = (line.split() for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:])
        found += [row[1].partition(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets]
    return found


def reach(command: Sequence[str], pid: int) -> dict[str, Any]:
    """See that the server listens on loopback only, and that others are not listened to without a token."""
    found, addresses = Counter[str](), listened(pid)
    quiet = {name: value for name, value in os.environ.items() if name != "DIVECAST_TOKEN"}
    for host in ("0.0.0.0", "::", "192.0.2.7"):  # noqa: S104  to be refused
        asked = [*command, "--host", host]
        ended = subprocess.run(asked, check=False, env=quiet, capture_output=True, timeout=300, text=True)
        found["refused" if ended.returncode == 2 and "--token" in ended.stderr else "let in"] += 1
    right = addresses == ["0100007F"] and set(found) == {"refused"}
    return line_of("another address without a token", found, right, Honest())


def section(lines: Sequence[dict[str, Any]]) -> str:
    """Return the section of docs/reliability.md."""
    newest = {line["attack"]: line for line in lines}.values()
    rows = [
        ["attack", "clients", "outcome", "honest answers meanwhile", "slowest, s"],
        ["---", "---:", "---", "---:", "---:"],
    ]
    for line in newest:
        got = ", ".join(f"{what} ({n})" for what, n in sorted(line["outcomes"].items()))
        rows.append([line["attack"], str(line["clients"]), got, str(line["answers"]), f"{line['slowest']:.1f}"])
    answers, equal = (sum(line[name] for line in newest) for name in ("answers", "equal"))
    wrong = [line["attack"] for line in newest if not line["right"]]
    many = next(line for line in newest if line["attack"] == "at once")
    verdict = f"Wrong outcomes: {', '.join(wrong)}." if wrong else "All outcomes are as they should be."
    return f"""## Server

`python -m research.reliability.server MODEL DATA`: a real `divecast explore` on loopback, with the same model and
data in the process of the script. {verdict} Of {answers} answers to honest clients {equal} equalled the library's
numbers to the last bit, {many["clients"]} of them sent at once, each for another window (503 was returned
{many["busy"]} times, and they retried). No answer contained a file. The server listens on 127.0.0.1 only; any other
address without a token is refused.

{chr(10).join(f"| {' | '.join(row)} |" for row in rows)}

A request head or an answer that takes too long ends the connection (closed); a body gets 408.
"""


def found_by(arguments: argparse.Namespace, world: World) -> Iterator[dict[str, Any]]:
    """Yield the line of each attack."""
    command = [*SERVER, arguments.model, arguments.data]
    dimension = next(iter(world.model.info()["factors"]))
    far = {"at": world.places[:1], "dimension": f"b_{dimension}", "positions": [0.01 * at for at in range(100)]}
    with served(command) as (port, pid):
        body_bytes = httpx.get(f"http://127.0.0.1:{port}/model").json()["limits"]["body_bytes"]
        for attack in attacks(arguments.clients, body_bytes, json.dumps(far).encode()):
            if not arguments.only or attack.name in arguments.only:
                yield asyncio.run(under(attack, world, port))
        yield asyncio.run(at_once(world, port, arguments.at_once))
        yield reach(command, pid)
    with served([sys.executable, "-c", DYING, "explore", arguments.model, arguments.data]) as (port, _):
        yield asyncio.run(dying(world, port))


def main() -> None:
    """Attack in every way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data", help="a panel, as the command line takes it")
    parser.add_argument("--clients", type=int, default=50, help="of an attack")
    parser.add_argument("--at-once", type=int, default=200)
    parser.add_argument("--only", nargs="+", help="attacks by name")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"  # of the server, so that both add in the same order
    right = True
    for line in found_by(arguments, World.read(arguments.model, arguments.data, arguments.at_once)):
        append_line(arguments.out, json.dumps(line))
        print(line, flush=True)
        right &= line["right"] and line["equal"] == line["answers"] and line["slowest"] < SLOWEST
    if not right:
        raise SystemExit("something was not as it should be")


if __name__ == "__main__":
    main()
