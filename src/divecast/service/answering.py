"""Answers requests to one model, in one thread; forecasts that wait at the same time are computed in one batch.

One thread per process, as a warning belongs to the request that is computed, and since more of them would only share
one core: several processes use several cores.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from divecast.data.sources.series_rows import series_names
from divecast.errors import DataWarning, DivecastError
from divecast.inference.asked import Asked, Origins
from divecast.inference.fitted_model import FittedModel
from divecast.inference.parts import forecast_parts
from divecast.inference.predict import forecast_together
from divecast.inference.results import Forecast
from divecast.inference.results.ensemble import Ensemble
from divecast.service.answers import About, forecast_bytes, parts_bytes, paths_bytes
from divecast.service.bodies import JSON, Body
from divecast.service.questions import ForecastQuestion, PartsQuestion, PathsQuestion, Question
from divecast.web.forecast_answer import Columns
from divecast.web.refusal import RefusedError, of_field, shortened

_FIELDS = {"future", *ForecastQuestion.model_fields, *PathsQuestion.model_fields}
_PARTS = 20  # about as many as a forecast has
_FEW = 4  # windows of a request that is forecast together with others


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer.

    Attributes:
        content: as it is sent.
        told: warnings in it.
    """

    content: bytes
    told: list[str]


@dataclass(eq=False, slots=True)
class Job:
    """A request for forecasts that waits or is done.

    Attributes:
        fitted: the model.
        read: reads the body, when it is the turn of the request.
        about: what the answer tells of itself.
        numbers: most numbers in the answer.
        answer: the answer, or the error, once it is done.
        told: warnings so far.
    """

    fitted: FittedModel
    read: Callable[[], Body[ForecastQuestion]]
    about: About
    numbers: int
    answer: Answered | Exception | None = None
    told: list[str] = field(default_factory=list)


def forecast_jobs(jobs: Sequence[Job]) -> None:
    """Compute the answers of requests to one model; an error is the answer of its request alone."""
    ready: dict[tuple[Any, ...], list[tuple[Job, Body[ForecastQuestion], Asked]]] = {}
    for job in jobs:
        try:
            with told_to(job.told):
                body = job.read()
                asked = _asked(job.fitted, body, job.numbers, 1 + len(body.question.levels))
            key = (body.question.labels, tuple(body.question.levels), _batch(job.fitted, asked))
            ready.setdefault(key, []).append((job, body, asked))
        except Exception as error:
            job.answer = error
    for together in ready.values():
        _forecast(together)


def answer_parts(fitted: FittedModel, read: Callable[[], Body[PartsQuestion]], about: About, numbers: int) -> Answered:
    """Answer a request for the parts of forecasts."""
    told: list[str] = []
    with told_to(told):
        body = read()
        asked = _asked(fitted, body, numbers, _PARTS)
        columns = _columns(asked, body.question)
        if asked.new is not None:
            raise RefusedError(
                "rows", "Series that the model does not know have no parts", hint="Leave them out of the rows"
            )
        windows = asked.windows
        if fitted.independent:  # one window, of one channel, for each series
            windows, columns = windows.subset(np.isin(windows.segments, columns)), np.zeros(1, dtype=np.int64)
        if not len(windows):
            raise RefusedError("channels", "These series have no value in the look-back, and so no forecast")
        parts = forecast_parts(fitted, windows, body.question.labels)
    return Answered(parts_bytes(about, parts, columns, told), told)


def answer_paths(fitted: FittedModel, read: Callable[[], Body[PathsQuestion]], about: About, numbers: int) -> Answered:
    """Answer a request for sample paths."""
    told: list[str] = []
    with told_to(told):
        body = read()
        question = body.question
        if question.paths and about.format != JSON:
            raise RefusedError("paths", "Paths are sent as JSON alone", hint="Accept application/json")
        asked = _asked(fitted, body, numbers, question.n_paths)
        forecast = asked.joined(question.labels, (), question.n_paths)
        columns = _columns(asked, question)
        ensemble = forecast.ensemble
        ensemble = Ensemble(
            ensemble.what,
            tuple(ensemble.names[column] for column in columns),
            ensemble.values[..., columns],
            ensemble.starts,
            ensemble.n_steps,
            ensemble.keys,
        )
        found = _summed(ensemble, question)
    return Answered(paths_bytes(about, found, question.levels, question.paths, told), told)


