"""One forecast as a paragraph, and the facts that it is made of."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from divecast._text import visible
from divecast.inference.track_record import SeriesRecord


@dataclass(frozen=True, slots=True)
class StepForecast:
    """The forecast of one step.

    Attributes:
        time: its time.
        mean: its mean, original units.
        low: lower end of its interval.
        high: upper end.
    """

    time: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class UsualValues:
    """The same length of time in the past: blocks of as many rows, a season or several before the forecast.

    Attributes:
        n_blocks: number of blocks.
        rows_between: rows from one block to the next.
        mean: mean of the means of the blocks, original units.
        lowest: lowest of these means.
        highest: highest of them.
        n_below: number of blocks whose mean is below that of the forecast.
    """

    n_blocks: int
    rows_between: int
    mean: float
    lowest: float
    highest: float
    n_below: int


@dataclass(frozen=True, slots=True)
class PartOfForecast:
    """A part that the forecast mean adds up from.

    Attributes:
        name: its name.
        kind: its kind, as in ``ForecastParts``.
        mean: mean over the steps, original units.
        lowest: its lowest value.
        lowest_at: time of that value.
        highest: its highest value.
        highest_at: time of that value.
    """

    name: str
    kind: str
    mean: float
    lowest: float
    lowest_at: str
    highest: float
    highest_at: str


@dataclass(frozen=True, slots=True)
class LabelReading:
    """A label of the last row of the window, as given and as read from the values.

    Attributes:
        factor: the factor.
        given: its class in the data; None if it is missing.
        inferred: its most probable class.
        probability: probability of that class.
    """

    factor: str
    given: str | None
    inferred: str
    probability: float


@dataclass(frozen=True, slots=True)
class PreviousForecast:
    """What came of the forecast that was made a horizon earlier.

    Attributes:
        n_known: number of its steps whose value is known.
        n_inside: number of these values within their interval.
        n_expected: number that should be within.
        error: mean of value minus forecast, original units.
    """

    n_known: int
    n_inside: int
    n_expected: float
    error: float


@dataclass(frozen=True, slots=True)
class Narrative:
    """One forecast of one series as a paragraph, and the facts that it is made of.

    Each number of the text is one of the facts, rounded to four digits; shares are written in percent.

    Attributes:
        series: name of the series.
        n_series: number of series that were forecast.
        is_chosen: whether the series was chosen as the one that departs most from its look-back.
        recording: name of the recording; None for a panel.
        zone: time zone of all times; None for recordings.
        unit: unit of the values; None if it is not known.
        n_steps: number of steps.
        first: time of the first step.
        last: time of the last step.
        mean: mean of the forecast over the steps, original units.
        interval: share that the interval of a step should hold.
        highest: the step with the highest mean.
        lowest: the step with the lowest mean.
        usual: the same length of time in the past; None if there are fewer than four such blocks.
        parts: what the forecast mean adds up from, the largest effects first; None if parts do not add up.
        labels: labels of the last row of the window that the model can read from the values.
        n_missing: values of the window that are missing.
        lookback: rows of the window.
        previous: what came of the forecast a horizon earlier; None if there is none.
        trained_on: whether the model was trained on the rows that are forecast.
        record: how well forecasts of this series have done; None if that is not known.
        no_record: why it is not known; None if it is.

    Example:
        >>> narrative = model.narrate(panel, series=panel.channels[0])
        >>> narrative.n_steps, narrative.text.startswith(narrative.series)
        (24, True)
    """

    series: str
    n_series: int
    is_chosen: bool
    recording: str | None
    zone: str | None
    unit: str | None
    n_steps: int
    first: str
    last: str
    mean: float
    interval: float
    highest: StepForecast
    lowest: StepForecast
    usual: UsualValues | None
    parts: tuple[PartOfForecast, ...] | None
    labels: tuple[LabelReading, ...]
    n_missing: int
    lookback: int
    previous: PreviousForecast | None
    trained_on: bool
    record: SeriesRecord | None
    no_record: str | None

    @property
    def text(self) -> str:
        """The paragraph."""
        from divecast.explain.narrative.wording import paragraph

        return visible(paragraph(self))

    @property
    def facts(self) -> dict[str, Any]:
        """Each fact by its place, such as ``usual.mean`` or ``parts.0.name``: what the text may say.

        Example:
            >>> model.narrate(panel).facts["n_steps"]
            24
        """
        return dict(_flat("", asdict(self)))

    def __str__(self) -> str:
        """Return the paragraph."""
        return self.text


def _flat(place: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        items = [(str(name), each) for name, each in value.items()]
    elif isinstance(value, list | tuple):
        items = [(str(number), each) for number, each in enumerate(value)]
    else:
        return [(place, value)]
    return [found for name, each in items for found in _flat(f"{place}.{name}" if place else name, each)]
