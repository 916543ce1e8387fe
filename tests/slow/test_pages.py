"""The Python in README.md and in the pages for newcomers runs as printed, with a short fit."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import divecast.fit.add_factor  # noqa: F401  what is patched

ROOT = Path(__file__).parents[2]
SHORT = 'factors=["hour", "weekday"], training=__import__("divecast").TrainingConfig(epochs=1, window_stride=37))'


def test_the_python_of_the_page_of_effects_prints_what_it_says(capsys, monkeypatch):
    monkeypatch.setattr(sys.modules["divecast.fit.add_factor"], "_STEPS", 20)  # what it learns is not printed
    text = (ROOT / "docs" / "effects.md").read_text(encoding="utf-8")
    names = {}
    for block in re.findall(r"(?ms)^```python\n(.*?)^```", text):
        exec(compile(block, "docs/effects.md", "exec"), names)  # noqa: S102
    found, told = capsys.readouterr().out, "".join(re.findall(r"(?ms)^```text\n(.*?)^```", text))
    labels = [re.sub(r"-?\d+(\.\d+)?", "#", line).split() for line in (found, told)]
    assert labels[0] == labels[1]
    numbers = [np.array(re.findall(r"-?\d+(?:\.\d+)?", line), dtype=float) for line in (found, told)]
    np.testing.assert_allclose(*numbers, atol=2.0)


@pytest.mark.parametrize("page", ["README.md", "docs/quickstart.md"])
def test_the_python_of_a_page_runs(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"(?ms)^```python\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"))
    names = {"__name__": "page"}  # what needs worker processes is under `if __name__ == "__main__"`
    for block in blocks:
        exec(compile(block.replace('factors=["hour", "weekday"])', SHORT), page, "exec"), names)  # noqa: S102
    assert "DeepDIVE" in capsys.readouterr().out
    assert (tmp_path / "model.safetensors").is_file()


def test_the_python_of_the_page_of_interfaces_prints_what_it_says(capsys):
    text = (ROOT / "docs" / "interfaces.md").read_text(encoding="utf-8")
    names = {}
    for block in re.findall(r"(?ms)^```python\n(.*?)^```", text):
        exec(compile(block, "docs/interfaces.md", "exec"), names)  # noqa: S102
    assert capsys.readouterr().out == "".join(re.findall(r"(?ms)^```text\n(.*?)^```", text))
