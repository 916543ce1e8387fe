"""What a million series would take, calculated; ``python -m research.scale.page`` writes it into docs/scale.md.

Weights are counted in networks that are built here, operations and memory are taken from research/speed/results.jsonl
and memory.jsonl. What a GPU and its network do is not measured: it is assumed, in ``ASSUMED``, and the page says so.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from divecast.config import ModelConfig, TrainingConfig
from divecast.inference import build_network
from divecast.model import Dimensions
from research.common import read_lines

HERE = Path(__file__).parent
TITLE = "## Plan: a million series"
SERIES, HOURS, TRAIN_SHARE = 1_000_000, 10 * 8766, 3 / 5
LOOKBACK, HORIZON, FACTORS = 168, 24, ((1 / 24,) * 24, (1 / 7,) * 7)
KINDS: tuple[Literal["cyclic"], Literal["cyclic"]] = ("cyclic", "cyclic")
RANKS = (1, 8, 64)
GB, TB, FLOAT = 1e9, 1e12, 4


@dataclass(frozen=True, slots=True)
class Assumed:
    """What was not measured.

    Attributes:
        rate: operations a second of one GPU in this model's steps.
        wire: bytes a second out of one GPU.
        memory: bytes of one GPU.
    """

    rate: float = 10e12
    wire: float = 25e9
    memory: float = 80e9


ASSUMED = Assumed()


@dataclass(frozen=True, slots=True)
class Constants:
    """What was counted or measured.

    Attributes:
        shared: trained weights that do not grow with the channels.
        own: trained weights of a channel.
        linear: weights of a channel's closed-form map, which is not trained in steps.
        operations: of a channel in a window, both players, forward and backward.
        activations: bytes of a channel in a window while a step is made; all that the process held beside libraries
            and model.
        start_seconds: of a channel before the first step, one thread.
    """

    shared: float
    own: float
    linear: float
    operations: float
    activations: float
    start_seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A step and a pass on so many ranks of ``batch`` windows and ``channels`` sampled channels each.

    Attributes:
        memory: bytes of a rank.
        sent: bytes out of a rank in a step.
        steps: of a pass over all windows of the training part.
        computing: seconds of a step on a GPU of the assumed rate.
        sending: seconds of a step on the assumed wire.
    """

    memory: float
    sent: float
    steps: int
    computing: float
    sending: float

    @property
    def step(self) -> float:
        """Seconds of a step."""
        return self.computing + self.sending


def counted() -> tuple[float, float, float]:
    """Return trained weights shared, trained weights of a channel, and weights of its linear map."""

    def sizes(n_channels: int) -> tuple[int, int]:
        dimensions = Dimensions(LOOKBACK, HORIZON, n_channels, KINDS, FACTORS)
        network = build_network(dimensions, ModelConfig(), seed=0)
        trained = sum(weight.numel() for weight in network.parameters())
        return trained, sum(weight.numel() for weight in network.state_dict().values()) - trained

    (few, few_fixed), (more, more_fixed) = sizes(10), sizes(20)
    own = (more - few) / 10
    return few - 10 * own, own, (more_fixed - few_fixed) / 10


def constants() -> Constants:
    """Count and read."""
    speed, wide = _last("speed/results.jsonl"), _last("scale/memory.jsonl")
    training = TrainingConfig()
    windows = wide["batch"] * wide["channels"]
    held = (wide["rest_peak_mib"] - wide["before_mib"] - wide["model_mib"]) * 2**20
    return Constants(
        *counted(),
        operations=speed["gflop_a_step"] * GB / (training.n_batch * speed["series"]),
        activations=held / windows,
        start_seconds=wide["start_seconds"] / wide["series"],
    )


def plan(found: Constants, ranks: int, assumed: Assumed, sharded: bool) -> Plan:
    """Return what a step and a pass take.

    Args:
        found: constants.
        ranks: GPUs.
        assumed: the machine.
        sharded: whether each rank keeps the weights of its own channels only, and sends gradients of shared ones only;
            as it is now, each keeps all and sends all.
    """
    training = TrainingConfig()
    kept = SERIES / ranks if sharded else SERIES
    trained = found.shared + found.own * kept
    windows = training.n_batch * training.channels  # of one channel each, of one rank
    memory = FLOAT * (4 * trained + found.linear * kept) + found.activations * windows
    moved = found.shared if sharded else trained
    sent = 2 * (ranks - 1) / ranks * FLOAT * moved
    steps = math.ceil(HOURS * TRAIN_SHARE / (training.n_batch * ranks))
    return Plan(memory, sent, steps, found.operations * windows / assumed.rate, sent / assumed.wire)


