"""What the case `electricity` takes with all 321 clients, from a short piece that has them all.

    python -m research.scale.wide --data PATH/lstnet_electricity_pieces/last840h_321clients.csv.gz

Repeats the five weeks of the piece to the length of the full file, writes them in its format, and makes one run of the
full model on it: time and memory are those of the full file, errors mean nothing. One client is at rest in these weeks;
its neighbour stands in. Writes research/scale/wide.json, of which ``research.paper.docs_page`` makes a paragraph.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from divecast import Panel
from research.paper.cases import load_case
from research.paper.electricity import SHAPE
from research.paper.run import run_once

OUT = Path(__file__).with_name("wide.json")


def repeated(piece: Panel) -> np.ndarray:
    """Return the piece as often as fills the full file, (hour, client)."""
    values = piece.values.copy()
    for still in np.flatnonzero(np.ptp(values, axis=0) == 0):
        values[:, still] = values[:, still - 1]
    return np.tile(values, (-(-SHAPE[0] // len(values)), 1))[: SHAPE[0]]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    piece = Panel.read(parser.parse_args().data)
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "electricity.txt"
        np.savetxt(file, repeated(piece), fmt="%d", delimiter=",")
        record = run_once(load_case("electricity", file), "full", 0).record
    found = {"clients": len(piece.channels), "hours": SHAPE[0], **asdict(record.cost)}
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
