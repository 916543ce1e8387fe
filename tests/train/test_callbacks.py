"""The progress bar as it is drawn on a terminal."""

import io
import re

import pytest
from rich.console import Console

from divecast.train.callbacks import ProgressBar
from divecast.train.history import EpochRecord

TERMS = {
    "forecast": -3512.25,
    "reconstruction": -25841.5,
    "conditional_kl": 123.456,
    "marginal_kl": 12.345,
    "cross_entropy": 3.214,
}
SHOWN = ("forecast -3512", "recon. -25842", "KL a 123", "KL b 12.3", "CE 3.21")


def drawn(width):
    """The lines of a short fit: each as it stands, without colours and movements of the cursor."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    bar = ProgressBar(console)
    bar.on_start(0, 12000)
    bar.on_step(10000, TERMS)
    bar.on_epoch(EpochRecord(11, TERMS, TERMS, 0.0, 351.4))
    bar.on_end()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())
    return [line.rstrip() for line in re.split(r"[\r\n]+", text)]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_loss_term_is_cut_or_broken(width):
    lines = drawn(width)
    assert max(map(len, lines)) <= width
    assert "…" not in "".join(lines)
    for title in ("training:", "epoch 12 (351 s):"):
        at = next(at for at, line in enumerate(lines) if line.startswith(title))
        of_it = "\n".join([lines[at], *(line for line in lines[at + 1 : at + 4] if line.startswith("  "))])
        assert all(term in of_it for term in SHOWN)


def test_at_80_columns_all_terms_and_the_time_left_take_a_line_each():
    lines = drawn(80)
    assert any(line.startswith("training:") and all(term in line for term in SHOWN) for line in lines)
    assert any(line.startswith("epoch 12") and all(term in line for term in SHOWN) for line in lines)
    assert any(re.search(r"10000/12000 +[-\d]+:[-\d:]+$", line) for line in lines)


def test_it_is_drawn_on_stderr(capsys):
    bar = ProgressBar()
    bar.on_start(0, 2)
    bar.on_epoch(EpochRecord(0, TERMS, TERMS, 0.0, 1.0))
    bar.on_end()
    said = capsys.readouterr()
    assert said.out == ""
    assert "epoch 1 (1 s):" in said.err
