"""Latency of the explorer with many clients at once; one JSON line per kind of question in serve_load.jsonl.

    python -m research.speed.serve_load MODEL DATA
    python -m research.speed.serve_load model.safetensors loads --clients 50 --requests 10

Starts ``divecast explore`` on a free port of loopback in a process of its own. Each client, on a connection of its own,
asks one question after another without a pause, each of another window; seconds are from sending to the last byte.
Answers are then compared with what the library gives for the same windows in this process, number by number. What was
sent away (503) is counted and asked again after the time that the server names.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import torch

from divecast import DeepDIVE
from divecast.cli import CommandSettings, data_for
from divecast.data import Panel
from research.common import append_line, machine

OUT = Path(__file__).with_name("serve_load.jsonl")
TOLERANCE = 1e-5  # of the largest value; equal to the bit where both have one thread and one window


@dataclass
class Seen:
    """What the clients saw: for each window the answer, the seconds of each answer, and how often one was sent away."""

    answers: dict[str, Any]
    seconds: list[float]
    sent_away: int = 0


@dataclass(frozen=True)
class Served:
    """The server and its address."""

    process: "subprocess.Popen[str]"
    address: str


def question(kind: str, at: str, factor: str, name: str) -> dict[str, Any]:
    """Return the body of a request."""
    more: dict[str, dict[str, Any]] = {
        "what-if": {"to": {factor: name}},
        "traverse": {"dimension": f"b_{factor}", "positions": [0.0, 1.0]},
    }
    return {"at": [at], **more.get(kind, {})}


async def client(address: str, path: str, bodies: list[dict[str, Any]], seen: Seen) -> None:
    """Ask one question after another."""
    async with httpx.AsyncClient(base_url=address, timeout=120) as http:
        for body in bodies:
            while True:
                began = time.perf_counter()
                response = await http.post(path, json=body)
                if response.status_code != 503:
                    break
                seen.sent_away += 1
                await asyncio.sleep(float(response.headers["retry-after"]))
            seen.seconds.append(time.perf_counter() - began)
            response.raise_for_status()
            seen.answers[body["at"][0]] = response.content


async def all_clients(address: str, path: str, shares: list[list[dict[str, Any]]]) -> tuple[Seen, float]:
    """Let all clients ask at once."""
    seen, began = Seen({}, []), time.perf_counter()
    await asyncio.gather(*(client(address, path, bodies, seen) for bodies in shares))
    return seen, time.perf_counter() - began


def largest_gap(kind: str, model: DeepDIVE, panel: Panel, body: dict[str, Any], content: bytes) -> float:
    """Return how far an answer is from the library's, as a share of the largest value."""
    window, at = json.loads(content)["windows"][0], body["at"][0]
    if kind == "forecast":
        found = model.forecast(panel, start=at, stop=at)
        pairs = [(window["mean"], found.mean[0]), *zip(window["quantiles"], found.quantiles[:, 0], strict=True)]
    elif kind == "what-if":
        changed = model.what_if(panel, at=at, to=body["to"])
        pairs = [(window["difference"], changed.difference[0])]
        pairs += [(window["counterfactual"]["window"], changed.counterfactual_window.mean[0])]
    else:
        moved = model.traverse(panel, body["dimension"], at=at, positions=body["positions"])
        pairs = [(stop["forecast"], moved.forecasts[0, k]) for k, stop in enumerate(window["stops"])]
    least = 1e-30  # where a window is of the class already, there is no difference
    return max(
        float(np.abs(np.array(got).T - wanted).max() / max(np.abs(wanted).max(), least)) for got, wanted in pairs
    )


def start(model: str, data: str) -> Served:
    """Start the server, and wait until it says where it is."""
    command = [sys.executable, "-m", "divecast.cli", "explore", model, data, "--port", "0", "--no-page", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    said = ""
    assert process.stdout is not None  # noqa: S101  asked for above
    while not said.endswith("}\n"):
        line = process.stdout.readline()
        if not line:
            raise SystemExit("the server did not start")
        said += line
    return Served(process, json.loads(said)["address"])


def shares_of(kind: str, panel: Panel, model: DeepDIVE, arguments: argparse.Namespace) -> list[list[dict[str, Any]]]:
    """Return for each client its questions, all of different windows."""
    n, lookback = arguments.clients * arguments.requests, int(model.info()["lookback"])
    rows = np.linspace(lookback, panel.clock.length, n).astype(int)
    stamps = np.char.add(panel.clock.at(rows).astype(str), "+00:00")
    factor, about = next(iter(model.info()["factors"].items()))
    bodies = [
        question(kind, str(at), factor, about["classes"][k % len(about["classes"])]) for k, at in enumerate(stamps)
    ]
    return [bodies[first :: arguments.clients] for first in range(arguments.clients)]


def cpu_seconds(pid: int) -> float:
    """Return what a process has used of the processors, NaN where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(kind: str, served: Served, model: DeepDIVE, panel: Panel, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one kind of question."""
    load, used = os.getloadavg()[0], cpu_seconds(served.process.pid)
    shares = shares_of(kind, panel, model, arguments)
    seen, seconds = asyncio.run(all_clients(served.address, f"/{kind}", shares))
    used = cpu_seconds(served.process.pid) - used
    every = [body for bodies in shares for body in bodies]
    checked = every[:: max(1, len(every) // arguments.checked)]
    gaps = [largest_gap(kind, model, panel, body, seen.answers[body["at"][0]]) for body in checked]
    if max(gaps) > TOLERANCE:
        raise SystemExit(f"{kind}: an answer is off the library's by {max(gaps):.2g} of the largest value")
    p50, p95, p99 = np.percentile(seen.seconds, [50, 95, 99]).round(4).tolist()
    return {
        "kind": kind,
        "clients": arguments.clients,
        "requests": len(seen.seconds),
        "seconds_p50": p50,
        "seconds_p95": p95,
        "seconds_p99": p99,
        "per_second": round(len(seen.seconds) / seconds, 1),
        "cpu_seconds_each": round(used / len(seen.seconds), 4),
        "load_before": round(load, 1),
        "sent_away": seen.sent_away,
        "checked": len(checked),
        "equal_to_the_bit": sum(gap == 0.0 for gap in gaps),
        "largest_gap": max(gaps),
    }


def main() -> None:
    """Measure each kind of question."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data", help="a panel, as the command line takes it")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--requests", type=int, default=10, help="of each client")
    parser.add_argument("--checked", type=int, default=100, help="answers compared with the library's")
    parser.add_argument("--kinds", nargs="+", default=["forecast", "what-if", "traverse"])
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = DeepDIVE.load(Path(arguments.model))
    panel = data_for(model, arguments.data, CommandSettings())
    if not isinstance(panel, Panel):
        raise SystemExit("expected a panel, got recordings")
    served = start(arguments.model, arguments.data)
    try:
        for kind in arguments.kinds:
            line = measured(kind, served, model, panel, arguments)
            about = {
                "data": arguments.data,
                "channels": len(panel.channels),
                "cores": os.cpu_count(),
                "machine": machine(),
            }
            append_line(arguments.out, json.dumps(line | about))
            print(line)
    finally:
        served.process.send_signal(signal.SIGINT)
        served.process.wait(30)


if __name__ == "__main__":
    main()
