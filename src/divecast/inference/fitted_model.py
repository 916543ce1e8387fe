"""Fitted models: the network and all that is needed to use it without the data of the fit."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast._device import own_random_state
from divecast._text import plural
from divecast.config import ModelConfig, check_choice
from divecast.data import (
    Calendar,
    Factor,
    Label,
    Panel,
    Part,
    Recordings,
    Scale,
    Source,
    Vocabulary,
    Windows,
    WindowShape,
    add_future,
    align,
    at_least,
    n_future,
    past_rows,
    read_source,
    split,
)
from divecast.data.as_read import ReadNames
from divecast.data.labels.encode import encode_labels
from divecast.data.labels.vocabulary import LabelIndices
from divecast.data.names import listed
from divecast.data.outliers import Limits
from divecast.data.parts import whole
from divecast.data.sources.open_panel import on_slots
from divecast.data.sources.series_rows import SeriesRows
from divecast.data.windows.own_scale import OwnScale, at_names
from divecast.effects import Basis, Effects, RowEffects, facts_of, for_series
from divecast.errors import ConfigError, DataError, warn_data
from divecast.inference.adaptation import Adaptation
from divecast.inference.added_factor import AddedFactor
from divecast.inference.bounds import Bounds
from divecast.inference.calibration import Calibration
from divecast.inference.counts import Counts
from divecast.inference.dependence import Dependence
from divecast.inference.forecast_starts import Moment, forecast_starts
from divecast.inference.own_models import OwnForecasts, OwnModels
from divecast.inference.provenance import Provenance, fingerprint_of
from divecast.inference.static_facts import NO_FACTS, FactsOfRows, StaticFacts
from divecast.model.network import Dimensions, Network

PANEL_EVERY = "a panel every "  # before the step of its clock
PartName = Literal["train", "valid", "test", "all"]
WindowRole = Literal["score", "encode"]


@dataclass(frozen=True, eq=False, slots=True)
class FittedModel:
    """A fitted model: the network, what is needed to apply it, and its provenance.

    Attributes:
        network: the network, in evaluation mode.
        dimensions: sizes of the network that depend on the data.
        channels: names of the channels, in order.
        known_vocabularies: classes and frequencies of each factor in the training part, also of those that differ by
            series.
        scale: centre and spread of each channel in the training part.
        seasonal_error: (channel,) mean absolute error of the seasonal naive forecast in the training part, in original
            units, for MASE.
        calibration: quantiles of the standardised residuals in the validation part.
        dependence: such residuals of whole windows, which sample paths follow.
        bounds: what forecasts of each channel do not exceed.
        counts: distributions of channels, or of series of an independent model, that hold counts.
        limits: between what readings lie; those beyond count as missing.
        frequency: step of the panel's clock or rate of the recordings, as text.
        provenance: settings, split, time zone, data and history of the fit.
        effects: effects of the calendar, labels and covariates of a row; None for recordings, for a model fitted
            without effects, and if there is nothing to have one.
        added: factors learned after the fit, which are inferred and which the forecast does not know.
        series: names of the series of the fit of an independent model, which has a single channel; ``scale`` is then
            (series, channel), and ``seasonal_error`` (series,). Empty for series that are forecast together.
        static: facts of the series that an independent model reads.
        adaptation: levels that observed values have moved; None if none were observed.
        own: models of each series alone, which share in the forecasts of short independent series; None for others.

    Example:
        >>> fitted = model.fitted_model
        >>> fitted.factor_names, len(fitted.windows(panel, "test", every=24)) > 0
        (('hour', 'weekday'), True)
    """

    network: Network
    dimensions: Dimensions
    channels: tuple[str, ...]
    known_vocabularies: tuple[Vocabulary, ...]
    scale: Scale
    seasonal_error: NDArray[np.float64]
    calibration: Calibration
    dependence: Dependence
    bounds: Bounds
    counts: Counts
    limits: Limits
    frequency: str
    provenance: Provenance
    effects: Effects | None = None
    added: tuple[AddedFactor, ...] = ()
    series: tuple[str, ...] = ()
    static: StaticFacts = NO_FACTS
    adaptation: Adaptation | None = None
    own: OwnModels | None = None

    @property
    def independent(self) -> bool:
        """Whether each series is forecast on its own."""
        return bool(self.series)

    @property
    def vocabularies(self) -> tuple[Vocabulary, ...]:
        """Classes of the factors that all series share, which label windows."""
        return shared(self.known_vocabularies)

    @property
    def config(self) -> ModelConfig:
        """Settings of the network."""
        return self.provenance.plan.model

    @property
    def shape(self) -> WindowShape:
        """Look-back and horizon."""
        return self.provenance.plan.shape

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Factors that all series share, which label windows."""
        names = set(self.factor_names)
        return tuple(factor for factor in self.known_factors if factor.name in names)

    @property
    def known_factors(self) -> tuple[Factor, ...]:
        """Factors of the fit, also those that differ by series."""
        return self.provenance.plan.factors

    @property
    def factor_names(self) -> tuple[str, ...]:
        """Names of the factors."""
        return tuple(vocabulary.name for vocabulary in self.vocabularies)

    @property
    def classes(self) -> tuple[tuple[str, ...], ...]:
        """Class names of each factor."""
        return tuple(vocabulary.classes for vocabulary in self.vocabularies)

    @property
    def plain(self) -> tuple[str, ...]:
        """Names of the series that could not be learned from, which are forecast by a plain rule."""
        names: NDArray[np.object_] = np.array(self.series or self.channels, dtype=object)
        return tuple(names[~self.scale.learned.reshape(len(names), -1).all(axis=1)].tolist())

    @property
    def without_effect(self) -> tuple[str, ...]:
        """Labels and covariates of a panel that have no effect on rows: they do not vary, or rows lack them."""
        plan = self.provenance.plan
        if not plan.model.effects or not self.frequency.startswith(PANEL_EVERY):
            return ()
        told = [each.name for each in (*plan.factors, *plan.covariates) if not isinstance(each, Calendar)]
        there = () if self.effects is None else self.effects.basis.names
        return tuple(name for name in told if name not in there)

    @property
    def device(self) -> torch.device:
        """Device of the network."""
        return next(self.network.parameters()).device

    @property
    def read_names(self) -> ReadNames:
        """Names of the columns of the table of the fit, by which other tables are read."""
        return self.provenance.read if self.independent else replace(self.provenance.read, channels=self.channels)

    def source(self, data: Any, future: Any = None, labels: Sequence[Label] = ()) -> Source:
        """Read data, with the channels in the order of the model.

        Args:
            data: a panel, recordings, a table or a path.
            future: a table, or the path of one, with labels and covariates of rows after the end of a panel.
            labels: columns of labels to read beside those of the model.

        Raises:
            DataError: channels are missing, or the step of the clock or the rate of the recordings is not that of the
                fit.
        """
        source = self._read(data, labels)
        aligned = self._with_new(source) if self.independent else align(source, self.channels)
        return self._prepared(aligned, future)

    def with_new_series(self, data: Any, future: Any = None) -> tuple[Source, Panel | None]:
        """Read data of joint series, and in a panel of their own those that the model does not know, if there are some.

        Columns of a wide table that the model does not know are no series, and a model that leaves series out on
        request leaves those out, too.

        Args:
            data: as in ``source``.
            future: as in ``source``.

        Raises:
            DataError: as in ``source``.
        """
        source, known = self._read(data), {*self.channels}
        new = [name for name in source.channels if name not in known]
        left_out = source.as_read.layout == "wide" or self.provenance.plan.training.unlearnable == "drop"
        if not new or left_out or not isinstance(source, Panel) or len(new) == len(source.channels):
            return self._prepared(align(source, self.channels), future), None
        prepared, there = self._prepared(source, future), {*source.channels}
        assert isinstance(prepared, Panel)  # noqa: S101  made of one
        own = prepared.select([name for name in self.channels if name in there])
        return align(own, self.channels), prepared.select(new)

    def _read(self, data: Any, labels: Sequence[Label] = ()) -> Source:
        """Read data as those of the fit were read."""
        if isinstance(data, SeriesRows):
            data = data.panel
        plan, zone, slots = self.provenance.plan, self.provenance.time_zone, self.provenance.slots
        factors = (*plan.factors, *(added.factor for added in self.added), *labels)
        stamps = self.provenance.stamps
        return read_source(
            data,
            factors=factors,
            covariates=plan.covariates,
            absent_labels=True,
            tz=zone,
            stamps=stamps,
            calendar=slots,
            like=self.read_names,
        )

    def _prepared(self, aligned: Source, future: Any) -> Source:
        """Return data in the zone and the opening times of the fit, with rows of the future and a whole look-back."""
        plan, slots = self.provenance.plan, self.provenance.slots
        frequency = frequency_of(aligned)
        if frequency != self.frequency:
            raise DataError(
                "The data have another sampling than those of the fit",
                expected=self.frequency,
                found=frequency,
                hint="Resample them, or fit a model on them",
            )
        aligned = self._in_zone(aligned)
        if isinstance(aligned, Panel):
            aligned = on_slots(aligned, slots)
        least = 1 if self.independent else self.shape.lookback
        if future is None:
            return at_least(aligned, least) if isinstance(aligned, Panel) else aligned
        if not isinstance(aligned, Panel):
            raise DataError("Recordings have no clock, so they take no rows of the future", argument="future")
        text, form, unused = self.read_names.text, self.read_names.time_format, self.without_effect
        told = plan.factors, plan.covariates
        return at_least(add_future(aligned, future, *told, text=text, time_format=form, unused=unused), least)

    @property
    def rows_needed(self) -> int:
        """Rows before the first step ahead that a forecast reads: the lookback, and those that effects go back to."""
        return self.shape.lookback + max(self.rows_before.values(), default=0)

    @property
    def rows_before(self) -> dict[str, int]:
        """Rows before a row that its effects go back to, by the name of a label or covariate, where there are some."""
        return {} if self.effects is None else self.effects.basis.rows_before

    def windows(
        self,
        data: Any,
        part: PartName = "all",
        role: WindowRole = "encode",
        every: int = 1,
        keep_outliers: bool = False,
    ) -> Windows:
        """Return the windows of a part of the data.

        Args:
            data: as in ``source``; for a part other than ``all`` the data of the fit.
            part: part of the rows.
            role: ``encode`` for windows whose last row is in the part, ``score`` for those with a target in it.
            every: keep one window in this many.
            keep_outliers: whether readings beyond the limits stay, not count as missing.

        Raises:
            DataError: the data cannot be used, or are not those of the fit although a part of them is chosen.
            ConfigError: there is no such part.
        """
        source = self.source(data)
        windows = self.windows_of(source, self.part_of(source, part), role, keep_outliers=keep_outliers)
        if not isinstance(windows.source, SeriesRows) or every == 1:
            chosen = windows.subset(slice(None, None, every))
            return chosen if keep_outliers else self.without_outliers(chosen)
        rows = windows.source.blocks.panel_rows(windows.origins)  # the same ones of all series
        return windows.subset((rows - rows.min()) % every == 0)

    def without_outliers(self, windows: Windows) -> Windows:
        """Return windows in which readings beyond the limits are missing, and named in a DataWarning.

        Only rows that the windows read are searched. Those of independent series are so already: their scale may be
        that of their past.
        """
        source = windows.source
        if self.independent or self._has_own_scales(source) or not len(windows):
            return windows
        first, last = int(windows.origins.min()), int(windows.origins.max())
        rows = slice(max(0, first - self.shape.lookback), min(len(source.values), last + self.shape.horizon))
        return replace(windows, source=self.limits.clean(source, rows))

    def windows_of(
        self,
        source: Source,
        part: Part | None,
        role: WindowRole,
        ends: Literal["own", "common"] = "own",
        keep_outliers: bool = False,
    ) -> Windows:
        """Return the windows of an aligned source; of an independent model, those of one series after another.

        Recordings that are too short for a window are left out with a DataWarning.

        Args:
            source: what ``source`` returned, or what ``part_of`` took.
            part: rows of the windows; None for all but those of the future, which have no values.
            role: as in ``windows``.
            ends: whether windows of independent series reach to the last value of each, or to the last row of all.
            keep_outliers: whether readings beyond the limits of independent series stay; those of other data do, until
                ``without_outliers``.
        """
        if self.independent:
            separate = self.separate(source, ends)
            separate = separate if keep_outliers else self.limits.clean(separate)
            effects = effects_of_series(self.row_effects(separate), self.static, separate, self.shape, self.series)
            labels = self.label_indices(separate)
            scale = at_names(self.scale, self.series, separate)
            chosen = part or whole(separate)
            own = None if self.own is None else OwnForecasts(self.own.averaged, separate, self.shape.horizon)
            return replace(Windows.of(separate, chosen, labels, scale, self.shape, role), effects=effects, own=own)
        rows = part or Part(source.offsets[:-1], source.offsets[1:] - n_future(source))
        effects = self.row_effects(source)
        labels = self.label_indices(source) if effects is None else effects.facts.labels[: len(source.values)]
        shared = OwnScale.of_past(source, self.scale) if self._has_own_scales(source) else self.scale
        windows = replace(Windows.of(source, rows, labels, shared, self.shape, role), effects=effects)
        without_window = rows.stop > rows.start
        without_window[windows.segments] = False
        short = np.flatnonzero(without_window)
        if len(short):
            names = ", ".join(source.names[segment] for segment in short[:5])
            warn_data(
                f"{len(short)} of {plural(len(source.names), 'recording')} are too short for "
                f"lookback={self.shape.lookback} and were left out: {names}{', ...' if len(short) > 5 else ''}"
            )
        return windows

    def part_of(self, source: Source, part: PartName) -> Part | None:
        """Return the rows of a part of the data of the fit, or None for ``all``.

        Raises:
            DataError: the data are not those of the fit.
            ConfigError: there is no such part.
        """
        if part == "all":
            return None
        check_choice(get_args(PartName), part=part)
        if not self.is_fit_data(source):
            raise DataError(
                f"The {part} part belongs to the data of the fit, and these are other data",
                hint='Use the data of the fit, or choose "all"',
                argument="part",
            )
        separate = self.separate(source) if self.independent else past_rows(source)
        rows: Part = getattr(split(separate, self.provenance.split), part)
        if not rows.n_rows:
            raise ConfigError(
                f"The split of the fit, {self.provenance.split}, has no {part} part",
                hint="Choose another part",
                argument="part",
            )
        if part != "train" and self.provenance.refit:
            warn_data(
                f"The {part} part is not held out: the last fit took all rows. Scores on it look better than those of "
                "new data",
                hint="To measure, fit without {refit}, or use rows that the model has not seen",
            )
        return rows

    def separate(self, source: Source, ends: Literal["own", "common"] = "own") -> SeriesRows:
        """Return the series of a panel one after another, as an independent model reads them."""
        assert isinstance(source, Panel)  # noqa: S101  no recordings are independent series
        lookback, horizon = self.shape.lookback, self.shape.horizon
        return SeriesRows.of(source, lookback, horizon, ends, len(source.values) - n_future(source))

    def _has_own_scales(self, source: Source) -> bool:
        return self.config.own_scale and isinstance(source, Recordings)

    def refuse_independent(self, what: str, hint: str | None = None) -> None:
        """Refuse what models of independent series cannot do.

        Args:
            what: what it is, as the start of a sentence.
            hint: what to do.

        Raises:
            ConfigError: the model is one of independent series.
        """
        if self.independent:
            raise ConfigError(
                f"{what} needs a model that forecasts all series together, and this one forecasts each on its own",
                hint=hint or 'Fit one with {series} "joint"',
                argument="series",
            )

    def residuals(self, levels: Sequence[float]) -> Tensor:
        """Return the quantiles of standardised errors, (level, horizon, channel), or (level, horizon, 1) of all alike.

        Args:
            levels: probabilities.

        Raises:
            ConfigError: the levels do not increase, or lie outside the calibrated range.
        """
        calibrated = self.calibration.at(levels)
        if self.adaptation is None:
            return calibrated[..., None]
        return torch.from_numpy(self.adaptation.quantiles(levels, self.calibration)).float()

    def at(self, windows: Windows) -> "FittedModel":
        """Return the model with the scale of windows: that of all, or of each window of an independent model."""
        if not self.independent and not self._has_own_scales(windows.source):
            return self
        scale = windows.own_scale()
        counts = self.counts
        if self.independent and counts.there_are:
            counts = counts.of_windows(windows, self.series)
        powers = None if scale.powers is None else scale.powers[:, None]
        return replace(self, scale=Scale(scale.center[:, None], scale.spread[:, None], powers=powers), counts=counts)

    def is_fit_data(self, source: Source) -> bool:
        """Return whether an aligned source has the data of the fit."""
        return fingerprint_of(source) == self.provenance.fingerprint

    def may_have_seen(self, source: Source, part: PartName) -> bool:
        """Return whether rows of the training part may be among those of a part of an aligned source."""
        return part in ("train", "all") and self.is_fit_data(source)

    def label_indices(self, source: Source) -> LabelIndices:
        """Return the label indices of all rows, (row, factor); -1 where missing or unknown to the model."""
        return encode_labels(source, self.factors, self.vocabularies, absent_labels=True)

    def row_effects(self, source: Source) -> RowEffects | None:
        """Return the effects of the rows of an aligned source; None if the model has none."""
        if self.effects is None or not isinstance(source, Panel):
            return None
        plan = self.provenance.plan
        facts = facts_of(source, plan.factors, self.known_vocabularies, plan.covariates, self.shape.horizon)
        effects = self.effects
        if isinstance(source, SeriesRows):
            place = {name: number for number, name in enumerate(self.series)}
            known = np.array([place.get(name, -1) for name in source.names], dtype=np.int64)
            rows = np.arange(len(source.values))
            past = rows[rows < source.blocks.stop[source.blocks.series_of(rows)]]
            basis = for_series(effects.basis, facts, past, known)
            effects = replace(effects, design=replace(effects.design, basis=basis))
        return RowEffects(effects, facts, self.shape)

    def window_effects(
        self, data: Any, *, start: Moment | None = None, stop: Moment | None = None, every: int = 1, future: Any = None
    ) -> dict[str, NDArray[np.float32]]:
        """Return the effects of the windows that ``DeepDIVE.forecast`` forecasts, as an exported graph reads them.

        Args:
            data: as in ``DeepDIVE.forecast``, and so are the other arguments.
            start: time of the first step of the first forecast.
            stop: time of the first step of the last forecast.
            every: rows between forecast origins.
            future: labels and covariates of the rows after the end of the data.

        Returns:
            Inputs of the graph by name: ``effects_past``, (window, time, channel), and ``effects_ahead``, (window,
            horizon, channel), float32 in scaled units, and what else the model reads; none for one without effects.

        Raises:
            DataError: the data cannot be used.
            ConfigError: the arguments cannot be combined.

        Example:
            >>> model.fitted_model.window_effects(panel)["effects_ahead"].shape
            (1, 24, 4)
        """
        windows = self.windows_of(self.source(data, future), None, "encode")
        chosen = windows.subset(forecast_starts(windows, start, stop, every))
        if chosen.effects is None:
            return {}
        effects = chosen.effects.of(chosen.origins)
        there = {each.name: getattr(effects, each.name) for each in fields(effects)}
        return {f"effects_{name}": tensor.numpy() for name, tensor in there.items() if tensor is not None}

    def original(self, scaled: Tensor) -> NDArray[np.float32]:
        """Return scaled values, (..., channel), in original units."""
        return self.scale.invert(scaled.cpu().numpy())

    def _with_new(self, source: Source) -> Source:
        """Return independent series as they are, with a warning of those that the fit did not see."""
        known = {*self.series}
        new = [name for name in source.channels if name not in known]
        if new:
            warn_data(
                f"{len(new)} of {len(source.channels)} series are new to the model, and forecast in the scale of the "
                f"values given: {listed(new)}"
            )
        return source

    def _in_zone(self, source: Source) -> Source:
        """Return the source with its clock in the time zone of the fit; another would shift the hours unnoticed."""
        zone, edge = self.provenance.time_zone, self.provenance.stamps
        if isinstance(source, Panel) and source.clock.ends != (edge == "end"):
            warn_data(f"The time stamps were taken as the {edge} of the time that a row is about, as in the fit")
            source = replace(source, clock=replace(source.clock, ends=edge == "end"))
        if not isinstance(source, Panel) or source.clock.tz == zone:
            return source
        if source.clock.unit != "s" or source.clock.slots is not None:
            raise DataError(
                "The clock has another time zone than that of the fit",
                expected=zone,
                found=source.clock.tz,
                hint=f'Pass "{zone}" as {{tz}}',
                argument="tz",
            )
        warn_data(f"The clock was converted from {source.clock.tz} to {zone}, the time zone of the fit")
        return replace(source, clock=replace(source.clock, tz=zone))


