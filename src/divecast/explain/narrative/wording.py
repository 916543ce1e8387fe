"""The words of a narrative: sentences whose numbers are fields of it, and no others."""

from collections.abc import Iterator

from divecast._text import plural
from divecast.explain.narrative.narrative import Narrative, PartOfForecast, StepForecast, UsualValues

_MOST_PARTS = 3  # that are told with numbers
_DOUBT = 0.5  # a label that is read with less is no contradiction


def paragraph(narrative: Narrative) -> str:
    """Return the narrative in words."""
    return " ".join(_sentences(narrative))


def number(value: float) -> str:
    """Return a number with four digits."""
    return f"{value:.4g}"


def percent(share: float) -> str:
    """Return a share in percent."""
    return f"{100 * share:.0f} %"


def _sentences(narrative: Narrative) -> Iterator[str]:
    yield _forecast(narrative)
    yield _extremes(narrative)
    yield _usual(narrative.usual)
    yield from _parts(narrative.parts)
    yield from _unusual(narrative)
    yield _record(narrative)


def _forecast(narrative: Narrative) -> str:
    where = "" if narrative.recording is None else f" of {narrative.recording}"
    zone = "" if narrative.zone is None else f" ({narrative.zone})"
    unit = f" {narrative.unit}" if narrative.unit else " in the units of the data"
    chosen = (
        f" It was chosen among {plural(narrative.n_series, 'series')} as the one that departs most from its look-back."
        if narrative.is_chosen
        else ""
    )
    return (
        f"{narrative.series}{where}, {plural(narrative.n_steps, 'step')} from {narrative.first} to {narrative.last}"
        f"{zone}: the mean of the forecast is {number(narrative.mean)}{unit}.{chosen}"
    )


def _extremes(narrative: Narrative) -> str:
    if narrative.n_steps == 1:
        return f"Its {percent(narrative.interval)} interval is {_interval(narrative.lowest)}."
    lowest, highest = narrative.lowest, narrative.highest
    return (
        f"It is lowest at {lowest.time}, {number(lowest.mean)} ({percent(narrative.interval)} interval "
        f"{_interval(lowest)}), and highest at {highest.time}, {number(highest.mean)} ({_interval(highest)})."
    )


def _interval(step: StepForecast) -> str:
    return f"{number(step.low)} to {number(step.high)}"


def _usual(usual: UsualValues | None) -> str:
    if usual is None:
        return "What is usual is not known: the data before have too few spans of this length."
    spans = f"In {plural(usual.n_blocks, 'earlier span')} of this length, {plural(usual.rows_between, 'row')} apart,"
    if usual.n_below in (0, usual.n_blocks):
        side = "below" if usual.n_below == 0 else "above"
        rank = f"the forecast is {side} all of them, which is unusual"
    else:
        rank = f"the forecast is above {usual.n_below} of them"
    return (
        f"{spans} the mean was {number(usual.mean)} on average, {number(usual.lowest)} at least and "
        f"{number(usual.highest)} at most; {rank}."
    )


def _parts(parts: tuple[PartOfForecast, ...] | None) -> Iterator[str]:
    if parts is None:
        yield "What the forecast adds up from is not known for this model."
        return
    level = [part for part in parts if part.kind == "level"]
    others = [part for part in parts if part.kind != "level" and (part.lowest, part.highest) != (0.0, 0.0)]
    told = [f"a level of {number(part.mean)}" for part in level]
    told += [_part(part) for part in others[:_MOST_PARTS]]
    smaller = [part.name for part in others[_MOST_PARTS:]]
    told += [f"and less from {', '.join(smaller)}"] if smaller else []
    yield f"It adds up, the largest part first, from {'; '.join(told)}."


def _part(part: PartOfForecast) -> str:
    effect = "the effect of " if part.kind == "effect" else ""
    return (
        f"{effect}{part.name}, {number(part.mean)} on average, from {number(part.lowest)} at {part.lowest_at} to "
        f"{number(part.highest)} at {part.highest_at}"
    )


def _unusual(narrative: Narrative) -> Iterator[str]:
    if narrative.trained_on:
        yield "The model was trained on these rows, so that the forecast is better than one of new rows."
    if narrative.n_missing:
        yield f"Of the {plural(narrative.lookback, 'row')} before, {narrative.n_missing} have no value."
    for label in narrative.labels:
        if label.given is not None and label.given != label.inferred and label.probability >= _DOUBT:
            yield (
                f"The last row before has {label.factor} {label.given}, but the values look like {label.inferred} "
                f"(probability {percent(label.probability)})."
            )
    if narrative.previous is not None:
        previous = narrative.previous
        yield (
            f"In the forecast of the span before, {previous.n_inside} of {plural(previous.n_known, 'value')} lay "
            f"within their {percent(narrative.interval)} interval, where {number(previous.n_expected)} are expected; "
            f"values minus forecast were {number(previous.error)} on average."
        )


def _record(narrative: Narrative) -> str:
    record = narrative.record
    if record is None:
        return f"How well such forecasts have done is not known: {narrative.no_record}."
    better = "lower" if record.mae < record.rival_mae else "not lower"
    return (
        f"In {plural(record.n_forecasts, 'forecast')} of the {record.part} part ({record.n_values:,} values of this "
        f"series), the mean absolute error was {number(record.mae)}, {better} than the {number(record.rival_mae)} of "
        f"{record.rival}, and {percent(record.nominal)} intervals held {percent(record.coverage)} of the values."
    )
