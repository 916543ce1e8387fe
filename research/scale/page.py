"""Write the measured sections of docs/scale.md; no number there is typed by hand, other sections are kept.

python -m research.scale.page
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from research.common import read_lines
from research.scale.independent import section as independent_section
from research.scale.long_tables import section as long_section
from research.scale.plan import constants
from research.scale.plan import section as plan_section
from research.scale.ranks import section as ranks_tables
from research.scale.told import section as told_section

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "scale.md"
LIMIT_MIB = 2e9 / 2**20
_HEAD = (
    "series",
    "hours",
    "panel",
    "on",
    "forecasts from",
    "rows",
    "file, MiB",
    "model, MiB",
    "peak, MiB",
    "seconds",
    "CPU seconds",
)


def stream_section(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return what streaming is, and what it took."""
    found = [line for line in lines if not line["ray"]]
    within = [line for line in found if line["peak_mib"] < LIMIT_MIB]
    said = "all stayed" if len(within) == len(found) else f"{len(within)} of {len(found)} stayed"
    rows = [_HEAD, ("---",) * 4 + ("---:",) * 7, *map(_cells, lines)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"""## Forecast more than fits in memory

`divecast forecast` computes one batch of windows at a time and writes it to the file before the next;
the file appears when it is complete, and an existing one is unchanged if anything fails. The data may be a store
(`write_store`, `store_from_parquet`), which is never read whole. A Parquet file with one column per channel that
would take more than half a GiB in memory is converted to a store next to the forecasts while the command runs; files
in the long layout are read whole, unless `store_from_parquet` has made a store of them. In Python:

```python
from divecast import DeepDIVE, open_store
from divecast.data import write_frames

model, panel = DeepDIVE.load("model.safetensors"), open_store("meters.store")
batches = model.forecast_batches(panel, start="2024-01-08", every=24)
write_frames((batch.frame() for batch in batches), "forecasts.parquet")
```

Measured with `python -m research.scale.stream`: a forecast of one day for each day, with five quantiles in the long
layout, Parquet. If the table gives a limit, the fit and the command ran in a control group with that much memory, so
that the panel is larger than all their memory. Of the commands of one process {said} below 2 GB
of resident memory, pages of mapped files and the model included; with Ray the peak is that of the command without its
workers.

{table}

Measured on {lines[-1]["machine"]}, {lines[-1]["threads"]} thread each, beside other work: CPU seconds are more
reliable than seconds.
"""


def ranks_section(lines: Sequence[dict[str, Any]]) -> str:
    """Return what two processes gain, and what each holds."""
    return f"""## Two processes, measured

`python -m research.scale.ranks` on a quiet machine with two hardware threads, possibly of one core. Both columns are
relative to one process; processor time is the sum over all ranks. Rank 0 holds the panel the script created; the other
maps it only. There are no measurements on GPUs: no machine with two was available.

{ranks_tables(lines)}
"""


RAY = """## Ray

`pip install "divecast[ray]"`, then `--ray local` starts Ray on this machine for the duration of the command, and
`--ray ADDRESS` (`auto`, `HOST:PORT` or `ray://HOST:PORT`) connects to a running cluster:

```sh
divecast forecast model.safetensors meters.store --start 2024-01-08 --every 24 --ray auto --out forecasts.parquet
python -m research.paper eia --data PATH/eia_us_demand_hourly --runs 30 --ray auto --out reproduction
divecast backtest meters.store --config settings.toml --folds 12 --ray auto --out backtest
divecast search meters.store --config settings.toml --try 'training.clip=[0.5, 1.0]' --ray auto --out search
```

Each part of the forecasts, run or fit uses one processor and one thread. The results equal those of one process, bit
for bit on equal processors. A job whose worker dies is repeated, at most twice; a worker writes its results
completely or not at all. Forecasts are computed in two parts per processor, in a hidden folder next to the output,
and joined in order into one file. A worker holds the model and a batch: plan for the memory of one process for each.

The machines of a cluster need divecast and the same folders, under the same paths, for model, data and output. Ray does
not control access to folders: use it among machines that trust one another. Its usage report is turned off
(`RAY_USAGE_STATS_ENABLED=0`).

Without `--ray` the fits of the last three run in `--workers N` local processes, with the same results; fits that are
complete are not repeated. For one fit on several machines, see above.
"""


def replaced(page: str, text: str) -> str:
    """Return a page with a section in place of that of the same title, or at its end."""
    title = text.splitlines()[0]
    parts = re.split(r"(?m)^(?=## )", page)
    found = any(part.splitlines()[:1] == [title] for part in parts)
    kept = [f"{text.strip()}\n\n" if part.splitlines()[:1] == [title] else part for part in parts]
    return "".join(kept if found else [*kept, f"\n{text}"]).rstrip() + "\n"


def _cells(line: Mapping[str, Any]) -> list[str]:
    numbers = ("origins", "rows", "out_mib", "model_mib", "peak_mib", "seconds", "cpu_seconds")
    kind = {"store": "store", "parquet": "Parquet"}[line["input"]]
    limit = f", {line['limit_gib']:g} GiB of memory" if line.get("limit_gib") else ""
    place = f"one process{limit}" if not line["ray"] else f"Ray, {line['workers']} workers"
    return [
        f"{line['series']:,}",
        f"{line['hours']:,}",
        f"{kind}, {line['panel_mib']:,} MiB",
        place,
        *(f"{line[name]:,}" for name in numbers),
    ]


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=PAGE)
    out = parser.parse_args().out
    streamed, ranks = (read_lines(HERE / name) for name in ("stream.jsonl", "ranks.jsonl"))
    page = out.read_text(encoding="utf-8") if out.exists() else "# More than one machine, more than memory\n"
    long, independent = (read_lines(HERE / name) for name in ("long_tables.jsonl", "independent.jsonl"))
    measured = [long_section(long), *([independent_section(independent)] if independent else [])]
    if told := read_lines(HERE / "told.jsonl"):
        measured.append(told_section(told))
    for text in (ranks_section(ranks), stream_section(streamed), *measured, RAY, plan_section(constants())):
        page = replaced(page, text)
    out.write_text(page, encoding="utf-8")
    print(out)


if __name__ == "__main__":
    main()
