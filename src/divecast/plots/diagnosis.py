"""Plot of a diagnosis: the information in each dimension of the code."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast.explain.diagnosis.diagnosis import Diagnosis
from divecast.explain.diagnosis.usage import COLLAPSED
from divecast.plots.display import Display
from divecast.plots.style import GREY, as_text, as_texts, class_colours, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class DiagnosisDisplay(Display):
    """KL divergence from the prior of every dimension of the code, by the factor that owns it.

    Collapsed dimensions are hollow and hatched.

    Attributes:
        diagnosis: what is shown.

    Example:
        >>> from divecast.plots import DiagnosisDisplay
        >>> figure = DiagnosisDisplay.from_diagnosis(model.check(panel, every=5)).plot()
        >>> figure.axes[0].get_ylabel()
        'KL from the prior, nats'
    """

    diagnosis: Diagnosis

    @classmethod
    def from_diagnosis(cls, diagnosis: Diagnosis) -> "DiagnosisDisplay":
        """Show the result of ``DeepDIVE.check``.

        Example:
            >>> from divecast.plots import DiagnosisDisplay
            >>> display = DiagnosisDisplay.from_diagnosis(model.check(panel, every=5))
        """
        return cls(diagnosis)

    def frame(self) -> Any:
        """Return ``Diagnosis.frame("dimensions")``, one row per dimension of the code.

        Example:
            >>> from divecast.plots import DiagnosisDisplay
            >>> display = DiagnosisDisplay.from_diagnosis(model.check(panel, every=5))
            >>> len(display.frame()) == len(display.diagnosis.measured.dimensions.kl)
            True
        """
        return self.diagnosis.frame("dimensions")

    def _draw(self, ax: Any) -> "Figure":
        figure, (panel,) = panels(ax, (1, 1), 2.6)
        dimensions = self.diagnosis.measured.dimensions
        owners, handles = list(dict.fromkeys(dimensions.owners)), []
        for owner, colour in zip(owners, class_colours("plain", len(owners)), strict=True):
            own = np.flatnonzero([name == owner for name in dimensions.owners])
            bars = panel.bar(own, dimensions.kl[own], color=colour, edgecolor=colour, lw=0.8)
            handles.append(bars)
            for bar, collapsed in zip(bars, dimensions.collapsed[own], strict=True):
                if collapsed:
                    bar.set(facecolor="none", hatch="//////")
        n_collapsed, n = int(dimensions.collapsed.sum()), len(dimensions.names)
        panel.axhline(COLLAPSED, color=GREY, lw=0.6, ls="--")
        panel.set_xticks(range(n), labels=as_texts(dimensions.names), rotation=90, fontsize=6)
        panel.set_ylabel("KL from the prior, nats")
        panel.margins(x=0.01)
        panel.set_title(f"{n_collapsed} of {n} dimensions collapsed (below {COLLAPSED:g} nats, dashed)", loc="left")
        texts = ["a" if owner is None else f"b of {as_text(owner)}" for owner in owners]
        panel.legend(handles, texts, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
        return figure
