"""Maps of the code and densities along its dimensions: their data against known answers, and what is drawn of them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from divecast import ConfigError
from divecast.plots import CodeDisplay, DensityDisplay, LabelCorrelationDisplay
from divecast.plots.code_view import CodeView, FactorView, two_components, view_code
from plain import plain_model
from plots.drawn import ODD_NAME, columns, lines, only, texts
from worlds import hours, moves


@pytest.fixture(scope="module")
def view(hours_model) -> CodeView:
    return view_code(hours_model, hours().panel, every=5)


def factor(kind: str, n_classes: int, dims: int = 1) -> FactorView:
    """A factor of 3 windows a class, around its centre."""
    labels = np.repeat(np.arange(n_classes), 3)
    centres = np.arange(n_classes)[:, None] * np.ones(dims)
    grid = np.linspace(-5.0, n_classes + 5.0, 400)[:, None] * np.ones(dims)
    mean, sd = centres[labels] + 0.1, np.full((len(labels), dims), 0.5)
    prior = np.ones((n_classes, 400, dims))
    names = tuple(f"class {k}" for k in range(n_classes))
    return FactorView("factor", kind, names, labels, mean, sd, centres, grid, prior)


def test_two_components_keep_the_most_variance():
    points = np.random.default_rng(0).normal(size=(500, 4)) * [1.0, 5.0, 0.1, 3.0]
    np.testing.assert_allclose(np.abs(two_components(points).std(axis=0)), points.std(axis=0)[[1, 3]], rtol=0.02)
    assert two_components(points[:, :1]).shape == (500, 1)


def test_densities_of_a_class_sum_to_its_share(view):
    hour = view.factors[0]
    shares = np.bincount(hour.labels, minlength=24) / len(hour.labels)
    step = hour.grid[1] - hour.grid[0]
    np.testing.assert_allclose(hour.aggregate().sum(axis=1) * step, shares[:, None] * np.ones(len(step)), atol=3e-3)
    np.testing.assert_allclose((hour.prior.sum(axis=1) * step).sum(axis=0), 1.0, atol=0.02)


def test_a_missing_label_is_in_no_class():
    full = factor("plain", 2)
    part = replace(full, labels=np.where(np.arange(6) == 0, -1, full.labels))
    step = full.grid[1] - full.grid[0]
    np.testing.assert_allclose((part.aggregate().sum(axis=1) * step)[:, 0], [2 / 5, 3 / 5], atol=1e-6)


def test_a_panel_of_the_code_shows_every_labelled_window(view):
    figure = CodeDisplay(view).plot()
    shown = [axes for axes in figure.axes if axes.collections and axes.get_xlabel()]
    titles = [axes.get_title(loc="left") for axes in shown]
    assert titles == ["b of hour", "b of weekend", "a, by hour", "a, by weekend"]
    assert {len(axes.collections[0].get_offsets()) for axes in shown} == {len(view.a)}


@pytest.mark.parametrize("data", ["hours", "moves"])
def test_the_points_drawn_are_those_of_the_table(data, hours_model, moves_model):
    model, rows = (hours_model, hours().panel) if data == "hours" else (moves_model, moves())
    display = CodeDisplay.from_estimator(model, rows, "all", every=9)
    table, panels = columns(display), display.plot().axes
    for axes, cloud in zip(panels, display.clouds, strict=False):
        listed = only(table, panel=cloud.title)
        drawn = np.asarray(axes.collections[0].get_offsets())
        np.testing.assert_allclose(sorted(map(tuple, drawn)), sorted(zip(listed["x"], listed["y"], strict=True)))


def test_the_first_two_dimensions_are_those_of_encode(hours_model):
    table = only(columns(CodeDisplay.from_estimator(hours_model, hours().panel, "all", 50)), panel="b of hour")
    codes = hours_model.encode(hours().panel, every=50)
    np.testing.assert_allclose(np.column_stack([table["x"], table["y"]]), codes.b_mean[0][:, :2], rtol=1e-6)


def test_a_line_for_each_class_and_component_in_every_dimension(view):
    display = DensityDisplay(view)
    panels = [axes for axes in display.plot().axes if axes.lines]
    dims = [each.mean.shape[1] for each in view.factors]
    assert [len(axes.lines) for axes in panels] == [2 * 24] * dims[0] + [2 * 2] * dims[1]
    table = columns(display)
    for at, axes in enumerate(panels[: dims[0]]):
        listed = only(table, factor="hour", dimension=at + 1)
        np.testing.assert_allclose(np.stack(lines(axes)[::2]), listed["posterior"].reshape(24, -1))
        np.testing.assert_allclose(np.stack(lines(axes)[1::2]), listed["prior"].reshape(24, -1))


def test_a_code_without_a_and_blocks_of_one_dimension_are_drawn():
    factors = (factor("ordered", 4), factor("plain", 2))
    bare = CodeView(factors, np.empty((12, 0)), (np.array([0, 1, 2, 3]), np.array([0, 1, 0, 1])))
    assert CodeDisplay(bare).plot().axes[0].get_ylabel() == "class"
    assert len(DensityDisplay(bare).plot().axes) == 4  # two, and the bars of their classes
    assert LabelCorrelationDisplay.from_view(bare).association.shape == (2, 2)


def test_one_window_and_no_labels_are_drawn(view):
    first = replace(view, a=view.a[:1], factors=tuple(_first(each) for each in view.factors))
    assert len(columns(CodeDisplay(first))["x"]) == 4
    none = replace(first, factors=tuple(replace(each, labels=each.labels * 0 - 1) for each in first.factors))
    assert len(columns(CodeDisplay(none))["x"]) == 0
    assert CodeDisplay(none).plot().axes
    np.testing.assert_array_equal(columns(DensityDisplay(none))["posterior"], 0.0)


def _first(each: FactorView) -> FactorView:
    return replace(each, labels=each.labels[:1], mean=each.mean[:1], sd=each.sd[:1])


def test_names_are_shown_as_they_are():
    odd = replace(factor("plain", 2), name=ODD_NAME, classes=("$a$", "$b_2$"))
    view = CodeView((odd,), np.empty((6, 0)), (odd.labels,))
    assert {f"b of {ODD_NAME}", "$a$", "$b_2$"} <= set(texts(CodeDisplay(view).plot()))
    assert {f"{ODD_NAME}\nshare times density", "$a$"} <= set(texts(DensityDisplay(view).plot()))


def test_a_model_without_blocks_is_refused():
    with pytest.raises(ConfigError, match="no blocks of b"):
        CodeDisplay.from_estimator(plain_model(), hours(weeks=4).panel)


def test_drawing_draws_no_random_numbers(view):
    np.random.seed(0)  # noqa: NPY002  the global state is the matter
    torch.manual_seed(0)
    states = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    CodeDisplay(view).plot()
    np.testing.assert_array_equal(np.random.get_state()[1], states[0])  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), states[1])
