"""Every table that people have is read and forecast, or refused with the option that reads it."""

import re
import shlex

import pandas as pd
import pytest

from cli.cases.expected import FITS, REFUSED, Fits, Refused
from divecast import DeepDIVE


class Read(Exception):  # noqa: N818
    """Carries what was read up to the test."""


def name_of(case: Fits | Refused) -> str:
    return case.kind


@pytest.fixture
def path(tmp_path):
    return tmp_path / "table.csv"


@pytest.mark.parametrize("case", FITS, ids=name_of)
def test_how_it_is_read(run, path, monkeypatch, capsys, case):
    def fit(self, source, *arguments, **options):
        raise Read(source)

    monkeypatch.setattr(DeepDIVE, "fit", fit)
    path.write_text(case.make())
    with pytest.raises(Read) as caught:
        run("fit", path, *shlex.split(f"{case.options} {case.lengths}"), "--out", path.with_name("m"))
    source, said = caught.value.args[0], capsys.readouterr().err
    assert source.channels == case.series
    if source.clock is not None:
        assert len(source.values) == case.rows
    for text in case.said:
        assert re.search(text, said), said


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_what_is_refused(run, path, case):
    path.write_text(case.make())
    words = shlex.split(case.options)
    message = run("fit", path, *words, "--lookback", 24, "--horizon", 4, "--out", path.with_name("m")).error
    assert re.search(case.message, message), message


@pytest.mark.slow
@pytest.mark.parametrize("case", FITS, ids=name_of)
def test_what_is_forecast(run, folder, path, tmp_path, case):
    path.write_text(case.make())
    words = shlex.split(f"{case.options} {case.lengths}")
    fitted = run("fit", path, *words, "--config", folder / "sizes.toml", "--out", tmp_path / "m")
    assert fitted.code == 0, fitted.err
    assert case.at_fit in fitted.err
    forecast = run("forecast", tmp_path / "m", path, "--out", tmp_path / "f.csv")
    assert forecast.code == 0, forecast.err
    table = pd.read_csv(tmp_path / "f.csv", dtype={"unique_id": str}, keep_default_na=False)
    if "rec" in table:
        assert {*table["rec"]} == {f"r{number}" for number in range(8)}
    else:
        assert tuple(table["unique_id"].unique()) == case.series
        assert table.groupby("unique_id")["ds"].apply(tuple).unique().tolist() == [case.stamps]
    assert pd.to_numeric(table["mean"]).notna().all()
