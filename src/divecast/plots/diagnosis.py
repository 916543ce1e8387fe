"""Picture of a diagnosis: what each dimension of the code carries."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast.explain.diagnosis.diagnosis import Diagnosis
from divecast.explain.diagnosis.usage import COLLAPSED
from divecast.plots.style import GREY, as_text, as_texts, class_colours, panels, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class DiagnosisDisplay:
    """KL from the prior of every dimension of the code, by the factor that owns it.

    Attributes:
        diagnosis: what ``check`` returned.
    """

    diagnosis: Diagnosis

    @classmethod
    def from_diagnosis(cls, diagnosis: Diagnosis) -> "DiagnosisDisplay":
        """Take what ``check`` found."""
        return cls(diagnosis)

    def frame(self) -> Any:
        """Return a row per dimension, as ``Diagnosis.frame("dimensions")``."""
        return self.diagnosis.frame("dimensions")

    def plot(self, axes: Any = None) -> "Figure":
        """Plot a bar a dimension, hollow and hatched where it has collapsed; ``axes`` may be the caller's."""
        with styled():
            figure, (panel,) = panels(axes, (1, 1), 2.6)
            found = self.diagnosis.measured.dimensions
            owners, handles = list(dict.fromkeys(found.owners)), []
            colours = class_colours("plain", len(owners))
            for owner, colour in zip(owners, colours, strict=True):
                mine = np.flatnonzero([each == owner for each in found.owners])
                bars = panel.bar(mine, found.kl[mine], color=colour, edgecolor=colour, lw=0.8)
                handles.append(bars)
                for bar, collapsed in zip(bars, found.collapsed[mine], strict=True):
                    if collapsed:
                        bar.set(facecolor="none", hatch="//////")
            n_collapsed = int(found.collapsed.sum())
            panel.axhline(COLLAPSED, color=GREY, lw=0.6, ls="--")
            panel.set_xticks(range(len(found.names)), labels=as_texts(found.names), rotation=90, fontsize=6)
            panel.set_ylabel("KL from the prior, nats")
            panel.margins(x=0.01)
            told = f"{n_collapsed} of {len(found.names)} dimensions collapsed (below {COLLAPSED:g} nats, dashed)"
            panel.set_title(told, loc="left")
            texts = ["a" if o is None else f"b of {as_text(o)}" for o in owners]
            panel.legend(handles, texts, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
        return figure
