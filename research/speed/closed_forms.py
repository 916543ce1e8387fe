"""Seconds of the closed forms that a fit of EIA begins with: effects, and the linear path; lines in closed_forms.jsonl.

    python -m research.speed.closed_forms --data PATH/eia_us_demand_hourly

Seconds are those of the processor, on one thread, of the fit's own calls, on 112 series with hour, weekday and month.
``python -m research.known.page`` has the medians.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import torch

import divecast.fit.stage
from divecast import ByTime, Calendar, DeepDIVE
from divecast.data import split
from research.common import append_line, versions
from research.eia import eia_panel
from research.known.holidays import ZONE

OUT = Path(__file__).with_name("closed_forms.jsonl")
_CALLS = {"fit_effects": "effects", "start_linear": "linear path"}


@contextmanager
def timed(spent: dict[str, float]) -> Iterator[None]:
    """Add to ``spent`` the seconds of each closed form."""

    def wrapped(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **options: Any) -> Any:
            began = time.process_time()
            result = call(*given, **options)
            spent[name] = spent.get(name, 0.0) + time.process_time() - began
            return result

        return run

    with ExitStack() as stack:
        for call, name in _CALLS.items():
            original = getattr(divecast.fit.stage, call)
            stack.enter_context(mock.patch.object(divecast.fit.stage, call, wrapped(name, original)))
        yield


def main() -> int:
    """Measure, and add a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--times", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    panel, factors = eia_panel(arguments.data), [Calendar(name, tz=ZONE) for name in ("hour", "weekday", "month")]
    plan, parts = DeepDIVE(24, 168, factors).plan, split(panel, ByTime(3, 1, 1))
    for _ in range(arguments.times):
        spent: dict[str, float] = {}
        with timed(spent):
            divecast.fit.stage.Stage.of(panel, plan, parts)
        append_line(OUT, json.dumps({"seconds": spent, "versions": versions()}))
        print(spent, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
