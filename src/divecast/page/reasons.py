"""Sections of the page: what the forecasts depend on, and the diagnosis of the code."""

from dataclasses import dataclass

from divecast._text import plural
from divecast.explain.diagnosis.diagnosis import Finding
from divecast.page.packed import numbers
from divecast.page.scope import Scope, spacing

_N_EXPLAINED, _N_DIAGNOSED = 300, 1000


@dataclass(frozen=True, slots=True)
class Reasons:
    """Share of each component of the code in its effect on the forecasts.

    Attributes:
        note: over which windows.
        components: of the code.
        share: (component, horizon), None where nothing changes.
        alone: (horizon,) share of the forecasts' variance that remains without the code.
        sentences: the same in words.
    """

    note: str
    components: tuple[str, ...]
    share: list[list[float | None]]
    alone: list[float | None]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DiagnosisSection:
    """Findings on the code, and over which windows."""

    note: str
    findings: tuple[Finding, ...]


def reasons_of(scope: Scope) -> Reasons | str:
    """Remove each component of the code in turn and measure how the forecasts change."""
    every = spacing(scope.source, len(scope.windows), _N_EXPLAINED)
    attribution = scope.model.why(scope.source, scope.part, every)
    if not attribution.components:
        return "The code of this model has no components that could be removed."
    return Reasons(
        note=(
            f"By ablation, over {plural(len(attribution.change), 'window')} of {scope.part_name}, evenly spaced, and "
            "all series. It shows what moves the forecasts of this model, not what makes them accurate or what causes "
            "the values."
        ),
        components=attribution.components,
        share=numbers(attribution.share),
        alone=numbers(attribution.window_share),
        sentences=tuple(str(attribution).splitlines()[1:]),  # the first line is in the note
    )


def diagnosis_of(scope: Scope) -> DiagnosisSection:
    """Check the code.

    Raises:
        DataError: there are too few windows.
    """
    diagnosis = scope.model.check(scope.source, scope.part, spacing(scope.source, len(scope.windows), _N_DIAGNOSED))
    n_windows = plural(diagnosis.measured.n_windows, "window")
    return DiagnosisSection(f"Over {n_windows} of {scope.part_name}, evenly spaced.", diagnosis.findings)
