import re
import shlex
import signal

import pytest

from divecast import DeepDIVE
from divecast.train.callbacks import ProgressBar


def fit(run, folder, out, *more):
    return run("fit", folder / "panel.csv", "--config", folder / "tiny.toml", "--out", out, *more)


def test_fit_writes_a_model_and_clears_its_checkpoint(run, folder, tmp_path):
    result = fit(run, folder, tmp_path / "m.safetensors")
    assert result.code == 0
    assert re.search("^Next: .*evaluate", result.out, re.MULTILINE)
    assert [path.name for path in tmp_path.iterdir()] == ["m.safetensors"]


def test_the_command_it_names_next_works_as_it_stands(run, folder, tmp_path):
    out = tmp_path / "a model.safetensors"
    text = fit(run, folder, out, "--channels", "south", "--tz", "Europe/Berlin").out.replace("\n", " ")
    words = shlex.split(text.split("Next: ")[1])
    words = words[words.index("evaluate") :]  # without the program
    assert words == ["evaluate", str(out), str(folder / "panel.csv"), *words[3:]]
    assert run(*words).code == 0
    assert {"--tz", "--channels"} <= {*words}


def test_a_named_checkpoint_is_kept(run, folder, tmp_path):
    assert fit(run, folder, tmp_path / "m", "--checkpoint", tmp_path / "state", "--json").code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"m", "state"}


def test_json_is_all_that_is_printed(run, folder, tmp_path):
    result = fit(run, folder, tmp_path / "m", "--json")
    assert result.json["model"] == str(tmp_path / "m")
    assert result.json["info"]["channels"] == ["north", "south"]
    assert result.err == ""


def test_options_win_over_the_file(run, folder, tmp_path):
    more = ["--horizon", 3, "--epochs", 2, "--factor", "weekend", "--channels", "south", "--set", "training.clip=0.5"]
    info = fit(run, folder, tmp_path / "m", "--split", "2:1:1", "--seed", 7, "--json", *more).json["info"]
    assert (info["horizon"], info["lookback"], list(info["factors"]), info["settings"]["seed"]) == (
        3,
        24,
        ["weekend"],
        7,
    )
    assert info["channels"] == ["south"]
    assert (info["settings"]["training"]["epochs"], info["settings"]["training"]["clip"]) == (2, 0.5)
    assert (info["split"]["train"], info["split"]["valid"], info["split"]["test"]) == (2, 1, 1)


def test_a_label_factor_names_its_column(run, folder, tmp_path):
    arguments = ["fit", folder / "shifts.csv", "--config", folder / "tiny.toml", "--out", tmp_path / "m", "--json"]
    info = run(*arguments, "--factor", "shift").json["info"]
    assert info["factors"]["shift"]["classes"] == ["early", "late"]
    assert info["channels"] == ["north", "south"]


def test_recordings_are_read_and_split_whole(run, folder, tmp_path):
    text = "trial,gait,x,y\n" + "".join(
        f"t{trial},{'slow' if trial % 2 else 'fast'},{row % (trial % 2 + 3)},{row % 7}\n"
        for trial in range(12)
        for row in range(60)
    )
    (tmp_path / "trials.csv").write_text(text)
    arguments = ["--recording", "trial", "--rate", 50, "--factor", "gait", "--split-by", "recording"]
    fitted = run(
        "fit", tmp_path / "trials.csv", "--config", folder / "tiny.toml", "--out", tmp_path / "m", "--json", *arguments
    )
    info = fitted.json["info"]
    assert (info["channels"], list(info["factors"]), info["split"]["type"]) == (["x", "y"], ["gait"], "ByRecording")


def interrupted_fit(run, folder, out, monkeypatch, *more):
    def press(self, record):
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(ProgressBar, "on_epoch", press)
        return fit(run, folder, out, "--epochs", 2, *more)


@pytest.mark.slow
def test_ctrl_c_leaves_a_checkpoint_to_resume(run, folder, tmp_path, monkeypatch):
    broken, whole = tmp_path / "broken", tmp_path / "whole"
    stopped = interrupted_fit(run, folder, broken, monkeypatch)
    assert stopped.code == 130
    assert "resume with --resume from" in stopped.err
    assert not broken.exists()
    assert fit(run, folder, broken, "--epochs", 2, "--resume", "--json").code == 0
    assert fit(run, folder, whole, "--epochs", 2, "--json").code == 0
    weights = [DeepDIVE.load(path).fitted_model.network.state_dict() for path in (broken, whole)]
    assert all(weights[0][name].equal(weights[1][name]) for name in weights[1])


def test_resuming_another_fit_is_refused(run, folder, tmp_path, monkeypatch):
    interrupted_fit(run, folder, tmp_path / "m", monkeypatch)
    message = fit(run, folder, tmp_path / "m", "--epochs", 2, "--resume", "--seed", 5, "--json").error
    assert "checkpoint of another fit" in message
    assert "seed" in message


