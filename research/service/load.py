"""Requests per second and latency of ``divecast serve``, one JSON line per setting in load.jsonl.

    python -m research.service.load MODEL DATA
    python -m research.service.load model.safetensors loads --seconds 20 --workers 1 2

Each of the clients, on a connection of its own, sends one request after another without a pause, each with the rows of
another window; clients and server share the cores of this machine. Seconds are from sending to the last byte. With
``--together 1 32`` the service computes requests one by one, or those that wait in one batch. Answers are compared with
the library's. The client writes bytes made before and reads by the length that is told, so that it takes little of the
processor; its share is in the line, too.
"""

import argparse
import asyncio
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from divecast import DeepDIVE
from divecast.cli import CommandSettings, data_for
from divecast.data import Panel
from research.common import append_line, machine

OUT = Path(__file__).with_name("load.jsonl")
TOLERANCE = 1e-5  # of the largest value: the last bits depend on the batch
KINDS = {"json": "application/json", "arrow": "application/vnd.apache.arrow.stream"}


@dataclass(frozen=True)
class Sent:
    """A request as it is sent, and the rows in it."""

    start: int
    message: bytes


@dataclass
class Seen:
    """What the clients saw."""

    seconds: list[float] = field(default_factory=list)
    answers: dict[int, bytes] = field(default_factory=dict)
    refused: int = 0


def requests_of(panel: Panel, lookback: int, kind: str, n: int) -> list[Sent]:
    """Return requests for forecasts of windows that are spread over a panel."""
    starts = np.linspace(0, len(panel.values) - lookback, n).astype(int)
    return [Sent(int(start), message_of(panel.rows(start, start + lookback), kind)) for start in starts]


def table_of(rows: Panel) -> pa.Table:
    """Return the rows as a table."""
    times = np.asarray(rows.clock.local(np.arange(len(rows.values)))).astype("datetime64[s]")
    return pa.table({"time": times, **{name: rows.values[:, place] for place, name in enumerate(rows.channels)}})


