"""Results as tables of the caller's kind."""

import narwhals as nw
import numpy as np
import pytest

from divecast import ConfigError, Panel, Recordings
from divecast.inference.results import Codes, Forecast, Keys, Labels, Reconstruction, Samples

BACKENDS = ["pandas", "polars", "pyarrow"]
MODULES = {"pandas": "pandas", "polars": "polars", "pyarrow": "pyarrow"}


def columns(frame: object) -> dict[str, list]:
    table = nw.from_native(frame, eager_only=True)
    return {name: table.get_column(name).to_list() for name in table.columns}


def kind(frame: object) -> str:
    return type(frame).__module__.split(".")[0]


def keys(steps: range, backend: str = "numpy") -> Keys:
    """Two windows of an hourly panel, with origins at rows 5 and 8."""
    panel = Panel.from_array(np.zeros((10, 2), np.float32) + [[0], [1]] * 5, "2024-01-01", "1h")
    found = Keys.of(panel, np.array([5, 8]), np.array([0, 0]), steps)
    return Keys(found.origins, found.recordings, found.stamps, backend)


def forecast(backend: str = "numpy") -> Forecast:
    """Two windows, three steps, two channels; a value says where it is: window, step, channel."""
    mean = np.array([[[100 * w + 10 * h + c for c in range(2)] for h in range(1, 4)] for w in range(2)], np.float32)
    return Forecast(
        keys(range(-1, 3), backend),
        ("u", "v"),
        mean,
        (0.1, 0.9),
        np.stack([mean - 1, mean + 2]),
        np.empty((0, 2, 3, 2)),
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_long_forecasts(backend: str) -> None:
    frame = forecast(backend).frame()
    assert kind(frame) == MODULES[backend]
    found = columns(frame)
    assert list(found) == ["unique_id", "origin", "step", "ds", "mean", "q0.1", "q0.9"]
    assert found["unique_id"] == (["u"] * 3 + ["v"] * 3) * 2
    assert found["step"] == [1, 2, 3] * 4
    assert found["mean"] == [10, 20, 30, 11, 21, 31, 110, 120, 130, 111, 121, 131]
    assert found["q0.1"] == [m - 1 for m in found["mean"]]
    assert found["q0.9"] == [m + 2 for m in found["mean"]]
    assert [f"{s:%d %H}" for s in found["origin"]] == ["01 04"] * 6 + ["01 07"] * 6
    assert [f"{s:%d %H}" for s in found["ds"]] == ["01 05", "01 06", "01 07"] * 2 + ["01 08", "01 09", "01 10"] * 2


@pytest.mark.parametrize("backend", BACKENDS)
def test_wide_forecasts(backend: str) -> None:
    frame = forecast(backend).frame("wide")
    assert kind(frame) == MODULES[backend]
    found = columns(frame)
    assert list(found) == ["origin", "step", "ds", "u", "v"]
    assert found["u"] == [10, 20, 30, 110, 120, 130]
    assert found["v"] == [11, 21, 31, 111, 121, 131]
    assert [f"{s:%H}" for s in found["ds"]] == ["05", "06", "07", "08", "09", "10"]
    assert [f"{s:%H}" for s in found["origin"]] == ["04"] * 3 + ["07"] * 3


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_table_may_be_of_another_kind_than_the_data(backend: str) -> None:
    assert kind(forecast("pandas").frame("wide", backend=backend)) == MODULES[backend]
    assert kind(labels("polars").confusion("half", backend=backend)) == MODULES[backend]


@pytest.mark.parametrize("backend", ["dask", 3])
def test_an_unknown_kind_of_table_is_refused_with_the_known_ones(backend: object) -> None:
    with pytest.raises(ConfigError, match=r'backend must be .*"pandas".*"polars".*"pyarrow".*: got'):
        forecast().frame(backend=backend)


def test_a_layout_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match='layout must be "long" or "wide"'):
        forecast().frame("square")


