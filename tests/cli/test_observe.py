"""observe: newer rows move the levels of a saved model."""

from cli.conftest import ROWS, write_panel


def test_a_model_observes_newer_rows_and_the_file_read_may_be_the_one_written(run, folder, model, tmp_path):
    newer = tmp_path / "newer.csv"
    write_panel(newer, rows=ROWS + 48)
    out = tmp_path / "m.safetensors"
    out.write_bytes(model.read_bytes())
    result = run("observe", out, newer, "--out", out, "--json")
    assert result.code == 0
    assert result.json["rows"] == 48
    assert result.json["levels"][0].keys() == {"series", "first_step", "last_step", "held", "lower", "upper"}
    again = run("observe", out, newer, "--out", out)
    assert "have no row after" in again.error
    text = run("observe", model, newer, "--out", tmp_path / "n.safetensors")
    assert "48 rows observed" in text.out.replace("\n", " ")