def message_of(rows: Panel, kind: str) -> bytes:
    """Return a request for the forecast of rows; the answer has the same format."""
    table, written = table_of(rows), io.BytesIO()
    if kind == "json":
        columns: dict[str, list[Any]] = {"time": [str(each) for each in table["time"].to_numpy()]}
        # As many digits as the data have: Python writes a float32 as the float64 that it is, twice as long.
        columns |= {name: [float(f"{each:.7g}") for each in table[name].to_pylist()] for name in rows.channels}
        body = json.dumps({"rows": columns}).encode()
    else:
        with pa.ipc.new_stream(written, table.schema) as stream:
            stream.write_table(table)
        body = written.getvalue()
    head = (
        f"POST /models/model/forecast HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {KINDS[kind]}\r\n"
        f"Accept: {KINDS[kind]}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def client(port: int, requests: list[Sent], until: float, seen: Seen) -> None:
    """Send one request after another until a time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    number = 0
    while time.perf_counter() < until:
        sent, began = requests[number % len(requests)], time.perf_counter()
        writer.write(sent.message)
        head = await reader.readuntil(b"\r\n\r\n")
        found = re.search(rb"content-length: (\d+)", head)
        assert found is not None  # noqa: S101  the service sends whole bodies
        body = await reader.readexactly(int(found[1]))
        if not head.startswith(b"HTTP/1.1 200"):
            seen.refused += 1
        else:
            seen.seconds.append(time.perf_counter() - began)
            seen.answers[sent.start] = body
        number += 1
    writer.close()


async def all_clients(port: int, requests: list[Sent], n: int, seconds: float) -> Seen:
    """Let all clients send at once."""
    seen, until = Seen(), time.perf_counter() + seconds
    await asyncio.gather(*(client(port, requests[first::n], until, seen) for first in range(n)))
    return seen


def mean_of(answer: bytes, kind: str, shape: tuple[int, int]) -> Any:
    """Return the mean in an answer, (horizon, channel)."""
    if kind == "json":
        return np.array(json.loads(answer)["windows"][0]["mean"]).T
    return pa.ipc.open_stream(answer).read_all()["mean"].to_numpy().reshape(shape[::-1]).T


def largest_gap(model: DeepDIVE, panel: Panel, seen: Seen, kind: str, n: int) -> float:
    """Return how far ``n`` of the answers are from the library's, as a share of the largest value."""
    gaps, lookback = [], model.fitted_model.shape.lookback
    starts = sorted(seen.answers)
    for start in starts[:: max(1, len(starts) // n)]:
        wanted = model.forecast(panel.rows(start, start + lookback)).mean[0]
        found = mean_of(seen.answers[start], kind, wanted.shape)
        gaps.append(float(np.abs(found - wanted).max() / np.abs(wanted).max()))
    return max(gaps)


def cpu_seconds(pids: list[int]) -> float:
    """Return what processes have used of the processors."""
    used = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until_idle(pids: list[int]) -> None:
    """Wait until processes have used nothing of the processors for a second."""
    used = -1.0
    while used < (used := cpu_seconds(pids)):
        time.sleep(1.0)


def measured(arguments: argparse.Namespace, kind: str, workers: int, together: int) -> dict[str, Any]:
    """Return the figures of one setting."""
    model = DeepDIVE.load(Path(arguments.model))
    panel = data_for(model, arguments.data, CommandSettings())
    if not isinstance(panel, Panel):
        raise SystemExit("expected a panel, got recordings")
    requests = requests_of(panel, model.fitted_model.shape.lookback, kind, 20 * arguments.clients)
    command = [sys.executable, "-m", "research.service.server", arguments.model, str(workers), str(together)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None  # noqa: S101  asked for above
        port = int(process.stdout.readline())
        asyncio.run(all_clients(port, requests, 1, 1.0))  # until the first worker has loaded
        pids, load = children_of(process.pid), os.getloadavg()[0]
        wait_until_idle(pids)  # the others have, too
        asyncio.run(all_clients(port, requests, arguments.clients, 3.0))  # they warm up
        used, own, began = cpu_seconds(pids), time.process_time(), time.perf_counter()
        seen = asyncio.run(all_clients(port, requests, arguments.clients, arguments.seconds))
        seconds = time.perf_counter() - began
        used, own = cpu_seconds(pids) - used, time.process_time() - own
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    gap = largest_gap(model, panel, seen, kind, arguments.checked)
    if gap > TOLERANCE:
        raise SystemExit(f"an answer is off the library's by {gap:.2g} of the largest value")
    p50, p95, p99 = np.percentile(seen.seconds, [50, 95, 99]).round(4).tolist()
    return {
        "kind": kind,
        "workers": workers,
        "together": together,
        "clients": arguments.clients,
        "requests": len(seen.seconds),
        "refused": seen.refused,
        "per_second": round(len(seen.seconds) / seconds, 1),
        "seconds_p50": p50,
        "seconds_p95": p95,
        "seconds_p99": p99,
        "server_cpu_ms_each": round(1e3 * used / len(seen.seconds), 2),
        "client_cpu_ms_each": round(1e3 * own / len(seen.seconds), 2),
        "cores_of_server": round(used / seconds, 2),
        "cores_of_client": round(own / seconds, 2),
        "load_before": round(load, 1),
        "largest_gap": gap,
        "channels": len(panel.channels),
        "lookback": model.fitted_model.shape.lookback,
        "horizon": model.fitted_model.shape.horizon,
        "machine": machine(),
    }


def main() -> None:
    """Measure each setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data", help="a panel, as the command line takes it")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--together", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--kinds", nargs="+", choices=[*KINDS], default=[*KINDS])
    parser.add_argument("--checked", type=int, default=40, help="answers compared with the library's")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for kind in arguments.kinds:
        for workers in arguments.workers:
            for together in arguments.together:
                line = measured(arguments, kind, workers, together)
                append_line(arguments.out, json.dumps(line))
                print(line, flush=True)


if __name__ == "__main__":
    main()
