"""An accent is one name however it is written: as one character, or as a letter and an accent that follows it."""

from unicodedata import normalize

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from divecast.data import Covariate, Label, Panel, open_store, read_source, store_from_parquet
from divecast.data.labels.class_names import class_place
from divecast.data.names import one_form
from divecast.errors import ConfigError, DataError

NFC, NFD = (normalize(form, "caf\u00e9") for form in ("NFC", "NFD"))
STAMPS = np.datetime64("2024-01-01", "ms") + np.arange(48) * np.timedelta64(1, "h")
FORMS = [(NFC, NFD), (NFD, NFC)]


def wide(name: str) -> dict[str, object]:
    numbers = np.arange(48.0)
    return {f"t_{name}": STAMPS, f"a_{name}": numbers, f"b_{name}": -numbers, f"l_{name}": [name, None] * 24}


@pytest.mark.parametrize(("there", "asked"), FORMS)
@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table, "csv", "parquet"])
def test_a_wide_table(there: str, asked: str, kind: object, tmp_path) -> None:
    data = wide(there)
    if isinstance(kind, str):
        frame, path = pd.DataFrame(data), tmp_path / f"data.{kind}"
        _ = frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
        table: object = path
    else:
        table = kind(data)
    panel = read_source(
        table,
        time=f"t_{asked}",
        factors=[Label(f"l_{asked}")],
        covariates=[Covariate(f"b_{asked}")],
        channels=[f"a_{asked}"],
    )
    assert panel.channels == (f"a_{NFC}",)
    assert [*panel.labels] == [f"l_{NFC}"]
    assert panel.label_column(f"l_{NFC}")[:2].tolist() == [NFC, None]
    assert [*panel.covariates] == [f"b_{NFC}"]


@pytest.mark.filterwarnings("ignore:Facts that do not differ:divecast.DataWarning")
@pytest.mark.parametrize(("there", "asked"), FORMS)
def test_a_long_table_with_facts_and_what_is_known(there: str, asked: str) -> None:
    table = {f"id_{there}": np.repeat([there, "other"], 48), "ds": np.tile(STAMPS, 2), f"y_{there}": np.arange(96.0)}
    facts = {f"id_{asked}": [asked, "other"], "region": [asked, there], "kind": [there, "x"]}
    known = {"unique_id": np.repeat([asked, "other"], 48), "ds": np.tile(STAMPS, 2), f"p_{there}": np.ones(96)}
    panel = read_source(
        pd.DataFrame(table),
        id=f"id_{asked}",
        value=f"y_{asked}",
        static=pd.DataFrame(facts),
        known=pd.DataFrame(known),
        covariates=[Covariate(f"p_{asked}", per_series=True)],
    )
    assert panel.channels == (NFC, "other")
    assert panel.static_column("region").tolist() == [NFC, NFC]
    assert panel.static_column("kind").tolist() == [NFC, "x"]
    assert (panel.covariate(f"p_{NFC}") == 1).all()
    assert panel.select([asked]).channels == (NFC,)


@pytest.mark.parametrize(("there", "asked"), FORMS)
def test_stores_of_wide_and_long_files(there: str, asked: str, tmp_path) -> None:
    pd.DataFrame(wide(there)).to_parquet(tmp_path / "wide.parquet")
    roles = {"labels": [f"l_{asked}"], "covariates": [f"b_{asked}"]}
    store = store_from_parquet(
        tmp_path / "wide.store", tmp_path / "wide.parquet", f"t_{asked}", channels=[f"a_{asked}"], **roles
    )
    panel = open_store(store)
    assert panel.channels == (f"a_{NFC}",)
    assert panel.label_column(f"l_{NFC}")[:2].tolist() == [NFC, None]
    assert panel.covariate(f"b_{NFC}")[5] == -5
    rows = {f"id_{there}": [NFC] * 24 + [NFD] * 24, f"t_{there}": STAMPS, f"y_{there}": np.arange(48.0)}
    pd.DataFrame(rows).to_parquet(tmp_path / "long.parquet")
    long = store_from_parquet(
        tmp_path / "long.store", tmp_path / "long.parquet", f"t_{asked}", id=f"id_{asked}", value=f"y_{asked}"
    )
    assert open_store(long).channels == (NFC,)
    assert np.asarray(open_store(long).values)[:, 0].tolist() == list(range(48))


def test_both_forms_in_one_table_are_one_series() -> None:
    rows = {"unique_id": [NFC] * 24 + [NFD] * 24, "ds": STAMPS, "y": np.arange(48.0)}
    panel = Panel.from_long(pd.DataFrame(rows))
    assert panel.channels == (NFC,)
    assert panel.values[:, 0].tolist() == list(range(48))


def test_both_forms_of_a_column_are_one_column_too_many() -> None:
    with pytest.raises(DataError, match="More than one column is called"):
        Panel.from_wide(pd.DataFrame({"ds": STAMPS, NFC: 1.0, NFD: 2.0}))


def test_classes_and_settings() -> None:
    assert class_place("kind", [NFC, "other"], NFD) == 0
    assert Label(NFD, "ordered", order=(NFD, "b")) == Label(NFC, "ordered", order=(NFC, "b"))
    assert Covariate(NFD) == Covariate(NFC)
    assert Panel.from_array(np.ones((3, 1)), "2024-01-01", "1h", [NFD]).channels == (NFC,)
    with pytest.raises(ConfigError):
        Label("a", "ordered", order=(NFC, NFD))
    assert one_form("plain") == "plain"