def test_resume_without_a_checkpoint_starts_afresh(run, folder, tmp_path):
    result = fit(run, folder, tmp_path / "m", "--resume", "--json")
    assert result.code == 0
    assert "starting from the beginning" in result.err


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--horizon", 0], "horizon"),
        (["--horizon", 390], "390"),
        (["--factor", "shoe"], "shoe"),
        (["--channels", "north,west"], "west"),
        (["--time", "when"], "when"),
        (["--label", "colour"], "colour"),
        (["--tz", "Mars/Olympus"], "Mars/Olympus"),
        (["--device", "abacus"], "abacus"),
        (["--split", "3:1"], "3:1"),
        (["--set", "training.clips=1"], "training.clips"),
        (["--recording", "trial"], "trial"),
    ],
)
def test_each_mistake_is_one_line(run, folder, tmp_path, more, named):
    assert named in fit(run, folder, tmp_path / "m", "--json", *more).error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "named"), [("none.csv", "none.csv"), ("birds", "loads, motion"), ("tiny.toml", ".parquet")]
)
def test_data_that_is_not_there_is_one_line(run, folder, tmp_path, data, named):
    path = data if data == "birds" else folder / data
    assert named in run("fit", path, "--config", folder / "tiny.toml", "--out", tmp_path / "m").error


def test_a_text_cell_is_named(run, folder, tmp_path):
    text = (folder / "panel.csv").read_text().splitlines()
    text[5] = text[5].rsplit(",", 1)[0] + ",broken"
    (tmp_path / "bad.csv").write_text("\n".join(text))
    message = run("fit", tmp_path / "bad.csv", "--config", folder / "tiny.toml", "--out", tmp_path / "m").error
    assert "south" in message
    assert "broken" in message


def test_the_horizon_is_needed(run, folder):
    assert "--horizon" in run("fit", folder / "panel.csv", "--lookback", 24).error


def test_a_model_that_could_not_be_written_is_refused_first(run, folder, tmp_path):
    assert "--out" in fit(run, folder, tmp_path / "none" / "m").error
    assert "--out" in fit(run, folder, tmp_path).error


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), UnicodeDecodeError("utf-8", b"x", 0, 1, "no")]
)
def test_what_a_reader_lets_through_is_one_line(run, folder, tmp_path, monkeypatch, error):
    def read(path, text, as_text):
        raise error

    monkeypatch.setattr("divecast.data.tables.as_written.read_table", read)
    assert "panel.csv" in fit(run, folder, tmp_path / "m").error


def test_text_in_another_encoding_than_said_is_one_line(run, folder, tmp_path):
    text = (folder / "panel.csv").read_text().replace("north", "nörd", 1)
    (tmp_path / "latin.csv").write_bytes(text.encode("latin-1"))
    arguments = ["--config", folder / "tiny.toml", "--out", tmp_path / "m", "--encoding", "utf-8"]
    assert "--encoding" in run("fit", tmp_path / "latin.csv", *arguments).error


def test_a_mend_is_said_by_options(run, folder, tmp_path):
    rows = [line.rsplit(",", 1)[0] for line in (folder / "panel.csv").read_text().splitlines()]
    (tmp_path / "flat.csv").write_text("\n".join(["time,flat", *(f"{row.split(',')[0]},7" for row in rows[1:])]))
    (tmp_path / "timeless.csv").write_text("\n".join(row.split(",", 1)[1] for row in rows))
    arguments = ["--config", folder / "tiny.toml", "--out", tmp_path / "m", "--json"]
    flat = run("fit", tmp_path / "flat.csv", *arguments).error
    timeless = run("fit", tmp_path / "timeless.csv", *arguments).error
    absent = run("fit", tmp_path / "flat.csv", *arguments, "--time", "when").error
    assert "flat" in flat
    assert "--channels" in flat
    assert "select(" not in flat
    for message in (timeless, absent):
        assert "--time" in message
        assert "time=" not in message


@pytest.mark.parametrize("data", ["panel.csv", "loads"])
def test_a_factor_without_its_column_is_told_what_there_is(run, folder, tmp_path, data):
    path = data if data == "loads" else folder / data
    arguments = ["--config", folder / "tiny.toml", "--out", tmp_path / "m", "--factor", "gait"]
    message = run("fit", path, *arguments).error
    there = "has no labels" if data == "loads" else "has the columns 'time', 'north', 'south'"
    assert f"no label column 'gait' for the factor 'gait': {data} {there}. " in message


def test_a_refit_names_forecasts_next_and_leaves_no_checkpoint(run, folder, tmp_path):
    result = fit(run, folder, tmp_path / "m", "--refit")
    assert re.search("^Next: .*forecast", result.out, re.MULTILINE)
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
    assert run("info", tmp_path / "m", "--json").json["info"]["refit"] is True
