"""update: newer rows into a saved model."""

from cli.conftest import ROWS, write_panel


def test_a_model_takes_newer_rows_and_the_file_read_may_be_the_one_written(run, folder, model, tmp_path):
    newer = tmp_path / "newer.csv"
    write_panel(newer, rows=ROWS + 48)
    out = tmp_path / "m.safetensors"
    out.write_bytes(model.read_bytes())
    result = run("update", out, newer, "--out", out)
    assert result.code == 0
    assert f"({ROWS + 48} rows in all)" in result.out.replace("\n", " ")
    info = run("info", out, "--json").json["info"]
    assert [update["n_rows"] for update in info["updates"]] == [ROWS + 48]
    assert run("forecast", out, newer, "--out", tmp_path / "f.csv").code == 0


def test_a_table_without_newer_rows_leaves_no_file(run, folder, model, tmp_path):
    result = run("update", model, folder / "panel.csv", "--out", tmp_path / "m")
    assert "have no row after" in result.error
    assert "Pass a table that goes on after that" in result.error
    assert not (tmp_path / "m").exists()


def test_where_it_could_not_write_it_does_not_begin(run, folder, model, tmp_path):
    assert "--out" in run("update", model, folder / "panel.csv", "--out", tmp_path / "none" / "m").error
