"""The programs of docs/spark_and_dask.md, with local workers of Dask."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from divecast import DeepDIVE, TrainingConfig
from worlds import SMALL

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "spark_and_dask.md").read_text(encoding="utf-8")
FUNCTION, PROGRAM, SPARK = re.findall(r"(?ms)^```python\n(.*?)^```", PAGE)


def rows():
    """Daily series of different ends, one after another."""
    pandas = pytest.importorskip("pandas")
    draw, days = np.random.default_rng(0), pandas.date_range("2023-01-01", periods=200)
    series = []
    for number in range(30):
        own = days[: 200 - number % 5]
        y = 10 + number + 3 * np.sin(np.arange(len(own)) * 2 * np.pi / 7 + number) + draw.normal(size=len(own))
        series.append(pandas.DataFrame({"unique_id": f"s{number:02}", "ds": own, "y": y}))
    return pandas.concat(series, ignore_index=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the table and a model of it."""
    made, table = tmp_path_factory.mktemp("spread"), rows()
    table.sample(frac=1.0, random_state=0).to_parquet(made / "series.parquet", row_group_size=1500)
    training = TrainingConfig(epochs=1, window_stride=5)
    model = DeepDIVE(7, 28, model=SMALL, training=training, series="independent")
    model.fit(table, progress=False).save(made / "model.safetensors")
    return made


def sorted_columns(table):
    return table.sort_values(["unique_id", "step"]).reset_index(drop=True)


def test_the_program_forecasts_as_one_call_on_the_whole_table_does(folder):
    pytest.importorskip("dask.dataframe", reason="needs divecast[dask]; .ci/run has a step of its own")
    pytest.importorskip("distributed")
    pandas = pytest.importorskip("pandas")
    (folder / "program.py").write_text(f"{FUNCTION}\n\n{PROGRAM}")
    command = [sys.executable, "program.py"]
    done = subprocess.run(  # noqa: S603  our own
        command, check=False, cwd=folder, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr
    found = sorted_columns(pandas.read_parquet(folder / "forecasts"))
    wanted = DeepDIVE.load(folder / "model.safetensors").forecast(rows()).frame(backend="pandas")
    wanted = sorted_columns(wanted)
    assert len(found) == 30 * 7
    assert (found["unique_id"].astype(str) == wanted["unique_id"]).all()
    assert (found["ds"] == wanted["ds"]).all()
    for name in ("mean", "q0.05", "q0.95"):
        assert np.allclose(found[name], wanted[name], rtol=1e-4)


def test_the_schema_for_spark_is_that_of_the_table(folder, monkeypatch):
    monkeypatch.chdir(folder)
    names = {}
    exec(FUNCTION, names)  # noqa: S102  our own page
    table = names["forecasts_of"](rows())
    fields = re.findall(r"`?([\w.]+)`? (string|timestamp|long|float)", SPARK)
    kinds = {"string": "str", "timestamp": "datetime64", "long": "int64", "float": "float32"}
    assert [name for name, _ in fields] == list(table)
    for name, kind in fields:
        assert str(table[name].dtype).startswith((kinds[kind], "object" if kind == "string" else kinds[kind])), name