def table(found: Constants, sharded: bool) -> str:
    """Return a row for each number of GPUs."""
    head = (
        "GPUs", "memory per GPU, GB", "sent per GPU and step, MB", "steps per pass", "computing per step, ms (assumed)",
        "sending per step, ms (assumed)", "one pass, s (assumed)", "efficiency (assumed)",
    )  # fmt: skip
    rows = [head, ("---:",) * len(head)]
    for ranks in RANKS:
        made = plan(found, ranks, ASSUMED, sharded)
        rows.append((
            f"{ranks}", f"{made.memory / GB:.1f}", f"{made.sent / 1e6:,.1f}", f"{made.steps:,}",
            f"{1e3 * made.computing:.2f}", f"{1e3 * made.sending:.2f}", f"{made.steps * made.step:.2g}",
            f"{made.computing / made.step:.0%}",
        ))  # fmt: skip
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def section(found: Constants) -> str:
    """Return the section."""
    training, one = TrainingConfig(), plan(found, 1, ASSUMED, sharded=False)
    weights = SERIES * found.own
    few, start = plan(found, RANKS[1], ASSUMED, sharded=False), SERIES * found.start_seconds
    return f"""{TITLE}

Written by `python -m research.scale.page` from `research/scale/plan.py`: a calculation, nothing of it was run.
{SERIES:,} series of {HOURS:,} hours are {SERIES * HOURS * FLOAT / GB:,.0f} GB of float32 in a store; a machine reads
one copy of it through a memory map.

**Counted and measured.** With lookback {LOOKBACK}, horizon {HORIZON} and two factors the network has
{found.shared:,.0f} trained weights shared by all series, {found.own:,.0f} for each series, and {found.linear:,.0f} in
the linear map of each series, which is solved before the first step and then fixed. One series in one window costs
{found.operations / 1e6:.2f} million operations (both players, forward and backward; `research/speed/results.jsonl`,
including the part shared by all series), and at most {found.activations / 1e3:.0f} kB during a step
(`research/scale/memory.jsonl`). The linear start took {1e3 * found.start_seconds:.0f} ms per series on one CPU thread.

**Assumed**, since no GPU was measured: {ASSUMED.rate / TB:g} TFLOP/s in these steps, {ASSUMED.wire / GB:g} GB/s from
each GPU, and {ASSUMED.memory / GB:g} GB of memory in it.

**Formulas.** R GPUs, C series, B = {training.n_batch} windows per GPU and step (a batch of B R), S =
{training.channels} sampled series per step, s shared and c own trained weights, l weights of a linear map, 4 bytes
each:

- memory of a GPU: 4 (4 (s + c C) + l C) + activations B S, where the inner four are weights, gradients and the two
  moments of AdamW
- sent by a GPU in a step: 2 (R - 1) / R x 4 (s + c C), a ring that adds up the gradients of both players
- time of a step: operations B S / rate + sent / wire
- steps of a pass: windows / (B R)

Currently every GPU holds the weights of all series, and the gradients of all of them are summed:

{table(found, sharded=False)}

**Limits.**

- Communication: on {RANKS[1]} GPUs sending takes {few.sending / few.computing:.0f} times as long as computing.
  {FLOAT * weights / GB:.1f} GB of
  gradients of the series' own weights are sent in each step, although only {training.channels} of {SERIES:,} series
  were in the sample. By these assumptions sending takes longer than computing from {_worth(found):,.0f} series on.
- Memory: {one.memory / GB:.0f} GB per GPU, for any number of GPUs, of which {FLOAT * SERIES * found.linear / GB:.0f} GB
  are linear maps; the best weights so far are kept in addition. {ASSUMED.memory / GB:g} GB are full at
  {_most(found) / 1e6:.1f} million series. AdamW reads or writes {7 * FLOAT * weights / GB:.1f} GB of it at each step.
- Samples: all GPUs have the same series in a step, so a pass covers {_seen(1):.0%} of them on one GPU and
  {_seen(RANKS[-1]):.1%} on {RANKS[-1]}; it takes {math.ceil(SERIES / training.channels):,} steps to use each once.
- The linear start: rank 0 computes it alone, in {start / 3600:.1f} hours of one thread.

**A way out**, which is not implemented: shards of series. Each GPU owns C / R of them with their weights, moments and
maps, samples from its own, and sends only the gradients of shared weights. The start is distributed as well,
{start / RANKS[-1] / 60:.0f} minutes on {RANKS[-1]} threads, and on {RANKS[-1]} GPUs each series is used once in
{math.ceil(SERIES / RANKS[-1] / training.channels)} steps. The code of a window is then inferred from the sample of its
rank, as it is now inferred from one sample. By the same formulas:

{table(found, sharded=True)}
"""


def _most(found: Constants) -> float:
    """Return how many series fill the memory of a GPU."""
    training = TrainingConfig()
    left = ASSUMED.memory - 16 * found.shared - found.activations * training.n_batch * training.channels
    return left / (FLOAT * (4 * found.own + found.linear))


def _seen(ranks: int) -> float:
    """Return the share of the series that the samples of a pass show."""
    training = TrainingConfig()
    return min(1.0, math.ceil(HOURS * TRAIN_SHARE / (training.n_batch * ranks)) * training.channels / SERIES)


def _worth(found: Constants) -> float:
    """Return with how many series sending takes as long as computing, on very many GPUs."""
    computing = plan(found, 1, ASSUMED, sharded=True).computing
    return (computing * ASSUMED.wire / (2 * FLOAT) - found.shared) / found.own


def _last(name: str) -> Mapping[str, Any]:
    return read_lines(HERE.parent / name)[-1]
