"""What real tools have of a fit, without a network."""

import json
import time

import numpy as np
import pytest

from divecast import (
    ByTime,
    DataError,
    DeepDIVE,
    TrainingConfig,
    autolog,
)
from divecast.train import MLflowTracker, TensorBoardTracker, WandbTracker
from worlds import SMALL, hours

pytestmark = pytest.mark.filterwarnings("default")  # the tools warn of themselves and of their packages
EPOCHS = 3


def fitted(**options):
    model = DeepDIVE(6, 24, ["hour"], model=SMALL, training=TrainingConfig(epochs=EPOCHS, window_stride=7))
    return model.fit(hours().panel, ByTime(3, 1, 1), progress=False, **options)


def table():
    panel = hours().panel.rows(1000, 1060)
    pandas = pytest.importorskip("pandas")
    times = pandas.DatetimeIndex(panel.clock.local(np.arange(60)))
    return pandas.DataFrame({"time": times, **dict(zip(panel.channels, panel.values.T, strict=True))})


@pytest.fixture
def mlflow(tmp_path, monkeypatch):
    pytest.importorskip("sqlalchemy", reason="MLflow needs it for a store in a file")
    found = pytest.importorskip("mlflow", reason="needs divecast[mlflow]; .ci/run has a step of its own")
    monkeypatch.chdir(tmp_path)
    found.set_tracking_uri(f"sqlite:///{tmp_path}/runs.db")
    found.set_experiment("loads")
    yield found
    while found.active_run() is not None:
        found.end_run()


def runs_of(mlflow):
    return mlflow.MlflowClient().search_runs([mlflow.get_experiment_by_name("loads").experiment_id])


def test_mlflow_has_settings_losses_and_a_model_that_forecasts(mlflow):
    autolog("mlflow")
    try:
        model = fitted()
    finally:
        autolog("mlflow", off=True)
    (run,) = runs_of(mlflow)
    assert run.info.status == "FINISHED"
    assert run.data.params["training.epochs"] == str(EPOCHS)
    assert run.data.params["factors"] == "['hour']"
    history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "valid/forecast")
    wanted = [record.valid["forecast"] for record in model.history.records]
    assert [metric.step for metric in history] == list(range(EPOCHS))
    assert np.allclose([metric.value for metric in history], wanted)
    told = json.loads(mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/divecast.json"))
    assert told["horizon"] == 6
    loaded = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    found = loaded.predict(table(), params={"levels": [0.1, 0.9]})
    wanted = model.forecast(table(), levels=(0.1, 0.9)).frame(backend="pandas")
    assert list(found) == list(wanted)
    assert np.allclose(found["q0.9"], wanted["q0.9"])
    assert len(loaded.predict(table()).columns) == len(wanted.columns) + 3


def test_an_mlflow_model_has_all_methods_again_and_no_pickle(mlflow, tmp_path):
    import divecast.mlflow

    model = fitted()
    info = divecast.mlflow.log_model(model, name="loads")
    again = divecast.mlflow.load_model(info.model_uri)
    assert np.array_equal(again.forecast(table()).mean, model.forecast(table()).mean)
    divecast.mlflow.save_model(model, tmp_path / "saved")
    names = {path.suffix for path in (tmp_path / "saved").rglob("*") if path.is_file()}
    assert not {".pkl", ".pickle", ".cloudpickle"} & names
    assert np.array_equal(
        divecast.mlflow.load_model(str(tmp_path / "saved")).forecast(table()).mean, again.forecast(table()).mean
    )


def test_a_run_that_is_active_is_used_and_left_open_and_a_fit_that_fails_is_marked(mlflow):
    with mlflow.start_run() as run:
        fitted(callbacks=[MLflowTracker(log_model=False)])
        assert mlflow.active_run().info.run_id == run.info.run_id
    with pytest.raises(DataError):
        DeepDIVE(6, 24).fit(hours().panel.rows(0, 20), callbacks=[MLflowTracker()], progress=False)
    assert sorted(run.info.status for run in runs_of(mlflow)) == ["FAILED", "FINISHED"]


def test_tensorboard_has_curves_and_settings(tmp_path):
    pytest.importorskip("tensorboard", reason="needs divecast[tensorboard]; .ci/run has a step of its own")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    model = fitted(callbacks=[TensorBoardTracker(tmp_path)])
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    curve = events.Scalars("valid/forecast")
    assert [event.step for event in curve] == list(range(EPOCHS))
    assert np.allclose([event.value for event in curve], [record.valid["forecast"] for record in model.history.records])
    text = events.Tensors("settings/text_summary")[0].tensor_proto.string_val[0].decode()
    assert f"| training.epochs | {EPOCHS} |" in text


def test_wandb_has_a_run_without_a_network(tmp_path, monkeypatch):
    wandb = pytest.importorskip("wandb", reason="needs divecast[wandb]; .ci/run has a step of its own")
    monkeypatch.setenv("WANDB_SILENT", "true")
    logged, former = [], wandb.Run.log
    monkeypatch.setattr(wandb.Run, "log", lambda run, data, **more: (logged.append(data), former(run, data, **more)))
    fitted(callbacks=[WandbTracker(project="loads", mode="offline", dir=str(tmp_path))])
    assert wandb.run is None
    assert [data["epoch"] for data in logged] == list(range(EPOCHS))
    assert all(np.isfinite(data["valid/forecast"]) for data in logged)
    (folder,) = (tmp_path / "wandb").glob("offline-run-*")
    (stored,) = folder.glob("*.wandb")
    until = time.monotonic() + 30
    while b"training.epochs" not in stored.read_bytes():  # a process of wandb's own writes it
        assert time.monotonic() < until
        time.sleep(0.1)
