"""The models that score windows, fitted on data before the days they judge."""

from dataclasses import dataclass, replace
from pathlib import Path

from divecast import ByTime, Calendar, DeepDIVE, Panel, datasets
from divecast.data import Factor
from research.paper.cases import HOURLY, Settings, load_case

CASES = ("eia", "loads")
LOADS = (Calendar("hour"), Calendar("weekday"))


WEEK, DAY = 168, 24


@dataclass(frozen=True, eq=False)
class Judge:
    """A model and the data it judges.

    Attributes:
        case: one of ``CASES``.
        about: description of data and split.
        panel: all rows.
        fitted_on: the rows it was fitted on.
        model: fitted.
    """

    case: str
    about: str
    panel: Panel
    fitted_on: Panel
    model: DeepDIVE


def fit_judge(asked: tuple[str, Path | None, bool], lookback: int, seed: int) -> Judge:
    """Fit on the start of the data; test is 2023 and 2024 of eia, the last fifth of loads.

    Args:
        asked: case, its data, and whether to use a small version.
        lookback: hours of a window.
        seed: of the fit.
    """
    case, data, quick = asked
    if case == "loads":
        panel = datasets.load("loads")
        about = "27 German load profiles of 2016, hour by hour, cut 3:1:1"
        return _fit(Judge(case, about, panel, panel, _loads_model(lookback, seed, quick)), ByTime(3, 1, 1))
    found = load_case("eia", data, seed, quick)
    if not isinstance(found.data, Panel):
        raise TypeError("expected eia as a panel")
    split, told = (ByTime(3, 1, 1), "cut 3:1:1") if quick else (ByTime(2.5, 0.5, 2), "fitted before 2023, cut 5:1:4")
    model = _model(lookback, found.factors, found.settings, seed)
    return _fit(Judge(case, f"{found.about}; {told}", found.data, found.data, model), split)


def fit_halves(lookback: int, seed: int, quick: bool) -> tuple[Judge, Judge]:
    """Fit on one half of the loads each, to judge the other: a year is too short for all its holidays to lie after."""
    panel = datasets.load("loads")
    middle = len(panel.values) // 2
    halves = panel.rows(0, middle), panel.rows(middle, len(panel.values))
    one, two = (
        _fit(Judge("loads", "", panel, half, _loads_model(lookback, seed, quick)), ByTime(5, 1, 0)) for half in halves
    )
    return one, two


def _fit(judge: Judge, split: ByTime) -> Judge:
    judge.model.fit(judge.fitted_on, split, progress=False)
    return judge


def _model(lookback: int, factors: tuple[Factor, ...], settings: Settings, seed: int) -> DeepDIVE:
    model, training, losses = settings.model, settings.training, settings.losses
    return DeepDIVE(24, lookback, factors, model=model, training=training, losses=losses, seed=seed)


def _loads_model(lookback: int, seed: int, quick: bool) -> DeepDIVE:
    return _model(lookback, LOADS, _loads_settings(quick), seed)


def _loads_settings(quick: bool) -> Settings:
    return replace(
        HOURLY, training=replace(HOURLY.training, epochs=1 if quick else 12, window_stride=5 if quick else 1)
    )
