"""Data separated from their values for other processes, and put together again."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from divecast import Panel, Recordings, open_store
from divecast.data import write_store
from divecast.data.sources.mapped import Mapped

VALUES = np.random.default_rng(0).normal(size=(96, 3)).astype(np.float32)
PANEL = Panel.from_array(VALUES, "2024-01-01", "1h", ["a", "b", "c"])


def test_a_store_is_mapped_where_it_lies_and_a_view_of_it_is_written(tmp_path):
    store = open_store(write_store(tmp_path / "store", [VALUES], PANEL.channels, "2024-01-01", "1h"))
    for source, file in (
        (store, tmp_path / "store" / "values.f32"),
        (PANEL, tmp_path / "values"),
        (store.rows(24, 48), tmp_path / "values"),  # whose offset numpy does not know
        (PANEL.select(["c", "a"]), tmp_path / "values"),
    ):
        mapped = Mapped.of(source, tmp_path)
        assert mapped.values.file == file
        assert mapped.open().fingerprint() == source.fingerprint()


def test_it_is_small_to_send_and_what_is_opened_cannot_be_written(tmp_path):
    moves = Recordings.from_arrays([VALUES, VALUES[:40]], {"gait": ["fast", None]})
    mapped = pickle.loads(pickle.dumps(Mapped.of(moves, tmp_path)))  # noqa: S301  our own
    assert len(pickle.dumps(mapped)) < VALUES.nbytes
    opened = mapped.open()
    assert opened.fingerprint() == moves.fingerprint()
    assert opened.label_column("gait").tolist() == moves.label_column("gait").tolist()
    with pytest.raises(ValueError, match="read-only"):
        opened.values[0, 0] = 1.0


def test_covariates_per_series_are_mapped_too(tmp_path):
    covariates = {"price": VALUES * 2, "temp": np.arange(96, dtype=np.float32)}
    panel = replace(PANEL, covariates=covariates, static={"area": np.ones(3)})
    stored = open_store(
        write_store(tmp_path / "store", [VALUES], PANEL.channels, "2024-01-01", "1h", None, {}, covariates)
    )
    for source, file in ((panel, tmp_path / "covariate_0"), (stored, tmp_path / "store" / "covariate_0.f32")):
        mapped = Mapped.of(source, tmp_path)
        assert mapped.covariates["price"].file == file
        sent = pickle.dumps(mapped)
        assert len(sent) < VALUES.nbytes + 1000
        assert pickle.loads(sent).open().fingerprint() == source.fingerprint()  # noqa: S301  our own
