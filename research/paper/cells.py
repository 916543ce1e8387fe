"""Tables in Markdown, and the numbers in their cells."""

from research.common import Spread, number


def folded(summary: str, body: str) -> str:
    """Return a part that opens on a click."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def signed(value: float) -> str:
    """Return a difference with its sign."""
    return f"{'+' if value > 0 else ''}{number(value)}"


def percent(found: Spread | None) -> str:
    """Return a share as ``mean ± standard deviation`` in percent."""
    if found is None:
        return ""
    sd = "" if found.sd is None else f" ± {100 * found.sd:.1f}"
    return f"{100 * found.mean:.1f}{sd}"


def whole(found: Spread | None) -> str:
    """Return the mean as a whole number, or with one decimal below ten."""
    return "" if found is None else f"{found.mean:,.{1 if found.mean < 10 else 0}f}"


def p_value(p: float | None) -> str:
    """Return a p-value with three decimals; empty for None."""
    if p is None:
        return ""
    return "< .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")
