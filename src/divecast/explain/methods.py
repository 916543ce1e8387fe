"""The questions that a fitted model answers about itself, as methods of the estimator."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Literal

from divecast.data import Windows
from divecast.explain.anomalies.anomalies import Anomalies, find_anomalies
from divecast.explain.anomalies.reference import DEFAULT_SCORES, Reference
from divecast.explain.attribution.attribution import Attribution
from divecast.explain.attribution.why import attribute, windows_to_explain
from divecast.explain.counterfactuals.counterfactual import Counterfactual
from divecast.explain.counterfactuals.dimension import find_dimension
from divecast.explain.counterfactuals.label_effects import UnlabelledCode, effects_for
from divecast.explain.counterfactuals.swap import CodeBlock, Swap, swap_windows
from divecast.explain.counterfactuals.traversal import Traversal, traverse_windows
from divecast.explain.counterfactuals.what_if import ClassChange, as_mapping, wanted_classes, what_if_windows
from divecast.explain.diagnosis.check import check_code
from divecast.explain.diagnosis.diagnosis import Diagnosis
from divecast.explain.places import Places, windows_at
from divecast.inference.fitted_model import FittedModel, PartName
from divecast.inference.forecasting import check_at_least
from divecast.inference.predict import LabelMode


class Explaining(ABC):
    """What ``DeepDIVE`` can say of its forecasts and its code; each method's own module does the work."""

    @property
    @abstractmethod
    def fitted_model(self) -> FittedModel:
        """What the fit left."""

    def _windows(
        self, data: object, part: PartName, role: Literal["score", "encode"], every: int
    ) -> tuple[FittedModel, Windows]:
        """Return the model and every ``every``-th window of a part of the data."""
        check_at_least(1, every=every)
        return self.fitted_model, self.fitted_model.windows(data, part, role, every)

    def what_if(  # noqa: PLR0913  which windows, which classes, and what of the forecast
        self,
        data: object,
        *,
        to: str | Mapping[str, str],
        factor: str | None = None,
        at: Places = None,
        unlabelled_code: UnlabelledCode = "adjusted",
        labels: LabelMode = "known",
        levels: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
    ) -> Counterfactual:
        """Forecast windows as they are, and as if they were of another class: b is moved there, the rest is kept.

        A factor's class is that of the window's last row: a forecast that starts at midnight comes from a window of
        the day before. The window itself stays what was observed, and the forecaster reads it, too: the answer is
        what the model makes of the same window under another label, not what would have happened.

        Args:
            data: as in ``forecast``.
            to: the class, with ``factor``; or for several factors at once ``{"weekday": "Sun", "hour": "23"}``.
            factor: whose class ``to`` is.
            at: first stamp of the forecast, or several; for recordings a name (its last window), or a name and the
                second its window ends at, as ``("r3", 12.5)``, or several. By default the end of the data.
            unlabelled_code: ``adjusted`` moves a by the average effect of the new classes on it, estimated on the data
                given; ``kept`` leaves a as inferred, with what it still tells of the old class (docs/what_if.md).
            labels: how the window's own code gets its classes, as in ``forecast``: those known are told, or all are
                inferred. A class that is not known is inferred; then even the class it already has changes the
                forecast, since it is now told for certain.
            levels: probabilities of the quantiles.

        Returns:
            Both forecasts and both reconstructions in original units, the difference, the classes before and after.

        Raises:
            ConfigError: no such factor or class, or levels out of range.
            DataError: no window at ``at``, the data cannot be used, or are too short to adjust a.
        """
        fitted, windows = self._windows(data, "all", "encode", 1)
        asked, wanted = windows_at(windows, at), wanted_classes(fitted, as_mapping(factor, to))
        how = ClassChange(labels, effects_for(fitted, windows, unlabelled_code))
        return what_if_windows(fitted, asked, wanted.expand(len(asked), -1), how, levels)

    def swap_codes(  # noqa: PLR0913  which windows, what of the code, and what of the forecast
        self,
        data: object,
        *,
        other: Places,
        at: Places = None,
        block: CodeBlock = "b",
        factors: Sequence[str] = (),
        labels: LabelMode = "known",
        levels: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
    ) -> Counterfactual:
        """Forecast windows as they are, and with a part of the code of other windows.

        Args:
            data: as in ``forecast``.
            other: the windows whose code is taken, as ``at``: one for all, or as many.
            at: the windows to forecast, as in ``what_if``; the forecaster reads these.
            block: ``b``, which is tied to the factors, or ``a``, which is not. It is taken unchanged, even where a
                depends on the labels.
            factors: take of b only the blocks of these; all when left out.
            labels: how both codes get their classes, as in ``what_if``.
            levels: probabilities of the quantiles.

        Returns:
            As ``what_if``.

        Raises:
            ConfigError: the windows do not pair, or the code has no such part.
            DataError: no window at ``at`` or ``other``, or the data cannot be used.
        """
        fitted, windows = self._windows(data, "all", "encode", 1)
        swap = Swap(block, factors, labels)
        return swap_windows(fitted, windows_at(windows, at), windows_at(windows, other), swap, levels)

    def traverse(  # noqa: PLR0913  which windows, and which way through the code
        self,
        data: object,
        dimension: str,
        *,
        at: Places = None,
        positions: Sequence[float] | None = None,
        n: int | None = None,
        span: float = 3.0,
        unlabelled_code: UnlabelledCode = "kept",
    ) -> Traversal:
        """Move one dimension of the inferred code of windows, and give windows and forecasts along the way.

        Args:
            data: as in ``forecast``.
            dimension: as in the table of ``encode``: ``a3``, ``b_hour0``; or ``b_hour``, the way through the classes
                of the hour, around the circle where the factor is cyclic.
            at: the windows, as in ``what_if``.
            positions: where to stop. For a dimension in standard deviations of the prior from its mean; for the way in
                classes, 0 the first. By default ``n`` within ``span``, or along the whole way.
            n: number of positions, 2 or more; by default 9, or for the way one a class.
            span: farthest position, standard deviations of the prior.
            unlabelled_code: what happens to a where b moves, as in ``what_if``.

        Raises:
            ConfigError: no such dimension, or positions that cannot be.
            DataError: no window at ``at``, or the data cannot be used.
        """
        fitted, windows = self._windows(data, "all", "encode", 1)
        moved = find_dimension(fitted, dimension)
        stops = moved.default_positions(n, span) if positions is None else positions
        effects = effects_for(fitted, windows, unlabelled_code)
        return traverse_windows(fitted, windows_at(windows, at), moved, stops, effects)

    def anomalies(
        self,
        data: object,
        subset: PartName = "all",
        every: int = 1,
        *,
        against: Anomalies | None = None,
        scores: Sequence[str] = DEFAULT_SCORES,
    ) -> Anomalies:
        """Score how anomalous windows are, from their own rows up to their end.

        A score is a rarity: -log10 of the share of reference windows that are at least as anomalous; 2 means one in a
        hundred. For the data of the fit, the reference is up to 2000 windows of the validation part. For other data it
        is the windows themselves, so that some of them always rank highest, however normal all are; pass ``against``
        to compare with the data of the fit.

        Args:
            data: as in ``forecast``.
            subset: part of the data of the fit that the windows end in, or ``all``.
            every: score every ``every``-th window.
            against: a result of this method whose reference is used. For new data, pass
                ``model.anomalies(data_of_the_fit, "valid")``.
            scores: the scores that count; the highest of them is the score of the window. By channel, over the last
                ``horizon`` rows and the forecast made before them: ``level`` (mean -log p), ``peak`` (-log p of the
                least likely value), ``jump`` (largest deviation of an error from the line between its neighbours),
                ``stuck`` (repeated values, whatever the model predicts). By channel, over the lookback:
                ``reconstruction`` (mean -log p given the code). Of the window: ``label`` (-log p of its labels, as
                inferred from the values), ``bound`` (joint bound).

        Returns:
            Scores by window and channel, inferred and given labels, and ``top()``, the most anomalous windows with
            reasons in words.

        Raises:
            DataError: the data cannot be used, or have fewer than 20 reference windows.
            ConfigError: an unknown part or score, or none of the scores could be computed.

        Example:
            >>> anomalies = model.anomalies(panel, "test", every=3)
            >>> len(anomalies.top(3))
            3
        """
        fitted, windows = self._windows(data, subset, "encode", every)
        if against is not None:
            reference = against.reference
        elif fitted.is_fit_data(windows.source):
            _, valid = self._windows(windows.source, "valid", "encode", 1)
            reference = Reference.measure(fitted, valid, "the validation part")
        else:
            reference = Reference.measure(fitted, windows, "the given data")
        return find_anomalies(fitted, windows, reference, scores)

    def why(
        self,
        data: object,
        part: PartName = "all",
        every: int = 1,
        *,
        at: Places = None,
        labels: LabelMode = "known",
    ) -> Attribution:
        """Say what forecasts rest on: each factor, a, and the window itself, by step, by window and by channel.

        Each part of the code in turn is set to its prior mean, and the change of the forecast mean is measured, in
        scaled units squared. Shares are of these changes and sum to 1. They say what moves this model's forecasts: not
        what makes them good, and not what causes the values. The attention of the fusion is held against them, and is
        not shown as importance where the two disagree.

        Args:
            data: as in ``forecast``.
            part: which windows, by their last row.
            every: explain one window in this many. Take a number that shares no divisor with the rows of a day or week,
                as 5 or 11 do for hours: every 24th would hide what the hour does, every 7th ties it to the weekday.
            at: only these windows, as in ``what_if``; ``part`` and ``every`` are then left out.
            labels: how the code gets its classes, as in the forecast to explain.

        Returns:
            Shares and changes, (part, horizon) and (window, part, horizon); the share of the forecasts' variance that
            the window has without any code, (horizon,), where there are several windows; ``print`` says it in words.

        Raises:
            ConfigError: ``at`` beside ``part`` or ``every``, or an unknown part.
            DataError: no window at ``at``, or the data cannot be used.
        """
        fitted, windows = self._windows(data, part, "encode", every)
        return attribute(fitted, windows_to_explain(windows, part, every, at), labels)

    def check(self, data: object, part: PartName = "test", every: int = 1) -> Diagnosis:
        """Say whether the code is sound: what is fine, and for what is not, which setting to change and how.

        Looks at the KL of every dimension, active units, dimensions that say the same, classes on one centre, how well
        labels are read from the windows, and where in the code they are found (this needs ``divecast[science]``; the
        rest works without it, and the report says what was left out).

        Args:
            data: the data of the fit for a part of it; any data for ``all``. Labels they lack are left out.
            part: which windows, by their last row.
            every: look at one window in this many; which number, see ``why``.

        Returns:
            A report; ``print`` says it in plain words, ``.frame(...)`` gives the numbers.

        Raises:
            DataError: there are fewer than 20 windows, or the data cannot be used.
            ConfigError: an unknown part.
        """
        return check_code(*self._windows(data, part, "encode", every), part)
