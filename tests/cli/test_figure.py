"""--figure of the commands that explain."""

import json

import pytest

COMMANDS = {
    "what-if": ["--to", "hour=03"],
    "swap-codes": ["--other", "2024-01-12"],
    "traverse": ["--dimension", "b_hour"],
    "anomalies": ["--every", 3],
    "why": ["--every", 9],
    "check": ["--part", "all", "--every", 5],
}


QUICK = ("why",)  # the others draw by the same option


@pytest.mark.parametrize(
    "command", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in COMMANDS]
)
def test_the_picture_is_written_beside_the_table(run, folder, model, tmp_path, command):
    given = [*COMMANDS[command], "--out", tmp_path / "table.csv", "--figure"]
    result = run(command, model, folder / "panel.csv", *given, tmp_path / "a.png")
    assert f"Figure: {tmp_path / 'a.png'}" in result.out
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "table.csv").is_file()


def test_json_stays_one_object(run, folder, model, tmp_path):
    given = [*COMMANDS["what-if"], "--out", tmp_path / "table.csv", "--figure", tmp_path / "a.pdf"]
    result = run("what-if", model, folder / "panel.csv", *given, "--json")
    assert json.loads(result.out)["command"] == "what-if"
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_picture_that_cannot_be_is_refused_before_the_work(run, folder, tmp_path, command):
    given = [*COMMANDS[command], "--out", tmp_path / "table.csv", "--figure", tmp_path / "a.jpg"]
    assert "ends in .png or .pdf" in run(command, tmp_path / "none", folder / "panel.csv", *given).error
    assert not list(tmp_path.iterdir())
