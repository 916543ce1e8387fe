"""Comparison of conditions: what of b and of a differs, with intervals over people."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast._text import plural, visible
from divecast.data import Backend, to_frame

Floats = NDArray[np.float64]

_MOST_NAMED = 5


@dataclass(frozen=True, eq=False, slots=True)
class Contrast:
    """One condition beside the reference.

    Attributes:
        to: the condition.
        paired: whether the same people were in both.
        n_people: number of people in the reference and in the condition.
        left_out: people that were in one of them alone, and so do not count where people are paired.
        means: (2, quantity) means over people, of the reference and of the condition.
        difference: (quantity,) condition minus reference.
        low: (quantity,) lower ends of the intervals; NaN where there are too few people for the level.
        high: (quantity,) upper ends.
        p: (quantity,) p values, adjusted for all quantities of a block and all conditions.
        p_of_block: for each block the p value of no difference in it, adjusted likewise.

    Example:
        >>> contrast = motion_model.compare(recordings, "exercise", reference="ABD", to="ROW", every=100).contrasts[0]
        >>> contrast.to, contrast.paired
        ('ROW', True)
    """

    to: str
    paired: bool
    n_people: tuple[int, int]
    left_out: tuple[str, ...]
    means: Floats
    difference: Floats
    low: Floats
    high: Floats
    p: Floats
    p_of_block: dict[str, float]


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Comparison(Plottable):
    """What differs between conditions; ``print`` gives it in words.

    Attributes:
        label: the label whose classes are compared.
        reference: the class that the others are compared with.
        group: the label that names people; None if each recording counts as one.
        level: probability with which all intervals of a block hold together.
        names: (quantity,) what is compared.
        blocks: (quantity,) the part of the code that each belongs to.
        spread: (quantity,) standard deviation over all windows, in whose units the plot shows differences.
        contrasts: one for each other class.
        n_windows: number of windows.
        notes: what to bear in mind.
        backend: kind of the tables.

    Example:
        >>> comparison = motion_model.compare(recordings, "side", reference="left", every=100)
        >>> comparison.reference, [contrast.to for contrast in comparison.contrasts]
        ('left', ['right'])
    """

    label: str
    reference: str
    group: str | None
    level: float
    names: tuple[str, ...]
    blocks: tuple[str, ...]
    spread: Floats
    contrasts: tuple[Contrast, ...]
    n_windows: int
    notes: tuple[str, ...]
    backend: Backend

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return one row per condition and quantity.

        Columns: ``label, reference, to, quantity, block, people, reference_mean, to_mean, difference, low, high, p,
        spread``; means and differences in units of the quantity, p adjusted for all
        quantities of a block and all conditions.

        Args:
            backend: ``pandas``, ``polars`` or ``pyarrow``; None for the kind of the data.

        Example:
            >>> table = comparison.frame(backend="pandas")
            >>> list(table.columns[:4])
            ['label', 'reference', 'to', 'quantity']
        """
        n, count = len(self.names), len(self.contrasts)

        def texts(cells: list[Any]) -> NDArray[Any]:
            column = np.empty(len(cells), dtype=object)
            column[:] = cells
            return column

        def joined(name: str) -> Floats:
            return np.concatenate([getattr(each, name) for each in self.contrasts])

        columns: dict[str, NDArray[Any]] = {
            "label": texts([self.label] * n * count),
            "reference": texts([self.reference] * n * count),
            "to": texts([each.to for each in self.contrasts for _ in range(n)]),
            "quantity": texts([*self.names] * count),
            "block": texts([*self.blocks] * count),
            "people": np.repeat(
                [min(each.n_people) if each.paired else sum(each.n_people) for each in self.contrasts], n
            ),
            "reference_mean": np.concatenate([each.means[0] for each in self.contrasts]),
            "to_mean": np.concatenate([each.means[1] for each in self.contrasts]),
            **{name: joined(name) for name in ("difference", "low", "high", "p")},
            "spread": np.tile(self.spread, count),
        }
        return to_frame(columns, backend or self.backend)

    def sentences(self) -> tuple[str, ...]:
        """Return for each condition what differs from the reference, in words, and the notes.

        Example:
            >>> comparison.sentences()[0].startswith("right beside left")
            True
        """
        return (*(self._sentence(each) for each in self.contrasts), *self.notes)

    def __str__(self) -> str:
        """Return the comparison in words."""
        head = f"{len(self.names)} quantities of {plural(self.n_windows, 'window')} compared by {self.label}"
        return visible("\n".join([f"{head}:", *self.sentences()]))

    def _sentence(self, contrast: Contrast) -> str:
        unit = self.group or "recording"
        first, second = contrast.n_people
        people = f"{plural(second, unit)} in both" if contrast.paired else f"{second} and {plural(first, unit)}"
        blocks = ", ".join(f"{block} p = {p:.2g}" for block, p in contrast.p_of_block.items())
        certain = np.flatnonzero((contrast.low > 0.0) | (contrast.high < 0.0))
        ranked = [int(place) for place in certain[np.argsort(contrast.p[certain], kind="stable")]]
        if np.isnan(contrast.low).all():
            told = f"these are too few for intervals of {self.level:.0%}"
        elif ranked:
            told = "; ".join(self._difference(contrast, place) for place in ranked[:_MOST_NAMED])
            told += f"; and {len(ranked) - _MOST_NAMED} more" if len(ranked) > _MOST_NAMED else ""
        else:
            told = "no difference is certain"
        left_out = f" Left out, in one alone: {', '.join(contrast.left_out)}." if contrast.left_out else ""
        return f"{contrast.to} beside {self.reference} ({people}): {told}. Any difference: {blocks}.{left_out}"

    def _difference(self, contrast: Contrast, place: int) -> str:
        low, high = contrast.low[place], contrast.high[place]
        return (
            f"{self.names[place]} {contrast.means[0, place]:.3g} to {contrast.means[1, place]:.3g} "
            f"({contrast.difference[place]:+.2g}, {low:+.2g} to {high:+.2g})"
        )
