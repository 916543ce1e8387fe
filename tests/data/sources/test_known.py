"""What a panel knows beside its values: labels per series, covariates and facts of the series."""

from dataclasses import replace

import numpy as np
import pytest

from divecast.data import Panel, Recordings, align, fingerprints
from divecast.data.factors import Label
from divecast.errors import DataError, DataWarning

VALUES = np.arange(12, dtype=np.float32).reshape(4, 3)
PLAIN = Panel.from_array(VALUES, "2024-01-01", "1h", ["a", "b", "c"])
# As computed before panels had covariates.
PLAIN_FINGERPRINT = "44239fac7b2aa6c5574192978014f650bc93dd1dba3918841de15a199ff29569"


def known(**changes):
    mode = np.array([["on", "off", None], [None, "on", "on"], ["off"] * 3, ["on"] * 3], dtype=object)
    fields = {
        "labels": {"mode": mode, "day": np.array([0.0, 1.0, np.nan, 3.0])},
        "covariates": {"price": VALUES * 10, "temp": np.float32([5, np.nan, 7, 8])},
        "static": {"area": np.array([1.0, np.nan, 3.0]), "kind": np.array(["x", None, "y"], dtype=object)},
    }
    return replace(PLAIN, **(fields | changes))


def test_channels_are_selected_with_what_is_known_of_them():
    panel = known().select(["c", "a"])
    assert panel.covariate("price").tolist() == (VALUES * 10)[:, [2, 0]].tolist()
    assert panel.label_column("mode")[:2].tolist() == [[None, "on"], ["on", None]]
    np.testing.assert_array_equal(panel.static_column("area"), [3, 1])
    assert panel.static_column("kind").tolist() == ["y", "x"]
    np.testing.assert_array_equal(panel.covariate("temp"), np.float32([5, np.nan, 7, 8]))
    np.testing.assert_array_equal(panel.label_column("day"), [0, 1, np.nan, 3])


def test_a_panel_brought_to_the_order_of_a_model_takes_its_columns_along():
    with pytest.warns(DataWarning, match="order of the model"):
        panel = align(known(), ["b", "c", "a"])
    assert panel.covariate("price")[0].tolist() == [10, 20, 0]
    np.testing.assert_array_equal(panel.static_column("area"), [np.nan, 3, 1])


def test_rows_are_taken_of_labels_and_covariates():
    panel = known().rows(1, 3)
    assert panel.covariate("price").tolist() == (VALUES * 10)[1:3].tolist()
    np.testing.assert_array_equal(panel.covariate("temp"), np.float32([np.nan, 7]))
    assert panel.label_column("mode").tolist() == [[None, "on", "on"], ["off"] * 3]
    assert panel.static_column("kind").tolist() == ["x", None, "y"]


def test_a_panel_says_what_it_has():
    assert known().has_covariate("price")
    assert not known().has_covariate("mode")
    assert repr(known()).endswith("labels ['day', 'mode'], covariates ['price', 'temp'], static ['area', 'kind'])")
    assert repr(PLAIN).endswith("labels [])")
    for ask in (PLAIN.covariate, PLAIN.static_column, PLAIN.label_column):
        with pytest.raises(DataError, match="'price'"):
            ask("price")


def test_the_fingerprint_of_values_alone_is_as_it_was():
    assert PLAIN.fingerprint() == PLAIN_FINGERPRINT
    assert known(covariates={}, static={}).fingerprint() == PLAIN_FINGERPRINT


def test_covariates_and_facts_count_in_the_fingerprint():
    colder = {"price": VALUES * 10, "temp": np.float32([4, np.nan, 7, 8])}
    renamed = {"price": VALUES * 10, "heat": np.float32([5, np.nan, 7, 8])}
    larger = {"area": np.array([1.0, 2.0, 3.0]), "kind": np.array(["x", None, "y"], dtype=object)}
    panels = [PLAIN, known(), known(covariates=colder), known(covariates=renamed), known(static=larger)]
    panels += [known(static={}), known(covariates={})]
    assert len({panel.fingerprint() for panel in panels}) == len(panels)
    assert known().fingerprint() == known().fingerprint()
    in_order = np.asfortranarray(VALUES * 10)
    assert known(covariates=known().covariates | {"price": in_order}).fingerprint() == known().fingerprint()


def test_labels_of_series_count_among_the_labels():
    swapped = known(labels={"mode": known().labels["mode"][:, ::-1]})
    one, two = (fingerprints(panel, [Label("mode")])["labels"] for panel in (known(), swapped))
    assert one != two


def test_recordings_have_no_covariates():
    recordings = Recordings.from_arrays([VALUES])
    assert not recordings.has_covariate("price")
    for ask in (recordings.covariate, recordings.static_column):
        with pytest.raises(DataError, match="recordings have none"):
            ask("price")
