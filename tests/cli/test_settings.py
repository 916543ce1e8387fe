from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast import ConfigError, ModelConfig, TrainingConfig
from divecast.cli.settings import CommandSettings, read_settings


def write(folder, text):
    path = folder / "settings.toml"
    path.write_text(text)
    return path


def test_without_a_file_all_is_default():
    assert read_settings(None, {}) == CommandSettings()
    assert read_settings(None, {}).model == ModelConfig()


def test_the_file_is_read_and_options_win(tmp_path):
    path = write(
        tmp_path, 'horizon = 3\nfactors = ["hour"]\n[training]\nepochs = 5\nclip = 2\n[model.code]\nblock = "line"'
    )
    read = read_settings(path, {"horizon": 6, "lookback": None, "factors": [], "training.epochs": 7})
    assert (read.horizon, read.lookback, read.factors) == (6, None, ["hour"])
    assert asdict(read.training) == asdict(TrainingConfig(epochs=7, clip=2.0))
    assert read.model.code.block == "line"


def test_assignments_win_over_the_file(tmp_path):
    path = write(tmp_path, "[training]\nclip = 2.0")
    read = read_settings(
        path, {}, ["training.clip=0.5", "model.code.block=line", "model.decoder.depth = 3", 'tz="UTC"']
    )
    assert (read.training.clip, read.model.code.block, read.model.decoder.depth, read.tz) == (0.5, "line", 3, "UTC")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("horizn = 3", "Unknown setting 'horizn'.*Did you mean horizon"),
        ("[training]\nepoch = 3", "Unknown setting 'training.epoch'.*Did you mean training.epochs"),
        ("[model.code]\nzzz = 3", "Unknown setting 'model.code.zzz'.*Known settings: n_conditional"),
        ("horizon = 3.5", "'horizon'.*3.5"),
        ('horizon = "3"', "'horizon'.*valid integer.*'3'"),
        ("[training]\nepochs = 0", "epochs must be >= 1: got 0"),
        ('[training]\ninterleave = "often"', "'training.interleave'.*often"),
        ("training = 3", ".training..*expected a table"),
        ('factors = "hour"', "'factors'.*array"),
        ("horizon = ", "is not a valid TOML file"),
        ("horizon = 2024-01-01", "'horizon'"),
    ],
)
def test_each_mistake_is_named(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        read_settings(write(tmp_path, text), {})


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml cannot be read"):
        read_settings(tmp_path / "none.toml", {})


@pytest.mark.parametrize("text", ["training.clip", "=3", "horizon.deep=3", "nothing=3"])
def test_bad_assignments_are_refused(text):
    with pytest.raises(ConfigError):
        read_settings(None, {"horizon": 3}, [text])


@settings(max_examples=30)
@given(
    epochs=st.integers(1, 10**4),
    clip=st.floats(1e-3, 1e3),
    names=st.lists(st.text(min_size=1).filter(lambda text: "\x00" not in text), max_size=3),
)
def test_what_options_say_arrives_unchanged(epochs, clip, names):
    read = read_settings(None, {"training.epochs": epochs, "training.clip": clip, "channels": names})
    assert (read.training.epochs, read.training.clip, read.channels) == (epochs, clip, names)


@pytest.mark.parametrize(
    ("text", "assignment", "message"),
    [
        ("seed = 1", "training.epoch=3", "Unknown setting 'training.epoch' in --set. Did you mean training.epochs"),
        ("seed = 1", "training.epochs=x", "Setting 'training.epochs' in --set: .*got 'x'"),
        ("[training]\nepochs = 'x'", "seed=1", r"Setting 'training.epochs' in .*settings\.toml: .*got 'x'"),
        ("[training]\nepoch = 3", "training.epochs=3", r"Unknown setting 'training.epoch' in .*settings\.toml\."),
        ("factors = ['hour', 3]", "seed=1", r"Setting 'factors.1' in .*settings\.toml: .*got 3"),
    ],
)
def test_an_error_names_where_the_setting_came_from(tmp_path, text, assignment, message):
    with pytest.raises(ConfigError, match=message):
        read_settings(write(tmp_path, text), {"horizon": 3}, [assignment])


def test_a_wrong_option_is_not_blamed_on_the_file(tmp_path):
    with pytest.raises(ConfigError, match=r"'training\.epochs' in the options: "):
        read_settings(write(tmp_path, "seed = 1"), {"training.epochs": "x"})


def test_tables_in_tables_without_end(tmp_path):
    with pytest.raises(ConfigError, match="is not a valid TOML file"):
        read_settings(write(tmp_path, "x = " + "[" * 2000), {})
    with pytest.raises(ConfigError, match="Setting 'seed'"):
        read_settings(None, {}, ["seed=" + "[" * 2000])


def test_what_reads_the_data_may_stand_in_a_table_of_its_own(tmp_path):
    path = write(
        tmp_path, 'horizon = 3\n[data]\nid = "meter"\nfactors = ["hour"]\ncovariates = ["temp"]\nstatic = "s.csv"'
    )
    read = read_settings(path, {"value": "kwh"}, ["data.time=when"])
    assert (read.horizon, read.id, read.value, read.time, read.static) == (3, "meter", "kwh", "when", "s.csv")
    assert (read.factors, read.covariates) == (["hour"], ["temp"])
    assert read.reading_options() == ["--id", "meter", "--time", "when", "--value", "kwh", "--static", "s.csv"]
    assert read_settings(path, {"id": "shop"}).id == "shop"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data = 3", ".data..*expected a table"),
        ("[data]\ncovariate = ['x']", "'data.covariate'.*Did you mean data.covariates"),
        ("[data]\nhorizon = 3", "Unknown setting 'data.horizon'"),
        ("factors = ['hour']\n[data]\nfactors = ['hour']", "'factors' is in .* twice"),
    ],
)
def test_each_mistake_in_the_table_of_the_data_is_named(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        read_settings(write(tmp_path, text), {})
