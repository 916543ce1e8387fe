"""Everything the page shows, computed once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from divecast.errors import DivecastError
from divecast.estimator import DeepDIVE
from divecast.explain.recordings.compare import Conditions
from divecast.inference.fitted_model import PartName
from divecast.inference.predict import encode_windows
from divecast.inference.results import Labels
from divecast.page.anomalies import N_EVENTS, AnomalySection, anomaly_section
from divecast.page.code_map import CodeMap, code_map_of, windows_of_map
from divecast.page.densities import BlockDensity, densities_of
from divecast.page.forecasts import Forecasts, forecasts_of, origins_of
from divecast.page.parts import EffectsSection, Parts, effects_of, parts_of
from divecast.page.reasons import DiagnosisSection, Reasons, diagnosis_of, reasons_of
from divecast.page.recordings import ComparisonSection, RecordingsSection, comparison_section, recordings_section
from divecast.page.scope import Scope
from divecast.page.settings import settings_of
from divecast.page.summary import Summary, summary_of
from divecast.page.told_by_a import ToldByA, told_by_a
from divecast.page.what_ifs import WhatIfs, what_ifs_of

Section = TypeVar("Section")


@dataclass(frozen=True, slots=True)
class FactorNames:
    """A factor: its name, its kind (plain, ordered or cyclic) and the names of its classes."""

    name: str
    kind: str
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Payload:
    """What the page shows. A section that cannot be computed is the sentence that says why.

    Attributes:
        title: of the page.
        factors: factors in the code.
        summary: what was fitted and how good it is.
        forecasts: forecasts beside the observed values.
        parts: what these forecasts are made of.
        effects: curves of the effects of factors and covariates.
        code_map: windows in the code.
        densities: of the classes along each dimension of b.
        told_by_a: what a tells of recordings.
        recordings: each recording, its labels as read, and what is anomalous about it.
        comparison: conditions compared over people.
        what_ifs: forecasts under other classes.
        reasons: what the forecasts depend on.
        anomalies: the most anomalous windows, and all scores.
        diagnosis: findings on the code.
        settings: name and value.
    """

    title: str
    factors: tuple[FactorNames, ...]
    summary: Summary
    forecasts: Forecasts
    parts: Parts | str
    effects: EffectsSection | str
    code_map: CodeMap
    densities: tuple[BlockDensity, ...] | str
    told_by_a: ToldByA | str
    recordings: RecordingsSection | str
    comparison: ComparisonSection | str
    what_ifs: WhatIfs | str
    reasons: Reasons | str
    anomalies: AnomalySection | str
    diagnosis: DiagnosisSection | str
    settings: tuple[tuple[str, str], ...]


def payload_of(
    model: DeepDIVE,
    data: Any,
    title: str,
    part: PartName | None = None,
    conditions: Sequence[Conditions] = (),
) -> Payload:
    """Compute what the page shows; arguments as in ``write_report``.

    Raises:
        DataError: the data cannot be used.
        ConfigError: unknown part.
        NotFittedError: the model is not fitted.
    """
    scope = Scope.of(model, data, part)
    codes = encode_windows(scope.fitted, scope.scored)
    labels = _labels(scope)
    scored = _or_reason(lambda: model.anomalies(scope.source, scope.part, scope.every))
    anomalies = None if isinstance(scored, str) else scored
    events = () if anomalies is None else anomalies.top(N_EVENTS)
    shown, origins = windows_of_map(scope, [event.window for event in events]), origins_of(scope)
    forecasts = forecasts_of(scope, origins)
    scores = _or_reason(lambda: model.evaluate(scope.source, scope.part, every=scope.every))
    return Payload(
        title=title,
        factors=_factors(scope),
        summary=summary_of(scope, scores, labels, scored if isinstance(scored, str) else events),
        forecasts=forecasts,
        parts=_or_reason(lambda: parts_of(scope, origins, forecasts)),
        effects=_or_reason(lambda: effects_of(scope, forecasts.typical)),
        code_map=code_map_of(scope, codes, labels, anomalies, shown, forecasts.typical),
        densities=densities_of(scope, codes, labels),
        told_by_a=told_by_a(scope, codes),
        recordings=_or_reason(lambda: recordings_section(scope, scored)),
        comparison=_or_reason(lambda: _compared(scope, part, conditions)),
        what_ifs=_or_reason(lambda: what_ifs_of(scope, origins, forecasts.typical)),
        reasons=_or_reason(lambda: reasons_of(scope)),
        anomalies=scored if isinstance(scored, str) else anomaly_section(scope, scored, events, shown),
        diagnosis=_or_reason(lambda: diagnosis_of(scope)),
        settings=settings_of(scope),
    )


def _compared(scope: Scope, part: PartName | None, conditions: Sequence[Conditions]) -> ComparisonSection | str:
    """Compare conditions over the people of the part that is asked for, by default of all the data."""
    wide = Scope.of(scope.model, scope.source, part or "all") if conditions else scope
    return comparison_section(wide, conditions, wide.fitted.may_have_seen(wide.source, wide.part))


def _labels(scope: Scope) -> Labels | None:
    if not scope.factors:
        return None
    labels = _or_reason(lambda: scope.model.infer_labels(scope.source, scope.part, every=scope.every))
    return None if isinstance(labels, str) else labels


def _factors(scope: Scope) -> tuple[FactorNames, ...]:
    vocabularies = scope.fitted.vocabularies if scope.factors else ()
    return tuple(FactorNames(v.name, v.kind, tuple(v.classes)) for v in vocabularies)


def _or_reason(compute: Callable[[], Section]) -> Section | str:
    """Return a section, or why it cannot be computed: one section must not cost the whole page."""
    try:
        return compute()
    except DivecastError as error:
        return f"This section was left out. {error}"
