"""All that a page shows, computed once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from divecast.errors import DivecastError
from divecast.estimator import DeepDIVE
from divecast.inference.predict import PartName, encode_windows
from divecast.inference.results import Labels
from divecast.page.anomalies import N_EVENTS, Oddness, oddness_of
from divecast.page.code_map import CodeMap, chosen_windows, code_map_of
from divecast.page.densities import BlockDensity, densities_of
from divecast.page.forecasts import Forecasts, forecasts_of, origins_of
from divecast.page.reasons import HealthReport, Reasons, health_of, reasons_of
from divecast.page.scope import Scope
from divecast.page.settings import settings_of
from divecast.page.summary import Summary, summary_of
from divecast.page.what_ifs import WhatIfs, what_ifs_of

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class FactorNames:
    """A factor, whether its classes are plain, ordered or cyclic, and their names."""

    name: str
    kind: str
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Payload:
    """What a page shows. A part that cannot be had is the sentence that says why.

    Attributes:
        title: of the page.
        factors: in the code.
        summary: in words.
        forecasts: beside what came.
        code_map: windows in the code.
        densities: of the classes along each dimension of b.
        what_ifs: forecasts under other classes.
        reasons: what the forecasts rest on.
        oddness: odd windows.
        health: of the code.
        settings: name and value.
    """

    title: str
    factors: tuple[FactorNames, ...]
    summary: Summary
    forecasts: Forecasts
    code_map: CodeMap
    densities: tuple[BlockDensity, ...] | str
    what_ifs: WhatIfs | str
    reasons: Reasons | str
    oddness: Oddness | str
    health: HealthReport | str
    settings: tuple[tuple[str, str], ...]


def payload_of(model: DeepDIVE, data: Any, title: str, part: PartName | None = None) -> Payload:
    """Compute what a page shows; arguments as in ``write_report``.

    Raises:
        DataError: the data cannot be used.
        ConfigError: an unknown part.
        NotFittedError: the model is not fitted.
    """
    scope = Scope.of(model, data, part)
    codes = encode_windows(scope.fitted, scope.scored)
    labels = _labels(scope)
    found = _or_reason(lambda: model.anomalies(scope.source, scope.part, scope.every))
    odd = None if isinstance(found, str) else found
    events = () if odd is None else odd.top(N_EVENTS)
    shown, origins = chosen_windows(scope, [event.window for event in events]), origins_of(scope)
    forecasts = forecasts_of(scope, origins)
    scores = _or_reason(lambda: model.evaluate(scope.source, scope.part, every=scope.every))
    return Payload(
        title=title,
        factors=_factors(scope),
        summary=summary_of(scope, scores, labels, found if isinstance(found, str) else events),
        forecasts=forecasts,
        code_map=code_map_of(scope, codes, labels, odd, shown, forecasts.typical),
        densities=densities_of(scope, codes, labels),
        what_ifs=_or_reason(lambda: what_ifs_of(scope, origins, forecasts.typical)),
        reasons=_or_reason(lambda: reasons_of(scope)),
        oddness=found if isinstance(found, str) else oddness_of(scope, found, events, shown),
        health=_or_reason(lambda: health_of(scope)),
        settings=settings_of(scope),
    )


def _labels(scope: Scope) -> Labels | None:
    if not scope.factors:
        return None
    found = _or_reason(lambda: scope.model.infer_labels(scope.source, scope.part, every=scope.every))
    return None if isinstance(found, str) else found


def _factors(scope: Scope) -> tuple[FactorNames, ...]:
    known = scope.fitted.vocabularies if scope.factors else ()
    return tuple(FactorNames(v.name, v.kind, tuple(v.classes)) for v in known)


def _or_reason(compute: Callable[[], Found]) -> Found | str:
    """Return what is computed, or why it cannot be: one part must not cost the page."""
    try:
        return compute()
    except DivecastError as error:
        return f"This part was left out: {error}"
