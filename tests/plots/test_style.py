"""Names shown as they are, colours that can be told apart, and files written whole."""

import sys

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

from divecast import ArtifactError, ConfigError
from divecast.plots import write_picture
from divecast.plots.style import as_text, class_colours, panels, scale_colours, styled

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=48) | st.text("$\\_^{}ab<>&", max_size=20)


@given(NAMES)
def test_a_name_is_shown_as_it_is(name):
    assert Text()._preprocess_math(as_text(name)) == (name, False)


def test_a_long_name_is_cut_and_a_line_break_is_a_blank():
    assert as_text("x" * 100) == "x" * 47 + "…"
    assert as_text("one\ntwo\tthree") == "one two three"


@pytest.mark.parametrize(("kind", "n"), [("plain", 5), ("plain", 12), ("ordered", 14), ("cyclic", 7), ("cyclic", 24)])
def test_every_class_has_a_colour_of_its_own_that_shows_on_white(kind, n):
    colours = class_colours(kind, n)
    assert len(np.unique(colours.round(3), axis=0)) == n
    luminance = colours @ [0.2126, 0.7152, 0.0722]
    assert luminance.max() < 0.85


@pytest.mark.parametrize("n", [1, 2, 9, 24])
def test_a_scale_gets_lighter_all_the_way(n):
    assert (np.diff(scale_colours(n) @ [0.2126, 0.7152, 0.0722]) > 0).all()


def test_drawing_leaves_the_settings_of_matplotlib_alone():
    before = dict(mpl.rcParams)
    with styled():
        assert mpl.rcParams["font.size"] == 8
    assert dict(mpl.rcParams) == before


def test_matplotlib_is_asked_for_when_absent(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigError, match=r'pip install "divecast\[plot\]"'), styled():
        pass


def test_axes_of_the_caller_are_used_and_counted():
    figure = Figure()
    mine = figure.subplots(2, 2)
    assert panels(mine, (2, 2), 1.0) == (figure, list(mine.ravel()))
    with pytest.raises(ConfigError, match="Expected axes for 2 panels, got 4"):
        panels(mine, (1, 2), 1.0)


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_a_picture_is_the_same_each_time(tmp_path, kind, start):
    found = [write_picture(Figure(), tmp_path / f"{name}.{kind}").read_bytes() for name in ("one", "two")]
    assert found[0] == found[1]
    assert found[0].startswith(start)


def test_a_picture_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"ends in \.png or \.pdf, got .*a\.jpg"):
        write_picture(Figure(), tmp_path / "a.jpg")
    with pytest.raises(ConfigError, match=r"folder of a\.png does not exist"):
        write_picture(Figure(), tmp_path / "none" / "a.png")
    (tmp_path / "b.png").mkdir()
    with pytest.raises(ArtifactError, match=r"Could not write .*b\.png"):
        write_picture(Figure(), tmp_path / "b.png")
    assert [path.name for path in tmp_path.iterdir()] == ["b.png"]
