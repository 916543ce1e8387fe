"""What may the forecaster know of a, so that it costs no accuracy? EIA, validation part; lines in code_ways.jsonl.

    python benchmarks/code_ways.py --data PATH/eia_us_demand_hourly
    python benchmarks/code_ways.py --data PATH/eia_us_demand_hourly --way noise-1 --seeds 0 1

Each way is a full fit that changes one thing; its line has the RRSE of every third origin of the validation part, at
steps 3, 6, 12 and 24 and their mean. Ways that have a line with the same settings are not run again.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import Any
from unittest import mock

import torch
from lines import append_line, read_lines
from memory import machine
from results import STEPS, eia
from torch import Tensor, nn

import divecast as dc
from divecast.model.network import Network
from divecast.types import Outputs, Prediction

OUT = Path(__file__).with_name("code_ways.jsonl")
FACTORS = tuple(dc.Calendar(name, tz="America/New_York") for name in ("hour", "weekday", "month"))
EVERY = 3

View = Callable[[Tensor], Tensor]


def _same(a: Tensor) -> Tensor:
    return a


def _noisy(spread: float) -> View:
    return lambda a: a + spread * torch.randn_like(a)


def _sometimes(share: float) -> View:
    return lambda a: a * (torch.rand(len(a), 1) < share)


@dataclass(frozen=True)
class Way:
    """A change.

    Attributes:
        learns: from a to what the forecaster is told of it in training.
        told: as ``learns``, when it forecasts.
        gated: whether each dimension of a is told times a weight that is learned from 0.
        levels: whether a is inferred from the channels' means and spreads, too.
        model: sizes.
        losses: weights.
        training: the optimisation.
    """

    learns: View = _same
    told: View = _same
    gated: bool = False
    levels: bool = True
    model: dc.ModelConfig = field(default_factory=dc.ModelConfig)
    losses: dc.LossConfig = field(default_factory=dc.LossConfig)
    training: dc.TrainingConfig = field(default_factory=dc.TrainingConfig)


def _dims(n: int) -> dc.ModelConfig:
    return dc.ModelConfig(code=dc.CodeConfig(n_conditional=n))


WAYS = {
    "full": Way(),
    "b": Way(model=_dims(0)),
    "dims-4": Way(model=_dims(4)),
    "never": Way(torch.zeros_like, torch.zeros_like),
    "detached": Way(Tensor.detach),
    "noise-.3": Way(_noisy(0.3)),
    "noise-1": Way(_noisy(1.0)),
    "noise-3": Way(_noisy(3.0)),
    "half": Way(_sometimes(0.5)),
    "half-then-never": Way(_sometimes(0.5), torch.zeros_like),
    "gated": Way(gated=True),
    "no-levels": Way(levels=False),
    "kl-5": Way(losses=dc.LossConfig(conditional_kl=5.0)),
    "kl-25": Way(losses=dc.LossConfig(conditional_kl=25.0)),
}


class Told(Network):
    """A network whose forecaster is told another a than the decoder."""

    way: Way

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        if self.conditional is not None and not self.way.levels:
            self.conditional.features.level_mixing = None
        self.gate = nn.Parameter(torch.zeros(self.n_conditional)) if self.way.gated else None

    def predict(self, x: Tensor, marginal: Any, sample: bool) -> Prediction:
        """As the network's."""
        found = super().predict(x, marginal, sample)
        return replace(found, forecast=self._forecast(x, found))

    def complete(self, x: Tensor, marginal: Any, sample: bool) -> Outputs:
        """As the network's."""
        found = super().complete(x, marginal, sample)
        return replace(found, forecast=self._forecast(x, found))

    def _forecast(self, x: Tensor, found: Prediction) -> Any:
        view = self.way.learns if self.training else self.way.told
        a = view(found.code.a)
        fused, _ = self.fusion(replace(found.code, a=a if self.gate is None else a * self.gate))
        return self.forecaster(x, fused, found.code.classes)


@contextmanager
def told(way: Way) -> Iterator[None]:
    """Make networks of ``Told`` within the block; of the library's own where the way does not ask for it."""
    if way.learns is _same and way.told is _same and way.levels and not way.gated:
        yield
        return
    with mock.patch("divecast.fitted.Network", type("Told", (Told,), {"way": way})):
        yield


def run(data: Path, name: str, seed: int) -> dict[str, Any]:
    """Fit a way and score it on the validation part."""
    way = WAYS[name]
    case = eia(argparse.Namespace(data=data, epochs=0, block="kind", seed=seed))
    model = dc.DeepDIVE(24, 168, FACTORS, model=way.model, losses=way.losses, training=way.training, seed=seed)
    began = time.process_time()
    with told(way):
        model.fit(case.data, case.split, progress=False)
    seconds = time.process_time() - began
    scores = model.evaluate(case.data, "valid", every=EVERY, baselines=False).scores["DeepDIVE"]
    rrse = [float(scores.rrse[scores.horizon.index(str(step))]) for step in STEPS]
    valid = [round(record.valid["forecast"], 3) for record in model.history.records]
    asked = {"way": name, "seed": seed}
    return {**asked, "rrse": rrse, "mean": fmean(rrse), "fit_core_seconds": round(seconds), "valid": valid} | machine()


def main() -> None:
    """Run the ways that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--way", action="append", choices=WAYS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for name in args.way or WAYS:
        for seed in args.seeds:
            if not any((line["way"], line["seed"]) == (name, seed) for line in read_lines(args.out)):
                append_line(args.out, json.dumps(run(args.data, name, seed)))
    for line in sorted(read_lines(args.out), key=lambda line: line["mean"]):
        print(f"{line['way']:16} seed {line['seed']} {line['mean']:.5f}")


if __name__ == "__main__":
    main()
