"""Methods of the estimator that explain its forecasts and its code."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from divecast.config import check_at_least
from divecast.data import Label, Windows, past_rows
from divecast.errors import ConfigError, DataError
from divecast.explain.anomalies.anomalies import Anomalies, find_anomalies
from divecast.explain.anomalies.reference import DEFAULT_SCORES, reference_for
from divecast.explain.attribution.attribution import Attribution
from divecast.explain.attribution.values import ValueAttribution, attribute_values
from divecast.explain.attribution.why import attribute, windows_to_explain
from divecast.explain.counterfactuals.counterfactual import Counterfactual
from divecast.explain.counterfactuals.dimension import find_dimension
from divecast.explain.counterfactuals.label_effects import UnlabelledCode, effects_for
from divecast.explain.counterfactuals.scenario import scenario_of, scenario_windows
from divecast.explain.counterfactuals.swap import CodeBlock, Swap, swap_windows
from divecast.explain.counterfactuals.traversal import Traversal, traverse_windows
from divecast.explain.counterfactuals.what_if import ClassChange, as_mapping, wanted_classes, what_if_windows
from divecast.explain.diagnosis.check import check_code
from divecast.explain.diagnosis.diagnosis import Diagnosis
from divecast.explain.effects.curves import EffectCurves
from divecast.explain.effects.read_curves import effect_curves
from divecast.explain.narrative.narrate import narrate
from divecast.explain.narrative.narrative import Narrative
from divecast.explain.places import Places, windows_at
from divecast.explain.recordings.compare import Conditions, compare_conditions
from divecast.explain.recordings.comparison import Comparison
from divecast.explain.recordings.summarise import summarise_recordings
from divecast.explain.recordings.summary import RecordingSummary
from divecast.inference.asked import report_without_values
from divecast.inference.dependence import check_paths_fit
from divecast.inference.fitted_model import FittedModel, PartName
from divecast.inference.predict import LabelMode
from divecast.inference.track_record import TrackRecord, track_record
from divecast.inference.warn_untold import warn_cut, warn_untold


class Explaining(ABC):
    """Mixin of ``DeepDIVE``: what-if, swaps, traversals, effects, anomalies, attribution and diagnosis."""

    @property
    @abstractmethod
    def fitted_model(self) -> FittedModel:
        """The fitted model."""

    def what_if(  # noqa: PLR0913
        self,
        data: object,
        *,
        to: str | Mapping[str, str] | None = None,
        factor: str | None = None,
        future: Mapping[str, Any] | None = None,
        future_rows: Any = None,
        at: Places = None,
        unlabelled_code: UnlabelledCode = "adjusted",
        labels: LabelMode = "known",
        levels: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
        n_paths: int = 0,
    ) -> Counterfactual:
        """Forecast windows as they are, and as if they were of another class, or in a scenario of the future.

        With ``to``, b is moved to the other class, and a is adjusted to it (``unlabelled_code``). The class of a factor
        is that of the window's last row: a forecast that starts at midnight belongs to a window of the day before. The
        result is the model's forecast for the same window under another label, not what would have happened.

        With ``future``, the table tells something else of rows to forecast, and the window and its code stay as they
        are: a promotion from Friday to Sunday, three degrees more.

        Args:
            data: as in ``forecast``.
            to: the class, together with ``factor``; or for several factors ``{"weekday": "Sun", "hour": "23"}``.
            factor: the factor whose class ``to`` is.
            future: what changes in rows to forecast, by the name of a label or covariate: a class, or a number that is
                added, or ``("=", number)``; with a slice of times, both ends included, and for what every series has
                its own of with a list of series: ``{"promo": ("on", slice("2015-06-05", "2015-06-07"), ["shop 7"]),
                "temp": 3.0}``. A list of such entries changes several spans.
            future_rows: labels and covariates of the rows after the end of the data, as ``future`` of ``forecast``.
            at: first time of the forecast, or several; for recordings a name (its last window), or a name and the
                second at which the window ends, as ``("r3", 12.5)``, or several. By default the end of the data.
            unlabelled_code: ``adjusted`` shifts a by the average effect of the new classes, estimated on the data;
                ``kept`` leaves a as inferred, with what it still tells of the old class (docs/what_if.md).
            labels: how the window's own code gets its classes, as in ``forecast``. A class that is not known is
                inferred; then even its own class changes the forecast, as it is now taken for certain.
            levels: probabilities of the quantiles.
            n_paths: number of sample paths of each of both forecasts, as in ``forecast``. Both have the same random
                numbers, so that a path of the one and that of the other differ by the labels alone.

        Returns:
            Both forecasts, (window, horizon, channel), and both reconstructions in original units, their difference,
            and the classes before and after.

        Raises:
            ConfigError: there is no such factor, covariate or class, it cannot change in a scenario, not exactly one of
                ``to`` and ``future`` is given, or levels are out of range.
            DataError: there is no window at ``at`` or no step to forecast in the times of the scenario, the data cannot
                be used, or are too short to adjust a.

        Example:
            >>> what_if = model.what_if(panel, factor="weekday", to="Sun")
            >>> what_if.factual.mean.shape, what_if.difference.shape
            ((1, 24, 4), (1, 24, 4))
        """
        check_at_least(0, n_paths=n_paths)
        fitted = self.fitted_model
        ends: Literal["own", "common"] = "own" if at is None else "common"
        windows = fitted.without_outliers(fitted.windows_of(fitted.source(data, future_rows), None, "encode", ends))
        chosen = windows_at(windows, at)
        if fitted.independent:
            report_without_values(chosen)
        check_paths_fit(n_paths, (2 * len(chosen), fitted.shape.horizon, len(fitted.channels)))
        if future is not None:
            if to is not None or factor is not None:
                raise ConfigError(
                    "A window of another class and a scenario of the future are two questions",
                    hint="Pass either {to} or {future}",
                    argument="future",
                )
            scenario = scenario_of(fitted, chosen, future)
            warn_untold(fitted, chosen, scenario.names)
            warn_cut(fitted, chosen)
            return scenario_windows(fitted, chosen, scenario, labels, levels, n_paths)
        classes = as_mapping(factor, to)
        wanted = wanted_classes(fitted, classes)
        warn_untold(fitted, chosen, tuple(classes))
        warn_cut(fitted, chosen)
        change = ClassChange(labels, effects_for(fitted, windows, unlabelled_code))
        return what_if_windows(fitted, chosen, wanted.expand(len(chosen), -1), change, levels, n_paths)

    def swap_codes(  # noqa: PLR0913
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
        """Forecast windows as they are, and with a block of the code of other windows.

        Args:
            data: as in ``forecast``.
            other: the windows whose code is taken, given as ``at``: one for all, or as many.
            at: the windows to forecast, as in ``what_if``; the forecaster reads these.
            block: ``b``, which is tied to the factors, or ``a``, which is not. It is taken unchanged, even where a
                depends on the labels. By default the forecaster does not read a: then the reconstruction alone changes.
            factors: take only the blocks of these factors from b; by default all.
            labels: how both codes get their classes, as in ``what_if``.
            levels: probabilities of the quantiles.

        Returns:
            The same as ``what_if``.

        Raises:
            ConfigError: the windows do not pair, or the code has no such block.
            DataError: there is no window at ``at`` or ``other``, or the data cannot be used.

        Example:
            >>> swapped = model.swap_codes(panel, other="2016-03-01 00:00", block="a")
            >>> swapped.difference.shape
            (1, 24, 4)
        """
        fitted, windows = self._all_windows(data)
        chosen, others = windows_at(windows, at), windows_at(windows, other)
        warn_untold(fitted, chosen)
        warn_cut(fitted, chosen)
        return swap_windows(fitted, chosen, others, Swap(block, factors, labels), levels)

    def traverse(  # noqa: PLR0913
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
        """Move one dimension of the inferred code of windows; return reconstructions and forecasts at each position.

        Args:
            data: as in ``forecast``.
            dimension: as in the table of ``encode``, such as ``a3`` or ``b_hour0``; or ``b_hour`` to move through the
                classes of the hour, around the circle if the factor is cyclic.
            at: the windows, as in ``what_if``.
            positions: for a dimension, standard deviations of the prior from its mean; through classes, the number of
                the class, 0 the first. By default ``n`` positions within ``span``, or through all classes.
            n: number of positions, 2 or more; by default 9, or through classes one per class.
            span: farthest position, standard deviations of the prior.
            unlabelled_code: whether a is ``kept`` where b moves, or ``adjusted`` to its classes, as in ``what_if``.

        Returns:
            Reconstructions, (window, position, time, channel), forecasts, (window, position, horizon, channel), and
            the class probabilities at each position.

        Raises:
            ConfigError: there is no such dimension, or positions are out of range.
            DataError: there is no window at ``at``, or the data cannot be used.

        Example:
            >>> model.traverse(panel, "b_weekday", n=7).forecasts.shape
            (1, 7, 24, 4)
        """
        fitted, windows = self._all_windows(data)
        moved = find_dimension(fitted, dimension)
        positions = moved.default_positions(n, span) if positions is None else positions
        effects = effects_for(fitted, windows, unlabelled_code)
        return traverse_windows(fitted, windows_at(windows, at), moved, positions, effects)

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
            Scores, (window,) and (window, channel), inferred and given labels, and ``top()``, the most anomalous
            windows with reasons in words.

        Raises:
            DataError: the data cannot be used, or have fewer than 20 reference windows.
            ConfigError: an unknown part or score, or none of the scores could be computed.

        Example:
            >>> anomalies = model.anomalies(panel.rows(0, 400), every=5)
            >>> len(anomalies.top(3))
            3
        """
        fitted, windows = self._part_windows(data, subset, every, keep_outliers=True)
        reference = reference_for(fitted, windows) if against is None else against.reference
        return find_anomalies(fitted, windows, reference, scores)

    def recordings(
        self,
        data: object,
        part: PartName = "all",
        every: int | None = None,
        *,
        against: Anomalies | None = None,
    ) -> RecordingSummary:
        """Summarise each recording: its labels as read next to those given, and whether it is anomalous, with reasons.

        Probabilities are the means of those of its windows. A recording is anomalous if a channel of it does not
        change, if it, or its person, is unlike all of the training part, if the mean anomaly score (as in
        ``anomalies``) of its windows is that of one in a hundred of the reference, or, of eight recordings or more,
        if it is far above that of the others.

        Args:
            data: as in ``forecast``: recordings, with labels or without.
            part: part of the data of the fit that the windows end in, or ``all``.
            every: use every ``every``-th window; by default four per look-back.
            against: scores whose reference is used, as in ``anomalies``.

        Raises:
            DataError: the data are a panel, cannot be used, or have fewer than 20 reference windows.
            ConfigError: the model infers no labels, or there is no such part.

        Example:
            >>> summary = motion_model.recordings(recordings, every=100)
            >>> len(summary.names), sorted(summary.labels.accuracy())
            (140, ['exercise', 'side'])
        """
        fitted, windows = self._part_windows(data, part, self._quarters(every), keep_outliers=True)
        _check_recordings(windows)
        reference = reference_for(fitted, windows) if against is None else against.reference
        found = find_anomalies(fitted, windows, reference, DEFAULT_SCORES)
        seen = fitted.may_have_seen(windows.source, part)
        return summarise_recordings(fitted, fitted.without_outliers(windows), found, seen)

    def compare(  # noqa: PLR0913
        self,
        data: object,
        label: str,
        *,
        reference: str | None = None,
        to: str | Sequence[str] = (),
        group: str | None = None,
        level: float = 0.95,
        part: PartName = "all",
        every: int | None = None,
    ) -> Comparison:
        """Compare conditions of recordings, such as before and after: what of b and of a differs, over people.

        Compared are the class probabilities of each factor (b), each dimension of a that varies, and period and size of
        the movement. Recordings that do not repeat are left out by name; if they are more than one in ten, the period
        is left out instead. A quantity of a person is the mean over the recordings in a condition. Where three people
        or more did both conditions, their own differences are compared (paired), else two groups of people. The
        intervals hold together for all quantities of a block (such as a) and all conditions (docs/recordings.md).

        Args:
            data: as in ``forecast``: recordings with this label, of the model or not.
            label: the label whose classes are compared.
            reference: the class that the others are compared with; by default the first.
            to: the class, or classes, to compare with it; by default all others.
            group: the label that names people; by default that of the split of the fit.
            level: probability with which all intervals of a block hold.
            part: part of the data of the fit that the windows end in, or ``all``.
            every: use every ``every``-th window; by default four per look-back.

        Raises:
            DataError: the data are a panel, have no such label, or too few people were in a condition.
            ConfigError: there is no such class or part, or the level is out of range.

        Example:
            >>> comparison = motion_model.compare(recordings, "exercise", reference="ABD", to="ROW", every=100)
            >>> comparison.group, comparison.contrasts[0].n_people
            ('subject', (10, 10))
        """
        named = [Label(name) for name in (label, group) if name is not None]
        fitted, every = self.fitted_model, self._quarters(every)
        check_at_least(1, every=every)
        source = fitted.source(data, labels=[each for each in named if each.name not in fitted.factor_names])
        windows = fitted.windows(source, part, every=every)
        _check_recordings(windows)
        asked = Conditions(label, reference, (to,) if isinstance(to, str) else tuple(to), group, level)
        return compare_conditions(fitted, windows, asked, fitted.may_have_seen(source, part))

    def why(
        self,
        data: object,
        part: PartName = "all",
        every: int = 1,
        *,
        at: Places = None,
        labels: LabelMode = "known",
    ) -> Attribution:
        """Attribute forecasts to each factor and to the window itself, by step, window and channel.

        Each component of the code in turn, the block of a factor, or a where the forecaster reads it
        (``CodeConfig(forecaster="code")`` or ``"own"``), is set to its prior mean, and the change of the forecast mean
        is measured, in squared scaled units. Shares of these changes sum to 1. They show what moves the forecasts of
        this model, not what makes them accurate or what causes the values. The attention of the fusion is compared with
        them, and is not shown as importance where the two disagree.

        Args:
            data: as in ``forecast``.
            part: part of the data of the fit that the windows end in, or ``all``.
            every: explain every ``every``-th window. Choose a number that has no common divisor with the rows of a day
                or week, such as 5 or 11 for hours: every 24th window would hide the effect of the hour.
            at: only these windows, as in ``what_if``, in place of ``part`` and ``every``.
            labels: how the code gets its classes, as in the forecast to explain.

        Returns:
            Shares and changes, (component, horizon) and (window, component, horizon); with several windows the share of
            the forecasts' variance that remains without any code, (horizon,). ``print`` gives a summary in words.

        Raises:
            ConfigError: ``at`` is combined with ``part`` or ``every``, or there is no such part.
            DataError: there is no window at ``at``, or the data cannot be used.

        Example:
            >>> attribution = model.why(panel, "test", every=11)
            >>> attribution.share.shape
            (2, 24)
        """
        fitted, windows = self._part_windows(data, part, every)
        return attribute(fitted, windows_to_explain(windows, part, every, at), labels)

    def why_values(
        self,
        data: object,
        series: str,
        *,
        steps: Sequence[int] | None = None,
        at: Places = None,
        labels: LabelMode = "known",
        points: int = 64,
    ) -> ValueAttribution:
        """Attribute the network's part of the forecast of a series to each value in the window; needs captum.

        ``parts()`` tells the linear path; this tells what the network adds to it, by integrated gradients from a
        constant window, each series at its own mean, to the window itself. The attributions sum to the difference of
        the network's part at both ends; ``gap`` of the result is what they lack.

        Args:
            data: as in ``forecast``.
            series: the series that is forecast.
            steps: steps ahead, from 1, whose mean is explained; all if omitted.
            at: the windows, as in ``what_if``; by default that at the end of the data.
            labels: how the code gets its classes, as in the forecast to explain.
            points: places on the path at which gradients are taken.

        Returns:
            (window, time, series) attributions in original units.

        Raises:
            ConfigError: captum is not installed (``divecast[captum]``), there is no such series or step, or the model
                is one of independent series, powers or logarithms.
            DataError: there is no window at ``at``, or the data cannot be used.

        Example:
            >>> told = model.why_values(panel, "G0-A", steps=[1, 2, 3])
            >>> told.values.shape, bool(abs(told.gap[0]) < 0.01)
            ((1, 48, 4), True)
        """
        fitted, windows = self._part_windows(data, "all", 1)
        chosen = range(1, fitted.shape.horizon + 1) if steps is None else steps
        return attribute_values(fitted, windows_at(windows, at), series, tuple(chosen), labels, points)

    def effects(self, data: object = None) -> EffectCurves:
        """Return the effect of each factor and covariate on every series, as curves in original units.

        Effects are what the fit learned in closed form of the rows of a panel: of their calendar, their labels and
        their covariates, past and future (docs/effects.md).

        Args:
            data: data in whose rows the share of each effect in the variance of the series is measured; None for the
                shares in the training part, which the fit kept.

        Returns:
            Curves with the effect of each class or value, by part of the day where it differs by that; and the shares.

        Raises:
            ConfigError: the model has no effects.
            DataError: the data cannot be used.

        Example:
            >>> curves = model.effects()
            >>> sorted(curves.shares)
            ['hour', 'weekday']
        """
        fitted = self.fitted_model
        return effect_curves(fitted, None if data is None else past_rows(fitted.source(data)))

    def narrate(
        self,
        data: object,
        *,
        at: Places = None,
        series: str | None = None,
        unit: str | None = None,
        record: TrackRecord | None = None,
    ) -> Narrative:
        """Tell one forecast of one series as a paragraph, without a language model.

        It says the forecast and its interval, what is usual at such times, which parts the forecast adds up from, what
        is unusual before it, and how well such forecasts have done. Each number of the text is one of the ``facts`` of
        the result, so that a reader, or a language model, can quote it.

        Args:
            data: as in ``forecast``.
            at: first time of the forecast; for recordings a name, or a name and a second, as in ``what_if``. By default
                the end of the data.
            series: name of the series; by default the one whose forecast departs most from its look-back, in standard
                deviations of that.
            unit: unit of the values, such as ``MWh``, for the text.
            record: how well forecasts have done, of ``track_record``; by default that of the test part, of which up to
                200 forecasts are compared each time. It is not known for data that are not those of the fit.

        Returns:
            The facts; ``text`` or ``print`` gives the paragraph.

        Raises:
            ConfigError: there is no such series, or not exactly one place is named.
            DataError: there is no window at ``at``, the series has no forecast there, or the data cannot be used.

        Example:
            >>> narrative = model.narrate(panel, series=panel.channels[0], unit="MW")
            >>> f"{narrative.mean:.4g} MW" in narrative.text
            True
        """
        return narrate(self.fitted_model, data, at, series, unit, record)

    def track_record(self, data: object, part: PartName = "test", *, most: int = 200) -> TrackRecord:
        """Measure how well forecasts of each series have done, beside a simple forecaster, on some origins of a part.

        Args:
            data: the data of the fit for a part of it; any data for ``all``.
            part: the part of the targets.
            most: largest number of forecast origins, evenly spaced; ``evaluate`` scores all of them.

        Raises:
            DataError: the data cannot be used, or no window has a target in the part.
            ConfigError: there is no such part, or ``most`` is below 1.

        Example:
            >>> print(str(model.track_record(panel, most=20)).split(":")[0])
            19 forecasts of the test part
        """
        check_at_least(1, most=most)
        return track_record(self.fitted_model, data, part, most)

    def check(self, data: object, part: PartName = "test", every: int = 1) -> Diagnosis:
        """Diagnose the code: what is fine, and for each problem which setting to change and how.

        Measured are the KL of every dimension, active units, duplicate dimensions, merged classes, how well labels are
        inferred from the windows, and which parts of the code they can be read from. The last needs
        ``divecast[science]``; without it the result names what was left out.

        Args:
            data: the data of the fit for a part of it; any data for ``all``. Labels they lack are left out.
            part: part of the data of the fit that the windows end in, or ``all``.
            every: use every ``every``-th window; for a good number see ``why``.

        Returns:
            A diagnosis; ``print`` gives it in words, ``frame`` the numbers.

        Raises:
            DataError: there are fewer than 20 windows, or the data cannot be used.
            ConfigError: there is no such part.

        Example:
            >>> diagnosis = model.check(panel, "test", every=13)
            >>> print(str(diagnosis).splitlines()[0].split(",")[0])
            Diagnosis of the code
        """
        fitted, windows = self._part_windows(data, part, every)
        return check_code(fitted, windows, part)

    def _quarters(self, every: int | None) -> int:
        return max(1, self.fitted_model.shape.lookback // 4) if every is None else every

    def _all_windows(self, data: object) -> tuple[FittedModel, Windows]:
        return self.fitted_model, self.fitted_model.windows(data)

    def _part_windows(
        self, data: object, part: PartName, every: int, keep_outliers: bool = False
    ) -> tuple[FittedModel, Windows]:
        check_at_least(1, every=every)
        return self.fitted_model, self.fitted_model.windows(data, part, every=every, keep_outliers=keep_outliers)


def _check_recordings(windows: Windows) -> None:
    if windows.source.clock is not None:
        raise DataError("The data are a panel, and this is a question to recordings", argument="data")
