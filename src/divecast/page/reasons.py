"""What the forecasts rest on, and the health of the code, for a page."""

from dataclasses import dataclass

from divecast._text import plural
from divecast.explain.diagnosis.health import Finding
from divecast.page.packed import numbers
from divecast.page.scope import Scope, spacing

_N_WINDOWS, _N_CHECKED = 300, 1000


@dataclass(frozen=True, slots=True)
class Reasons:
    """Shares of the parts of the code in what the code does to the forecasts.

    Attributes:
        note: of how many windows.
        parts: names.
        share: (part, horizon), None where nothing changes.
        alone: (horizon,) share of the forecasts' variance that is there without the code.
        said: the same in words; says of attention only what agrees.
    """

    note: str
    parts: tuple[str, ...]
    share: list[list[float | None]]
    alone: list[float | None]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The findings on the code, and of how many windows."""

    note: str
    findings: tuple[Finding, ...]


def reasons_of(scope: Scope) -> Reasons | str:
    """Take each part of the code away and measure what changes."""
    every = spacing(scope.source, len(scope.windows), _N_WINDOWS)
    found = scope.model.why(scope.source, scope.part, every)
    if not found.parts:
        return "The code has no parts to take away."
    return Reasons(
        note=(
            f"By ablation, over {plural(len(found.change), 'window')} spread over {scope.part_name}, all series. What "
            "moves the forecasts of this model; not what makes them good, and not what causes the values."
        ),
        parts=found.parts,
        share=numbers(found.share),
        alone=numbers(found.window_share),
        said=tuple(str(found).splitlines()[1:]),  # the note has the first
    )


def health_of(scope: Scope) -> HealthReport:
    """Check the code.

    Raises:
        DataError: there are too few windows.
    """
    found = scope.model.check(scope.source, scope.part, spacing(scope.source, len(scope.windows), _N_CHECKED))
    return HealthReport(
        f"Over {plural(found.measured.n_windows, 'window')} spread over {scope.part_name}.", found.findings
    )
