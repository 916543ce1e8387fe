"""The figures of a case: correlation of the labels, scatter of the code, density along each dimension of b."""

from pathlib import Path

from divecast.persistence import make_folder
from divecast.plots import CodeDisplay, DensityDisplay, LabelCorrelationDisplay, write_picture
from research.paper.cases import Case
from research.paper.views import view_of


def draw_case(case: Case, model: Path, folder: Path) -> tuple[Path, ...]:
    """Draw the figures of a case from its first full model: the paper's Figs. 2 to 4.

    Args:
        case: the data.
        model: file of the model.
        folder: where CASE-labels, CASE-code and CASE-density go, as .png and .pdf.

    Raises:
        ConfigError: matplotlib is not installed.
        ArtifactError: the model cannot be read, or the folder cannot be written to.
    """
    make_folder(folder)
    view = view_of(case, model)
    figures = {
        "labels": LabelCorrelationDisplay.from_view(view).plot(),
        "code": CodeDisplay(view).plot(),
        "density": DensityDisplay(view).plot(),
    }
    return tuple(
        write_picture(figure, folder / f"{case.name}-{name}.{kind}")
        for name, figure in figures.items()
        for kind in ("png", "pdf")
    )
