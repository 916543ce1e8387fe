import pytest

from divecast import ByRecording, ByTime, Calendar, ConfigError, Covariate, Label
from divecast.cli.factors import parse_covariates, parse_factors, parse_split


def test_every_form_of_a_factor():
    assert parse_factors(["hour@America/New_York", "weekday", "holiday:US-NY@Asia/Tokyo"]) == (
        Calendar("hour", tz="America/New_York"),
        Calendar("weekday"),
        Calendar("holiday", tz="Asia/Tokyo", country="US-NY"),
    )
    assert parse_factors(["gait", "stride:ordered:14", "size:ordered", "phase:cyclic"]) == (
        Label("gait"),
        Label("stride", "ordered", 14),
        Label("size", "ordered"),
        Label("phase", "cyclic"),
    )
    assert parse_factors(["promo:per-series", "size:ordered:3:per-series"]) == (
        Label("promo", per_series=True),
        Label("size", "ordered", 3, per_series=True),
    )
    assert parse_factors(["holiday:plain", "hour:ordered:4"]) == (Label("holiday"), Label("hour", "ordered", 4))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":ordered",
        "gait:round",
        "gait:per-series:ordered",
        "gait:ordered:many",
        "a:ordered:3:4",
        "hour:DE",
        "holiday",
    ],
)
def test_what_is_no_factor_is_refused(text):
    with pytest.raises(ConfigError):
        parse_factors([text])


def test_splits():
    assert parse_split("8:1:1", "time", None) == ByTime(8, 1, 1)
    assert parse_split(None, "time", None) == ByTime()
    assert parse_split("3:1:1", "recording", "subject") == ByRecording(3, 1, 1, "subject")
    assert parse_split(None, "recording", None) == ByRecording()


@pytest.mark.parametrize("text", ["3:1", "a:b:c", "3:0:1", ""])
def test_what_is_no_split_is_refused(text):
    with pytest.raises(ConfigError):
        parse_split(text, "time", None)


def test_a_group_means_a_split_by_recording_unless_it_is_said_to_be_by_time():
    assert parse_split("3:1:1", None, "subject") == ByRecording(3, 1, 1, group="subject")
    assert parse_split("3:1:1", None, None) == ByTime(3, 1, 1)
    with pytest.raises(ConfigError, match="needs a split by recording"):
        parse_split(None, "time", "subject")


@pytest.mark.parametrize("text", ["holiday", "holiday:", "holiday@Europe/Berlin"])
def test_a_holiday_without_a_country_is_shown_one(text):
    with pytest.raises(ConfigError, match=r"holiday:DE .* holiday:plain in the shell"):
        parse_factors([text])


def test_every_form_of_a_covariate():
    assert parse_covariates(["temp", "wind:unknown-ahead", "price:per-series", "sold:per-series:unknown-ahead"]) == (
        Covariate("temp"),
        Covariate("wind", known_ahead=False),
        Covariate("price", per_series=True),
        Covariate("sold", known_ahead=False, per_series=True),
    )
    assert parse_covariates(["sold:unknown-ahead:per-series"]) == parse_covariates(["sold:per-series:unknown-ahead"])


@pytest.mark.parametrize("text", ["", ":per-series", "temp:ordered", "temp:per-series:per-series", "temp:"])
def test_what_is_no_covariate_is_refused(text):
    with pytest.raises(ConfigError, match="NAME:per-series"):
        parse_covariates([text])
