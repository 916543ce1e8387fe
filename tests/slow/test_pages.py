"""The Python in README.md and in the pages for newcomers runs as printed, with a short fit."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHORT = 'factors=["hour", "weekday"], training=__import__("divecast").TrainingConfig(epochs=1, window_stride=37))'


@pytest.mark.parametrize("page", ["README.md", "docs/quickstart.md"])
def test_the_python_of_a_page_runs(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"(?ms)^```python\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"))
    names = {"__name__": "page"}  # what needs worker processes is under `if __name__ == "__main__"`
    for block in blocks:
        exec(compile(block.replace('factors=["hour", "weekday"])', SHORT), page, "exec"), names)  # noqa: S102
    assert "DeepDIVE" in capsys.readouterr().out
    assert (tmp_path / "model.safetensors").is_file()
