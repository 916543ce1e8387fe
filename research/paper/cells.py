"""Tables in Markdown, and the numbers in their cells."""

from collections.abc import Sequence

from research.paper.summary import Spread


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; all columns but the first are aligned to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def folded(summary: str, body: str) -> str:
    """Return a part that opens on a click."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def number(value: float | None) -> str:
    """Return four decimals, fewer for large numbers; empty for None."""
    if value is None:
        return ""
    return f"{value:.{4 if abs(value) < 10 else 2 if abs(value) < 1000 else 0}f}"


def signed(value: float) -> str:
    """Return a difference with its sign."""
    return f"{'+' if value > 0 else ''}{number(value)}"


def mean_sd(found: Spread | None) -> str:
    """Return ``mean ± standard deviation``; the mean alone for a single run, empty for none."""
    if found is None:
        return ""
    return number(found.mean) if found.sd is None else f"{number(found.mean)} ± {number(found.sd)}"


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