def test_recordings_have_names_and_seconds() -> None:
    recordings = Recordings.from_arrays([np.zeros((6, 1)), np.ones((9, 1))], rate=2.0, names=["one", "two"])
    found = Keys.of(recordings, np.array([4, 10]), np.array([0, 1]), range(-1, 2))
    assert found.recordings.tolist() == ["one", "two"]
    np.testing.assert_array_equal(found.stamps, [[1.5, 2.0, 2.5], [1.5, 2.0, 2.5]])
    assert list(found.columns("end", 0)) == ["recording", "end"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_codes(backend: str) -> None:
    shares = (np.array([[0.25, 0.75], [1.0, 0.0]]),)
    one, two = np.array([[1.0], [2.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])
    weights = np.ones((2, 4, 1))
    codes = Codes(
        keys(range(-1, 0), backend), ("half",), (("am", "pm"),), one, one / 10, (two,), (two / 10,), shares, weights
    )
    found = columns(codes.frame())
    moments = ["b_half0_mean", "b_half0_sd", "b_half1_mean", "b_half1_sd"]
    assert list(found) == ["end", "a0_mean", "a0_sd", *moments, "p_half_am", "p_half_pm", "attention_half"]
    assert found["b_half1_mean"] == [2.0, 4.0]
    assert found["b_half0_sd"] == [0.1, 0.3]
    assert found["p_half_pm"] == [0.75, 0.0]


def labels(backend: str = "numpy") -> Labels:
    """Three windows, two factors; of the first window the second label is missing, of the last the first."""
    panel = Panel.from_array(np.arange(10.0), "2024-01-01", "1h")
    where = Keys.of(panel, np.array([5, 6, 7]), np.zeros(3, int), range(-1, 0))
    shares = (np.array([[0.2, 0.8], [0.6, 0.4], [0.9, 0.1]]), np.array([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0, 1.0, 0]]))
    given = np.array([[1, -1], [1, 0], [-1, 1]])
    return Labels(
        Keys(where.origins, None, where.stamps, backend),
        ("half", "part"),
        (("am", "pm"), ("a", "b", "c")),
        shares,
        given,
    )


def test_the_text_of_a_result_gives_arrays_by_their_shapes() -> None:
    samples = Samples(tuple("abcdefgh"), np.zeros((2, 5, 8)), np.zeros((2, 3, 8)), {}, "pandas")
    assert repr(samples).startswith(
        "Samples(channels=<8 items>, x=<array (2, 5, 8)>, y=<array (2, 3, 8)>, labels=<0 items>"
    )


def test_accuracy_counts_labelled_windows_alone() -> None:
    assert labels().inferred.tolist() == [[1, 2], [0, 0], [0, 1]]
    assert labels().accuracy() == {"half": 0.5, "part": 1.0}
    unlabelled = Labels(
        *[getattr(labels(), n) for n in ("keys", "factors", "classes", "probabilities")], np.full((3, 2), -1)
    )
    assert np.isnan(list(unlabelled.accuracy().values())).all()


def test_confusion_counts_given_by_inferred() -> None:
    assert columns(labels().confusion("half")) == {"given": ["am", "pm"], "am": [0, 1], "pm": [0, 1]}
    with pytest.raises(ConfigError, match=r"The model has no factor 'day'\. Choose factor= among half, part"):
        labels().confusion("day")


@pytest.mark.parametrize("backend", BACKENDS)
def test_label_tables_leave_missing_labels_empty(backend: str) -> None:
    found = columns(labels(backend).frame())
    assert list(found) == ["end", "half", "half_probability", "half_given", "part", "part_probability", "part_given"]
    assert found["half"] == ["pm", "am", "am"]
    assert found["half_probability"] == [0.8, 0.6, 0.9]
    assert found["part_given"][1:] == ["a", "b"]
    assert found["part_given"][0] is None or found["part_given"][0] != found["part_given"][0]


def test_reconstructions() -> None:
    truth = np.arange(8.0).reshape(2, 2, 2)
    found = columns(Reconstruction(keys(range(-2, 0)), ("u", "v"), truth, -truth).frame())
    assert list(found) == ["unique_id", "end", "ds", "truth", "mean"]
    assert found["unique_id"] == ["u", "u", "v", "v"] * 2
    assert found["truth"] == [0, 2, 1, 3, 4, 6, 5, 7]
    assert found["mean"] == [-value for value in found["truth"]]
    assert [f"{s:%H}" for s in found["end"]] == ["04"] * 4 + ["07"] * 4
    assert [f"{s:%H}" for s in found["ds"]] == ["03", "04"] * 2 + ["06", "07"] * 2


def test_samples_number_the_first_future_step_one() -> None:
    x, y = np.zeros((2, 3, 1)), np.ones((2, 2, 1))
    found = columns(Samples(("u",), x, y, {"half": np.array(["am", "pm"], dtype=object)}, "numpy").frame())
    assert found["sample"] == [0] * 5 + [1] * 5
    assert found["step"] == [-2, -1, 0, 1, 2] * 2
    assert found["half"] == ["am"] * 5 + ["pm"] * 5
    assert found["u"] == [0, 0, 0, 1, 1] * 2


@pytest.mark.parametrize("step", ["1h", "1D"])
def test_stamps_go_on_in_the_wall_time_of_the_table(step: str) -> None:
    """Over the start of summer time in Berlin, 2024-03-31 02:00."""
    panel = Panel.from_array(np.zeros((4, 1), np.float32), "2024-03-30 22:00", step, tz="Europe/Berlin")
    found = Keys.of(panel, np.array([4]), np.array([0]), range(-1, 2)).stamps
    expected = {"1h": ["31T01", "31T03", "31T04"], "1D": ["33", "34", "35"]}[step]
    days = {"33": "2024-04-02T22", "34": "2024-04-03T22", "35": "2024-04-04T22"}
    np.testing.assert_array_equal(found, np.array([[days.get(d, f"2024-03-{d}") for d in expected]], "M8[s]"))


def test_no_column_is_lost_to_another_of_its_name() -> None:
    keys = Keys(np.array([4]), None, np.arange(3)[None], "pyarrow")
    mean = np.zeros((1, 2, 1), np.float32)
    forecast = Forecast(keys, ("ds",), mean, (), mean[None][:0], mean[None][:0])
    assert columns(forecast.frame())["unique_id"] == ["ds", "ds"]
    with pytest.raises(ConfigError, match=r"name of another column of the table: \['ds'\]"):
        forecast.frame("wide")
    labels = Labels(keys, ("end",), (("a", "b"),), (np.ones((1, 2), np.float32),), np.zeros((1, 1), np.int64))
    with pytest.raises(ConfigError, match=r"\['end'\]\. Rename them"):
        labels.frame()