def _summed(found: Ensemble, question: PathsQuestion) -> Ensemble:
    if question.panel:
        found = found.total("step")
    if question.groups is not None:
        found = found.total(question.groups)
    if question.exceeds is not None:
        found = found.exceeds(question.exceeds)
    if question.total is not None:
        found = found.total(question.total)
    return found if question.peak is None else found.peak(question.peak)


def _forecast(together: Sequence[tuple[Job, Body[ForecastQuestion], Asked]]) -> None:
    """Forecast what can be one batch; if that fails, one after another, so that each has its own error."""
    (first, body, asked), *others = together
    labels, levels = body.question.labels, tuple(body.question.levels)
    finish: list[Callable[[], Forecast]] = [partial(each.joined, labels, levels, 0) for _, _, each in together]
    if others:
        with suppress(DivecastError):
            finish = forecast_together(first.fitted, [each.windows for _, _, each in together], labels, levels)
    for (job, body, asked), finished in zip(together, finish, strict=True):
        try:
            columns = _columns(asked, body.question)
            with told_to(job.told):
                forecast = finished()
            job.answer = Answered(forecast_bytes(job.about, forecast, columns, job.told), job.told)
        except Exception as error:
            job.answer = error


def _asked(fitted: FittedModel, body: Body[Any], numbers: int, n_curves: int) -> Asked:
    """Read the rows, and choose the windows."""
    question: Question = body.question
    asked = Asked.of(fitted, body.rows, Origins(question.start, question.stop, question.every, False), body.future)
    needed = len(asked.windows) * fitted.shape.horizon * len(fitted.channels) * n_curves
    if needed > numbers:
        raise RefusedError(
            "body",
            "The answer would be too large",
            expected=f"at most {numbers} numbers",
            found=f"{needed} of {len(asked.windows)} windows",
            hint="Ask for fewer windows, series, levels or paths",
        )
    return asked


def _batch(fitted: FittedModel, asked: Asked) -> int | None:
    """Return None where the windows can be in a batch with others, else a number of their own."""
    alone = fitted.independent or asked.new is not None or fitted.own is not None or fitted.config.own_scale
    return id(asked) if alone or len(asked.windows) > _FEW else None


def _columns(asked: Asked, question: Question) -> Columns:
    """Return the numbers of the channels to return."""
    names = series_names(asked.windows.source)
    if asked.new is not None:
        names = (*names, *asked.new.panel.channels)
    place = {name: number for number, name in enumerate(names)}
    unknown = [name for name in question.channels or () if name not in place]
    if unknown:
        raise RefusedError(
            "channels",
            expected=f"series of the rows or the model, such as {shortened(names[0])}",
            found=shortened(unknown[0]),
        )
    return np.array([place[name] for name in question.channels or names], dtype=np.int64)


@contextmanager
def _of_fields() -> Iterator[None]:
    """Attribute errors of the library about an argument to the field of the same name."""
    try:
        yield
    except RefusedError:
        raise
    except DivecastError as error:
        if error.argument not in _FIELDS:
            raise
        with of_field(error.argument):
            raise


@contextmanager
def told_to(told: list[str]) -> Iterator[None]:
    """Add the warnings of the library (DataWarning) within the block to a list, in the words of a request."""
    with warnings.catch_warnings(record=True) as caught, _of_fields():
        warnings.simplefilter("always")
        yield
    told += [warned.message.worded(lambda name: name) for warned in caught if isinstance(warned.message, DataWarning)]
