"""The tracks: which data, how they are cut, what is forecast and what is scored."""

from dataclasses import dataclass, replace
from typing import Literal

LONG = (96, 192, 336, 720)
CalendarName = Literal["hour", "weekday", "month"]


@dataclass(frozen=True, slots=True)
class People:
    """How a track of recordings is cut: whole people are held out, each of them once over the folds.

    Attributes:
        label: of the recordings, whose they are.
        folds: each holds out others for the test; those of the next fold are for validation.
        train_every: rows from one training window to the next.
        score_every: rows from one window that is scored to the next.
    """

    label: str
    folds: int
    train_every: int
    score_every: int


@dataclass(frozen=True, slots=True)
class Track:
    """A data set with its protocol.

    Attributes:
        name: what the command line and the page call it.
        title: what it is.
        file: below the folder of data; empty for data that ship with divecast.
        series_table: CSV beside it whose column ``recommended`` says which series race; all do without one.
        zone: whose wall clock the calendar is read from.
        calendar: known in advance for every hour: names of ``divecast.Calendar``.
        rows: rows of the training, validation and test part; rows after them are left out. Of recordings, people say.
        lookback: rows that every entry may see before an origin.
        horizons: each is a heat of its own, with models of its own.
        steps: scored one by one and averaged; empty: all steps of the horizon weigh the same.
        season: rows in the season of seasonal naive and of MASE.
        standardised: scores are of values less the training mean over its standard deviation.
        covariates: columns of the file that every entry is told of all rows, measured weather standing for a forecast.
        labels: columns of labels, the same.
        filled: gaps of the target and of these columns are interpolated for all entries, since rivals cannot use them.
        whole: only windows whose whole horizon lies in the test part count, as usual for ETT and exchange rates; else
            every test row is a target at every step, as in LSTNet.
        people: how recordings are cut; None for a panel.
    """

    name: str
    title: str
    file: str
    calendar: tuple[CalendarName, ...]
    rows: tuple[int, int, int] = (0, 0, 0)
    series_table: str | None = None
    zone: str = "UTC"
    lookback: int = 168
    horizons: tuple[int, ...] = (24,)
    steps: tuple[int, ...] = (3, 6, 12, 24)
    season: int = 24
    standardised: bool = False
    covariates: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    filled: bool = False
    whole: bool = False
    people: People | None = None

    @property
    def folds(self) -> tuple[int | None, ...]:
        """Numbers of the folds; a panel has none."""
        return (None,) if self.people is None else tuple(range(self.people.folds))

    @property
    def measure(self) -> str:
        """The measure that ranks."""
        return "mse" if self.standardised else "mase" if self.covariates else "rrse"

    def only(self, horizons: list[int] | None) -> "Track":
        """The same with some of its horizons; all where none is named."""
        return replace(self, horizons=tuple(each for each in self.horizons if each in horizons)) if horizons else self

    def small(self) -> "Track":
        """The same with few rows and steps, to test the script."""
        steps = tuple(step for step in self.steps if step <= 12)
        calendar = tuple(name for name in self.calendar if name != "month")  # five weeks have not all of them
        small = replace(self, rows=(900, 300, 150), horizons=(24,), steps=steps, calendar=calendar)
        small = replace(small, lookback=min(self.lookback, 168))
        if self.people is None:
            return small
        return replace(small, rows=self.rows, people=replace(self.people, train_every=50, score_every=100))


def _recordings(name: str, title: str, file: str, lookback: int, horizon: int, people: People) -> Track:
    return Track(
        name=name,
        title=title,
        file=file,
        calendar=(),
        lookback=lookback,
        horizons=(horizon,),
        steps=(),
        season=1,
        standardised=True,
        whole=True,
        people=people,
    )


_HOURLY: tuple[CalendarName, ...] = ("hour", "weekday", "month")


def _eia(name: str, title: str, file: str) -> Track:
    return Track(
        name=name,
        title=f"EIA: {title}",
        file=f"eia_us_demand_hourly/{file}.parquet",
        series_table=f"{file}_series.csv",
        zone="America/New_York",
        calendar=_HOURLY,
        rows=(26308, 8770, 8770),
    )


def _ett(number: int) -> Track:
    """12, 4 and 4 months of 30 days (Zhou et al., Informer, 2021); month is left out, a year has each but once."""
    return Track(
        name=f"etth{number}",
        title=f"ETTh{number}: seven channels of a transformer, hourly, 12/4/4 months",
        file=f"forecasting_benchmarks/ETTh{number}.csv.gz",
        calendar=("hour", "weekday"),
        rows=(8640, 2880, 2880),
        lookback=336,
        horizons=LONG,
        steps=(),
        standardised=True,
        whole=True,
    )


TRACKS = {
    track.name: track
    for track in (
        _eia("eia", "112 series of hourly US demand, 2020 to 2024", "demand_2020_2024"),
        _eia("eia-2015", "42 series of hourly US demand, July 2015 to June 2020", "demand_201507_202006"),
        Track(
            name="electricity",
            title="LSTNet electricity: the 8 real clients at hand, hourly, 2012 to 2014",
            file="lstnet_electricity_pieces/full3y_8clients.csv.gz",
            calendar=_HOURLY,
            rows=(15782, 5261, 5261),
        ),
        _ett(1),
        _ett(2),
        Track(
            name="exchange",
            title="Exchange rates of eight countries, daily, 7:1:2",
            file="forecasting_benchmarks/exchange_rate.csv.gz",
            calendar=(),
            rows=(5311, 760, 1517),
            lookback=336,
            horizons=LONG,
            steps=(),
            season=1,
            standardised=True,
            whole=True,
        ),
        Track(
            name="bike",
            title="Bike sharing: casual and registered riders, hourly, told weather and holidays",
            file="covariates/bike_sharing_hourly.parquet",
            calendar=_HOURLY,
            rows=(10526, 3509, 3509),
            steps=(),
            covariates=("temp", "atemp", "hum", "windspeed"),
            labels=("holiday", "workingday", "weathersit"),
            filled=True,
        ),
        Track(
            name="tetouan",
            title="Tetouan: power of one zone, every 10 minutes, told the weather",
            file="covariates/tetouan_zone1_10min.parquet",
            calendar=("hour", "weekday"),
            rows=(31450, 10483, 10483),
            lookback=1008,
            horizons=(144,),
            steps=(),
            season=144,
            covariates=("Temperature", "Humidity", "WindSpeed", "GeneralDiffuseFlows", "DiffuseFlows"),
        ),
        _recordings(
            "motion",
            "Motion: a smart watch at the wrist of ten people who exercise, 140 recordings, 6 channels, 50 Hz",
            "",
            200,
            50,
            People("subject", folds=5, train_every=10, score_every=25),
        ),
        _recordings(
            "gait",
            "Gait: the left foot of twelve people after a stroke, 55 recordings, 6 channels, 100 Hz",
            "gait_stroke_movingreality",
            1000,
            800,
            People("participant", folds=4, train_every=50, score_every=200),
        ),
    )
}
