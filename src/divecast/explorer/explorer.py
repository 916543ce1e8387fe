"""Answers questions to a model about its data; safe to use from many threads, as no question changes any state.

Each answer equals that of the public method of the same name on the whole data. What does not depend on the question is
computed once: the windows with their labels, how a depends on the labels, and the reference of the anomaly scores. No
question draws from the global random state.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Windows
from divecast.errors import DivecastError
from divecast.estimator import DeepDIVE
from divecast.explain.anomalies.anomalies import Anomalies, find_anomalies
from divecast.explain.anomalies.reference import DEFAULT_SCORES, Reference, reference_for
from divecast.explain.counterfactuals.counterfactual import Counterfactual
from divecast.explain.counterfactuals.dimension import find_dimension
from divecast.explain.counterfactuals.label_effects import LabelEffects, effects_for
from divecast.explain.counterfactuals.scenario import scenario_of, scenario_windows
from divecast.explain.counterfactuals.traversal import Traversal, traverse_windows
from divecast.explain.counterfactuals.what_if import ClassChange, wanted_classes, what_if_windows
from divecast.explain.places import Place, windows_at
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
from divecast.explorer.request_window import request_window
from divecast.inference.fitted_model import FittedModel
from divecast.inference.parts import forecast_parts
from divecast.inference.predict import encode_windows, forecast_windows
from divecast.inference.results import Codes, Forecast, ForecastParts
from divecast.web.cached import Cached
from divecast.web.refusal import RefusedError, of_field, shortened

_PARTS = 20  # about as many as a forecast has


@dataclass(frozen=True, eq=False, slots=True)
class Explorer:
    """A fitted model and the windows of its data.

    Attributes:
        fitted: the model.
        windows: all windows of the data.
        as_given: the same with readings beyond the limits, which are anomalies.
        effects: how a depends on the labels in the data.
        reference: of the anomaly scores: the validation part for the data of the fit, else all windows of the data.
        limits: of a request.
    """

    fitted: FittedModel
    windows: Windows
    as_given: Windows
    effects: Cached[LabelEffects | None]
    reference: Cached[Reference]
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def of(cls, model: DeepDIVE, data: Any, limits: Limits | None = None) -> "Explorer":
        """Prepare a model and data.

        Raises:
            DataError: the data cannot be used.
        """
        model.fitted_model.refuse_independent("The explorer")
        fitted, windows = model.fitted_model, model.fitted_model.windows(data)
        as_given = fitted.windows(data, keep_outliers=True)
        default = Limits(body_bytes=body_for(fitted.shape.lookback * len(fitted.channels)))
        return cls(
            fitted=fitted,
            windows=windows,
            as_given=as_given,
            effects=Cached(lambda: effects_for(fitted, windows, "adjusted")),
            reference=Cached(lambda: reference_for(fitted, as_given)),
            limits=limits or default,
        )

    def prepare(self) -> None:
        """Compute what the first question would otherwise wait for; errors are raised when a question needs it."""
        for compute in (self.effects, self.reference):
            try:
                compute()
            except DivecastError:
                continue

    def columns(self, channels: list[str] | None) -> NDArray[np.int64]:
        """Return the indices of the channels to return.

        Raises:
            RefusedError: the model has no such channel.
        """
        known = {name: index for index, name in enumerate(self.fitted.channels)}
        unknown = [name for name in channels or () if name not in known]
        if unknown:
            raise RefusedError(
                "channels",
                expected=f"channels of the model, such as {shortened(self.fitted.channels[0])}",
                found=shortened(unknown[0]),
            )
        return np.array([known[name] for name in channels] if channels else range(len(known)), dtype=np.int64)

    def forecast(self, question: ForecastQuestion) -> tuple[Forecast, ForecastParts | None]:
        """Answer as ``DeepDIVE.forecast``; with the parts if the question asks for them."""
        windows = self.windows_of(question)
        n_curves = 1 + len(question.levels) + _PARTS * question.parts
        self._check_size(windows, question.channels, self.fitted.shape.horizon * n_curves)
        with of_field("levels", only=True):
            forecast = forecast_windows(self.fitted, windows, question.labels, question.levels)
        return forecast, forecast_parts(self.fitted, windows, question.labels) if question.parts else None

    def encode(self, question: EncodeQuestion) -> Codes:
        """Answer as ``DeepDIVE.encode``."""
        return encode_windows(self.fitted, self.windows_of(question))

    def what_if(self, question: WhatIfQuestion) -> Counterfactual:
        """Answer as ``DeepDIVE.what_if``; a window in the request is adjusted by the server's data."""
        if question.to is None and question.window is not None:
            raise RefusedError("future", "A scenario is of windows of the server's data", hint="Name them in at")
        with of_field("to"):
            wanted = None if question.to is None else wanted_classes(self.fitted, question.to)
        windows = self.windows_of(question)
        shape = self.fitted.shape
        size = shape.horizon * (3 + 2 * len(question.levels)) + 3 * shape.lookback
        self._check_size(windows, question.channels, size)
        if wanted is None:
            return self._in_scenario(windows, question)
        with of_field("unlabelled_code"):
            how = ClassChange(question.labels, self.effects() if question.unlabelled_code == "adjusted" else None)
        with of_field("levels", only=True):
            return what_if_windows(self.fitted, windows, wanted.expand(len(windows), -1), how, question.levels)

    def _in_scenario(self, windows: Windows, question: WhatIfQuestion) -> Counterfactual:
        asked = {name: [each.described() for each in changes] for name, changes in (question.future or {}).items()}
        with of_field("future"):
            scenario = scenario_of(self.fitted, windows, asked)
        with of_field("levels", only=True):
            return scenario_windows(self.fitted, windows, scenario, question.labels, question.levels)

    def traverse(self, question: TraverseQuestion) -> Traversal:
        """Answer as ``DeepDIVE.traverse``."""
        with of_field("dimension"):
            moved = find_dimension(self.fitted, question.dimension)
        stops = question.positions or moved.default_positions(None, 3.0)
        windows = self.windows_of(question)
        shape = self.fitted.shape
        self._check_size(windows, question.channels, (1 + len(stops)) * (shape.lookback + shape.horizon))
        with of_field("unlabelled_code"):
            effects = self.effects() if question.unlabelled_code == "adjusted" else None
        with of_field("positions", only=True):
            return traverse_windows(self.fitted, windows, moved, stops, effects)

    def anomalies(self, question: AnomaliesQuestion) -> Anomalies:
        """Answer as ``DeepDIVE.anomalies`` for the windows of a span, with the same reference."""
        chosen = np.flatnonzero(self._in_span(question))[:: question.every]
        if not len(chosen):
            raise RefusedError("start", "No window ends between start and stop")
        if len(chosen) > self.limits.scored:
            least = question.every * -(-len(chosen) // self.limits.scored)
            raise RefusedError(
                "every",
                "Too many windows to score",
                expected=f"at most {self.limits.scored}",
                found=str(len(chosen)),
                hint=f"Choose a shorter span, or {{every}} of at least {least}",
            )
        return find_anomalies(self.fitted, self.as_given.subset(chosen), self.reference(), DEFAULT_SCORES)

    def windows_of(self, question: OfWindows) -> Windows:
        """Return the windows that a question names, or the one in it."""
        if question.window is not None:
            return request_window(self.fitted, self.windows.source, question.window)
        with of_field("at"):
            windows = windows_at(self.windows, None if question.at is None else [_place(at) for at in question.at])
        if len(windows) > MOST_WINDOWS:
            raise RefusedError(
                "at",
                "Too many windows",
                expected=f"at most {MOST_WINDOWS}",
                found=str(len(windows)),
                hint="Name some recordings in {at}",
            )
        return windows

    def _in_span(self, question: AnomaliesQuestion) -> NDArray[np.bool_]:
        source, ends = self.windows.source, self.windows.origins - 1
        inside = np.ones(len(ends), dtype=bool)
        if question.recordings is not None:
            unknown = [name for name in question.recordings if name not in source.names or source.clock is not None]
            if unknown:
                raise RefusedError(
                    "recordings", expected="names of recordings of the data", found=shortened(unknown[0])
                )
            inside &= np.isin(self.windows.segments, [source.names.index(name) for name in question.recordings])
        for name, stamp in (("start", question.start), ("stop", question.stop)):
            if stamp is not None and source.clock is None:
                raise RefusedError(name, "Recordings have no clock", hint="Use {recordings} in place of start and stop")
            if stamp is not None and source.clock is not None:
                with of_field(name):
                    row = source.clock.row_of(stamp)
                inside &= ends >= row if name == "start" else ends <= row
        return inside

    def _check_size(self, windows: Windows, channels: list[str] | None, size: int) -> None:
        """Refuse a request for too many numbers; ``size`` is that per window and channel."""
        limits, needed = self.limits, len(windows) * size
        returned, computed = needed * len(self.columns(channels)), needed * len(self.fitted.channels)
        if returned > limits.numbers or computed > limits.computed:
            raise RefusedError(
                "body",
                "The answer would be too large",
                expected=f"at most {limits.numbers} numbers to return and {limits.computed} to compute",
                found=f"{returned} and {computed}",
                hint="Ask for fewer windows, channels, levels or positions",
            )


def _place(at: str | Row) -> Place:
    return at if isinstance(at, str) else (at.recording, at.second)
