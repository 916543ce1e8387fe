"""The figures of a case: that they are written; ``tests/report`` has what is drawn."""

import pytest

from divecast.errors import ArtifactError
from divecast.inference.model_file import write_model
from divecast.plots import CodeDisplay, LabelCorrelationDisplay
from research.paper.figures import draw_case
from research.paper.views import view_of
from studies.small import hours_case, moves_case

pytestmark = pytest.mark.slow  # each fits models of a study


@pytest.fixture(scope="module")
def model(full, tmp_path_factory):
    """A full model of the small panel, on disk."""
    path = tmp_path_factory.mktemp("figures") / "model.safetensors"
    write_model(full.fitted, path)
    return path


def test_pictures_are_written_and_the_same_each_time(model, tmp_path):
    first, second = (draw_case(hours_case(), model, tmp_path / name) for name in ("one", "two"))
    assert [path.name for path in first] == [
        f"motion-{name}.{kind}" for name in ("labels", "code", "density") for kind in ("png", "pdf")
    ]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert first[0].read_bytes().startswith(b"\x89PNG")
    assert first[1].read_bytes().startswith(b"%PDF")


def test_a_folder_that_cannot_be_made_is_named(model, tmp_path):
    (tmp_path / "figures").touch()
    with pytest.raises(ArtifactError, match=r"folder .*figures"):
        draw_case(hours_case(), model, tmp_path / "figures")


def test_the_labels_are_those_of_all_rows_of_the_case(model):
    view = view_of(hours_case(), model)
    assert {len(labels) for labels in view.every} == {len(hours_case().data.values)}
    assert LabelCorrelationDisplay.from_view(view).association[0, 1] < 0.05  # hour and weekend are independent


def test_labels_that_are_missing_here_and_there_are_no_trouble(full_of_moves, tmp_path):
    write_model(full_of_moves.fitted, tmp_path / "model.safetensors")
    shown = view_of(moves_case(), tmp_path / "model.safetensors")
    assert all((labels >= 0).all() for labels in shown.every)
    assert (shown.factors[1].labels == -1).any()
    assert len(CodeDisplay(shown).plot().axes) == 6  # two panels each with the bar of its classes, and two of a
