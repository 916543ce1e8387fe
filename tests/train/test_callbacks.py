"""The progress bar on a terminal and elsewhere."""

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
SHOWN = ("forecast -3512", "reconstruction -25842", "KL of a 123", "KL of b 12.3", "label cross-entropy 3.21")
TITLES = ("Training loss:", "Epoch 11 of 12, validation loss -3500, best so far:")


def short_fit(console):
    bar = ProgressBar(console)
    bar.on_start(0, 12000)
    bar.on_step(1, TERMS)
    bar.on_step(11000, TERMS)
    bar.on_epoch(EpochRecord(10, TERMS, TERMS, -3500.0, 351.4))
    bar.on_end()


def drawn(width):
    """The lines of a short fit as they are drawn, without colours and movements of the cursor."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    short_fit(console)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())
    return [line.rstrip() for line in re.split(r"[\r\n]+", text)]


def on_screen(text):
    """The lines left on a terminal, by the movements of the cursor that rich uses."""
    lines, row = [""], 0
    for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
        if piece == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif piece.endswith("A") and piece.startswith("\x1b"):
            row -= int(piece[2:-1] or 1)
        elif piece.startswith("\x1b") and piece.endswith("K"):
            lines[row] = ""
        elif not piece.startswith(("\x1b", "\r")):
            lines[row] += piece
    return [line.rstrip() for line in lines if line.strip()]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_loss_term_is_cut_or_broken(width):
    lines = drawn(width)
    assert max(map(len, lines)) <= max(width, len("Training ended at step 11,000 of 12,000") + 100)
    assert "…" not in "".join(lines)
    for title in TITLES:
        index = next(index for index, line in enumerate(lines) if line.startswith(title))
        block = "\n".join([lines[index], *(line for line in lines[index + 1 : index + 5] if line.startswith("  "))])
        assert all(term in block for term in SHOWN)


def test_step_epoch_and_time_left_are_shown():
    text = "\n".join(drawn(100))
    assert "step 0 of 12,000\n" in text
    assert re.search(r"step 11,000 of 12,000, epoch 11 of 12, \d+ s left", text)


def test_a_line_of_its_own_is_all_that_is_left_beside_the_epochs():
    console = Console(file=io.StringIO(), width=200, force_terminal=True, color_system=None)
    short_fit(console)
    epoch, last = on_screen(console.file.getvalue())
    assert epoch.startswith("Epoch 11 of 12")
    assert re.fullmatch(
        r"Training ended at step 11,000 of 12,000, epoch 11 of 12, after \d+ s; "
        r"lowest validation loss -3500 in epoch 11\.",
        last,
    )
    assert console.file.getvalue().endswith("\n")


def test_a_fit_that_is_interrupted_at_once_leaves_one_line():
    console = Console(file=io.StringIO(), width=200, force_terminal=True, color_system=None)
    bar = ProgressBar(console)
    bar.on_start(3, 100)
    bar.on_step(4, TERMS)
    bar.on_end()
    assert on_screen(console.file.getvalue()) == ["Training ended at step 4 of 100, after 0 s."]


def test_elsewhere_few_plain_lines_are_printed_on_stderr(capsys):
    bar = ProgressBar()
    bar.on_start(0, 300)
    for epoch in range(3):
        for step in range(100):
            bar.on_step(100 * epoch + step + 1, TERMS)
        bar.on_epoch(EpochRecord(epoch, TERMS, TERMS, 3.0 - epoch, 1.0))
    bar.on_end()
    output = capsys.readouterr()
    assert output.out == ""
    assert "\x1b" not in output.err
    text = " ".join(output.err.split())
    assert re.fullmatch(
        r"Epoch 1 of 3, validation loss 3, best so far: forecast -3512,.* label cross-entropy 3\.21 "
        r"Training ended at step 300 of 300, epoch 3 of 3, after \d+ s; lowest validation loss 1 in epoch 3\.",
        text,
    )
