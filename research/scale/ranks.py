"""Two processes compared with one: steps per second, and memory of each rank.

Each run fits a seeded panel for some steps and stops; the runs alternate, so that other load on the machine affects all
of them equally. Private memory belongs to one rank, shared memory is mapped together with others.

    .venv/bin/python -m research.scale.ranks --rounds 3 --out research/scale/ranks.jsonl
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from divecast import ByTime, DecoderConfig, DeepDIVE, ModelConfig, Panel, TrainingConfig
from research.common import append_line

_RIDGE = ModelConfig(decoder=DecoderConfig(linear="ridge"))  # a start of seconds
_STRIDE = 35  # shares no divisor with the day
_FIRST = 3  # steps before the clock starts
_WAYS = (("one process", 1), ("two processes", 2))


class _EnoughError(Exception):
    """The run has what it came for."""


class _Meter:
    """Times steps and reads memory, then stops the fit."""

    def __init__(self, steps: int) -> None:
        self.steps, self.seconds = steps, 0.0
        self.memory: list[dict[str, float]] = []

    def on_start(self, step: int, n_steps: int) -> None:  # noqa: ARG002  a callback's
        if n_steps < self.steps + _FIRST:
            raise ValueError(f"expected {self.steps + _FIRST} steps or more, the fit has {n_steps}")

    def on_step(self, step: int, terms: dict[str, float]) -> None:  # noqa: ARG002
        if step == _FIRST:
            self.began, self.busy = time.perf_counter(), sum(map(_seconds, _ranks()))
        if step == _FIRST + self.steps:
            self.seconds = time.perf_counter() - self.began
            self.busy = sum(map(_seconds, _ranks())) - self.busy
            self.memory = [_memory(pid) for pid in _ranks()]
            raise _EnoughError

    def on_epoch(self, record: object) -> None:
        pass

    def on_end(self) -> None:
        pass


def _ranks() -> list[str]:
    """Return the numbers of this process and of those it started (Linux)."""
    children = Path("/proc/self/task").glob("*/children")
    return ["self", *(pid for path in children for pid in path.read_text().split())]


def _seconds(pid: str) -> float:
    """Return the processor time a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", maxsplit=1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: str) -> dict[str, float]:
    """Return MB resident, private and shared of a process (Linux)."""
    rows = [line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]]
    kb = {row[0].rstrip(":"): int(row[1]) for row in rows}
    private = kb["Private_Clean"] + kb["Private_Dirty"]
    return {"resident": kb["Rss"] / 1024, "private": private / 1024, "shared": (kb["Rss"] - private) / 1024}


def _panel(n_channels: int, rows: int) -> Panel:
    draw = np.random.default_rng(0)
    day = np.sin(2 * np.pi * np.arange(rows)[:, None] / 24 + draw.uniform(0, 6, n_channels))
    return Panel.from_array(
        (day + 0.3 * draw.standard_normal((rows, n_channels))).astype(np.float32), "2015-01-01", "1h"
    )


def _run(panel: Panel, way: tuple[str, int], steps: int) -> dict[str, object]:
    name, devices = way
    torch.set_num_threads(devices)  # one for each process
    meter = _Meter(steps)
    model = DeepDIVE(24, 168, ["hour"], model=_RIDGE, training=TrainingConfig(window_stride=_STRIDE))
    with suppress(_EnoughError):
        model.fit(panel, ByTime(3, 1, 1), progress=False, callbacks=[meter], devices=devices)
    data = panel.values.nbytes / 2**20
    return {"way": name, "channels": len(panel.channels), "data_mb": data, "seconds": meter.seconds / steps} | {
        "processor_seconds": meter.busy / steps,
        "ranks_mb": meter.memory,
    }


def section(lines: Sequence[dict[str, Any]]) -> str:
    """Return the figures as Markdown tables."""

    def of(way: str, name: str) -> float:
        return median(line[name] for line in lines if line["way"] == way)

    base = _WAYS[0][0]
    rows = [
        f"| {way} | {of(base, 'seconds') / of(way, 'seconds'):.2f} | "
        f"{of(way, 'processor_seconds') / of(base, 'processor_seconds'):.2f} |"
        for way, *_ in _WAYS
    ]
    last = [line for line in lines if line["way"] == _WAYS[1][0]][-1]
    memory = [
        f"| {rank} | {mb['resident']:.0f} | {mb['private']:.0f} | {mb['shared']:.0f} |"
        for rank, mb in enumerate(last["ranks_mb"])
    ]
    return "\n".join(
        [
            f"| {last['channels']} channels, batch of 128 | steps per second | processor time per step |",
            "|---|---:|---:|",
            *rows,
            f"\n| rank, data of {last['data_mb']:.0f} MB | resident, MB | private, MB | shared, MB |",
            "|---|---:|---:|---:|",
            *memory,
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--channels", type=int, default=200)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--out", type=Path, default=Path("research/scale/ranks.jsonl"))
    given = parser.parse_args()
    panel, lines = _panel(given.channels, given.rows), []
    for _ in range(given.rounds):
        for way in _WAYS:
            lines.append(_run(panel, way, given.steps))
            append_line(given.out, json.dumps(lines[-1]))
    print(section(lines))


if __name__ == "__main__":
    main()
