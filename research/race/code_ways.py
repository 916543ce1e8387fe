"""What may the forecaster know of a without a loss of accuracy? EIA, validation part; lines in code_ways.jsonl.

    python -m research.race.code_ways --data PATH/eia_us_demand_hourly
    python -m research.race.code_ways --data PATH/eia_us_demand_hourly --way noise-1 --seeds 0 1

Each way is a full fit that changes one thing; its line has the RRSE of every third origin of the validation part, at
steps 3, 6, 12 and 24 and their mean. Ways that have a line with the same settings are not run again.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

import divecast as dc
from divecast.model import Clamped, Dimensions, Fusion, MarginalCode, Network
from divecast.types import Code, Outputs, Prediction
from research.common import append_line, machine, read_lines
from research.results.run import STEPS, eia

OUT = Path(__file__).with_name("code_ways.jsonl")
FACTORS = tuple(dc.Calendar(name, tz="America/New_York") for name in ("hour", "weekday", "month"))
EVERY = 3

View = Callable[[Tensor], Tensor]


def _same(a: Tensor) -> Tensor:
    return a


def _noisy(a: Tensor) -> Tensor:
    return a + torch.randn_like(a)


def _half(a: Tensor) -> Tensor:
    return a * (torch.rand(len(a), 1) < 0.5)


@dataclass(frozen=True)
class Way:
    """A change.

    Attributes:
        words: the change, as the page names it.
        learns: maps a to what the forecaster sees of it in training.
        told: the same when it forecasts.
        own: whether the forecaster has its own fusion of a and b, not shared with the reconstruction.
        gated: whether each dimension of a is multiplied by a weight that is learned and starts at 0.
        apart: whether the gradient of the forecaster is clipped by its own norm, not by that of the whole player.
        levels: whether a is also inferred from the means and spreads of the channels.
        model: sizes.
        losses: weights.
    """

    words: str
    learns: View = _same
    told: View = _same
    own: bool = False
    gated: bool = False
    apart: bool = False
    levels: bool = True
    model: dc.ModelConfig = field(default_factory=dc.ModelConfig)
    losses: dc.LossConfig = field(default_factory=dc.LossConfig)


def _dims(n: int) -> dc.ModelConfig:
    return dc.ModelConfig(code=dc.CodeConfig(n_conditional=n))


WAYS = {
    "full": Way("divecast as it is"),
    "b": Way("arm (b): no a at all", model=_dims(0)),
    "never": Way("the forecaster never reads a", torch.zeros_like, torch.zeros_like),
    "own": Way("the forecaster has its own fusion of a and b", own=True),
    "own-never": Way("it has its own fusion and never reads a", torch.zeros_like, torch.zeros_like, own=True),
    "apart": Way("its gradient is clipped by its own norm", apart=True),
    "gated": Way("each dimension of a has a learned weight that starts at 0", gated=True),
    "half-then-never": Way("half of the training without a, forecasts without a", _half, torch.zeros_like),
    "noise-1": Way("training with noise of the size of the prior added to a", _noisy),
    "no-levels": Way("a is inferred without the channels' means and spreads", levels=False),
    "dims-4": Way("a has 4 dimensions, not 16", model=_dims(4)),
}


class Told(Network):
    """A network whose forecaster sees another a than the decoder."""

    way: Way

    def __init__(self, dimensions: Dimensions, config: dc.ModelConfig) -> None:
        super().__init__(dimensions, config)
        blocks = self.marginal.block_sizes
        self.own = Fusion(self.n_conditional, dimensions.n_classes, blocks, config.decoder) if self.way.own else None
        if self.conditional is not None and not self.way.levels:
            self.conditional.features.level_mixing = None
        self.gate = nn.Parameter(torch.zeros(self.n_conditional)) if self.way.gated else None

        for parameter in self.forecaster.parameters() if self.way.apart else ():
            parameter.apart = True

    def predict(self, x: Tensor, marginal: Clamped, sample: bool) -> Prediction:
        """As the network's."""
        q_a, code, _, attention = self._fuse(x, marginal, sample)
        return Prediction(q_a, code, attention, self._forecast(x, code))

    def complete(self, x: Tensor, marginal: MarginalCode, sample: bool) -> Outputs:
        """As the network's."""
        q_a, code, fused, attention = self._fuse(x, (marginal.b, marginal.classes), sample)
        return Outputs(q_a, code, attention, self._forecast(x, code), marginal.posterior, self.decoder(fused))

    def _forecast(self, x: Tensor, code: Code) -> Any:
        view = self.way.learns if self.training else self.way.told
        a = view(code.a) if self.gate is None else view(code.a) * self.gate
        fused, _ = (self.own or self.fusion)(replace(code, a=a))
        return self.forecaster(x, fused, code.classes)


@contextmanager
def told(way: Way) -> Iterator[None]:
    """Build networks of class ``Told`` within the block."""
    with (
        mock.patch("divecast.inference.fitted_model.Network", type("Told", (Told,), {"way": way})),
        mock.patch("divecast.train.players.nn.utils.clip_grad_norm_", _clip),
    ):
        yield


def _clip(parameters: Sequence[nn.Parameter], most: float) -> None:
    for apart in (True, False):
        clip_grad_norm_([each for each in parameters if getattr(each, "apart", False) == apart], most)


def run(data: Path, name: str, seed: int) -> dict[str, Any]:
    """Fit a way and score it on the validation part."""
    way = WAYS[name]
    case = eia(argparse.Namespace(data=data, epochs=0, block="kind", seed=seed))
    model = dc.DeepDIVE(24, 168, FACTORS, model=way.model, losses=way.losses, seed=seed)
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
