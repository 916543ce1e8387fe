"""A model and its data, ready to be asked from many threads: nothing here is changed by a question.

Each answer is what the public method of the same name gives on the whole data. What does not depend on the question is
computed once: the windows and their labels, how a goes with the labels, and what is usual. No question draws random
numbers from the global state, so none needs to wait for another.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Windows
from divecast.errors import DivecastError
from divecast.estimator import DeepDIVE
from divecast.explain.anomalies.anomalies import Anomalies, find_anomalies
from divecast.explain.anomalies.reference import DEFAULT_SCORES, Reference
from divecast.explain.counterfactuals.counterfactual import Counterfactual
from divecast.explain.counterfactuals.dimension import find_dimension
from divecast.explain.counterfactuals.label_effects import LabelEffects, effects_for
from divecast.explain.counterfactuals.traversal import Traversal, traverse_windows
from divecast.explain.counterfactuals.what_if import HandOver, wanted_classes, what_if_windows
from divecast.explain.places import Place, windows_at
from divecast.explorer.cached import Once
from divecast.explorer.limits import MOST_WINDOWS, Limits, body_for
from divecast.explorer.questions import (
    AnomaliesQuestion,
    EncodeQuestion,
    ForecastQuestion,
    OfWindows,
    Row,
    TraverseQuestion,
    WhatIfQuestion,
)
from divecast.explorer.refusal import RefusedError, of_field, shortened
from divecast.explorer.request_window import sent_window
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import encode_windows, forecast_windows
from divecast.inference.results import Codes, Forecast


@dataclass(frozen=True, eq=False, slots=True)
class Explorer:
    """A fitted model and the windows of its data.

    Attributes:
        fitted: the model.
        windows: all windows of the data.
        effects: how a goes with the labels in the data.
        reference: what is usual: the validation part of the data of the fit, or other data themselves.
        limits: how much may be asked.
    """

    fitted: FittedModel
    windows: Windows
    effects: Once[LabelEffects | None]
    reference: Once[Reference]
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def of(cls, model: DeepDIVE, data: Any, limits: Limits | None = None) -> "Explorer":
        """Bring data to a model.

        Raises:
            DataError: the data cannot be used.
        """
        fitted, windows = model._windows(data, "all", "encode", 1)
        default = Limits(body_bytes=body_for(fitted.shape.lookback * len(fitted.channels)))
        return cls(
            fitted=fitted,
            windows=windows,
            effects=Once(lambda: effects_for(fitted, windows, "adjusted")),
            reference=Once(lambda: _reference(model, fitted, windows)),
            limits=limits or default,
        )

    def prepare(self) -> None:
        """Compute what the first question would wait for; what these data do not allow is said when it is asked."""
        for made in (self.effects, self.reference):
            try:
                made()
            except DivecastError:
                continue

    def columns(self, channels: list[str] | None) -> NDArray[np.int64]:
        """Return the numbers of the channels to give back.

        Raises:
            RefusedError: the model has no such channel.
        """
        known = {name: at for at, name in enumerate(self.fitted.channels)}
        unknown = [name for name in channels or () if name not in known]
        if unknown:
            raise RefusedError(
                "channels",
                f"expected channels of the model, such as {shortened(self.fitted.channels[0])}, "
                f"got {shortened(unknown[0])}",
            )
        return np.array([known[name] for name in channels] if channels else range(len(known)), dtype=np.int64)

    def forecast(self, question: ForecastQuestion) -> Forecast:
        """Answer as ``DeepDIVE.forecast``."""
        windows = self._asked(question)
        self._check_size(windows, question.channels, self.fitted.shape.horizon * (1 + len(question.levels)))
        with of_field("levels"):
            return forecast_windows(self.fitted, windows, question.labels, question.levels, 0)

    def encode(self, question: EncodeQuestion) -> Codes:
        """Answer as ``DeepDIVE.encode``."""
        return encode_windows(self.fitted, self._asked(question))

    def what_if(self, question: WhatIfQuestion) -> Counterfactual:
        """Answer as ``DeepDIVE.what_if``; a sent window is adjusted by what the server's data say of a."""
        with of_field("to"):
            wanted = wanted_classes(self.fitted, question.to)
        windows = self._asked(question)
        shape = self.fitted.shape
        each = shape.horizon * (3 + 2 * len(question.levels)) + 3 * shape.lookback
        self._check_size(windows, question.channels, each)
        with of_field("unlabelled_code"):
            how = HandOver(question.labels, self.effects() if question.unlabelled_code == "adjusted" else None)
        with of_field("levels"):
            return what_if_windows(self.fitted, windows, wanted.expand(len(windows), -1), how, question.levels)

    def traverse(self, question: TraverseQuestion) -> Traversal:
        """Answer as ``DeepDIVE.traverse``."""
        with of_field("dimension"):
            moved = find_dimension(self.fitted, question.dimension)
        stops = question.positions or moved.default_positions(None, 3.0)
        windows = self._asked(question)
        shape = self.fitted.shape
        self._check_size(windows, question.channels, (1 + len(stops)) * (shape.lookback + shape.horizon))
        with of_field("unlabelled_code"):
            effects = self.effects() if question.unlabelled_code == "adjusted" else None
        with of_field("positions"):
            return traverse_windows(self.fitted, windows, moved, stops, effects)

    def anomalies(self, question: AnomaliesQuestion) -> Anomalies:
        """Answer as ``DeepDIVE.anomalies`` for the windows of a span, by the same reference."""
        chosen = np.flatnonzero(self._in_span(question))[:: question.every]
        if not len(chosen):
            raise RefusedError("start", "expected a span in which windows end, there are none from start to stop")
        if len(chosen) > self.limits.scored:
            least = question.every * -(-len(chosen) // self.limits.scored)
            raise RefusedError(
                "every",
                f"expected at most {self.limits.scored} windows to score, got {len(chosen)}; give a shorter span, or "
                f"every={least} or more",
            )
        return find_anomalies(self.fitted, self.windows.subset(chosen), self.reference(), DEFAULT_SCORES)

    def _asked(self, question: OfWindows) -> Windows:
        if question.window is not None:
            return sent_window(self.fitted, self.windows.source, question.window)
        with of_field("at"):
            windows = windows_at(self.windows, None if question.at is None else [_place(at) for at in question.at])
        if len(windows) > MOST_WINDOWS:
            raise RefusedError("at", f"expected {MOST_WINDOWS} windows at most, got {len(windows)} ends; name some")
        return windows

    def _in_span(self, question: AnomaliesQuestion) -> NDArray[np.bool_]:
        source, ends = self.windows.source, self.windows.origins - 1
        inside = np.ones(len(ends), dtype=bool)
        if question.recordings is not None:
            unknown = [name for name in question.recordings if name not in source.names or source.clock is not None]
            if unknown:
                raise RefusedError(
                    "recordings", f"expected names of recordings of the data, got {shortened(unknown[0])}"
                )
            inside &= np.isin(self.windows.segments, [source.names.index(name) for name in question.recordings])
        for name, stamp in (("start", question.start), ("stop", question.stop)):
            if stamp is not None and source.clock is None:
                raise RefusedError(name, "recordings have no clock: leave start and stop out, and name recordings")
            if stamp is not None and source.clock is not None:
                with of_field(name):
                    row = source.clock.row_of(stamp)
                inside &= ends >= row if name == "start" else ends <= row
        return inside

    def _check_size(self, windows: Windows, channels: list[str] | None, each: int) -> None:
        """Refuse what would need or give back too many numbers, ``each`` a window and channel."""
        limits, needed = self.limits, len(windows) * each
        back, computed = needed * len(self.columns(channels)), needed * len(self.fitted.channels)
        if back > limits.numbers or computed > limits.computed:
            raise RefusedError(
                "body",
                f"expected to give back at most {limits.numbers} numbers and to compute {limits.computed}, these would "
                f"be {back} and {computed}; ask for fewer windows, channels, levels or positions",
            )


def _place(at: str | Row) -> Place:
    return at if isinstance(at, str) else (at.recording, at.second)


def _reference(model: DeepDIVE, fitted: FittedModel, windows: Windows) -> Reference:
    if windows.source.fingerprint() != fitted.about["fingerprint"]:
        return Reference.measure(fitted, windows, "the given data")
    return Reference.measure(fitted, model._windows(windows.source, "valid", "encode", 1)[1], "the validation part")