def frequency_of(source: Source) -> str:
    """Return kind and sampling of a source as text: "a panel every 1h", "recordings at 50 Hz"."""
    if source.clock is not None:
        return f"{PANEL_EVERY}{source.clock.frequency}"
    return f"recordings at {source.rate or 1.0:g} Hz"


def dimensions_of(shape: WindowShape, n_channels: int, vocabularies: Sequence[Vocabulary]) -> Dimensions:
    """Return the sizes that depend on the data, without pairs of factors and the season."""
    vocabularies = shared(vocabularies)
    kinds = tuple(vocabulary.kind for vocabulary in vocabularies)
    frequencies = tuple(vocabulary.frequencies for vocabulary in vocabularies)
    return Dimensions(shape.lookback, shape.horizon, n_channels, kinds, frequencies)


def effects_of_series(
    effects: RowEffects | None, static: StaticFacts, source: SeriesRows, shape: WindowShape, names: Sequence[str]
) -> RowEffects | FactsOfRows | None:
    """Return the effects of windows of independent series, with the facts of the series if the model reads some."""
    facts = FactsOfRows.read(static, source, shape, names)
    if facts is None or effects is None:
        return effects if facts is None else facts
    return replace(effects, static=facts)


def with_effects(dimensions: Dimensions, basis: Basis | None, static: StaticFacts = NO_FACTS) -> Dimensions:
    """Return dimensions with what a network is told by a basis, and by facts of the series of windows."""
    if static.facts:
        dimensions = replace(dimensions, n_static=static.width, effects="calendar")
    if basis is None:
        return dimensions
    return replace(dimensions, effects="told" if basis.is_told else "calendar", n_columns=basis.n_columns)


def shared(vocabularies: Sequence[Vocabulary]) -> tuple[Vocabulary, ...]:
    """Return the vocabularies of the factors that all series share; only these own blocks of the code."""
    return tuple(vocabulary for vocabulary in vocabularies if not vocabulary.per_series)


def build_network(dimensions: Dimensions, config: ModelConfig, seed: int) -> Network:
    """Return a network with weights drawn from a seed; the global random state stays as it was."""
    with own_random_state(seed):
        return Network(dimensions, config)
