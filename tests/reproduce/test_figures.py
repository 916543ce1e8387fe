"""The figures: their data against known answers, and what is drawn of them."""

import numpy as np
import pytest
import torch

from divecast.errors import ArtifactError
from divecast.reproduce.figures import class_colours, draw_case, plot_code, plot_density, plot_labels
from divecast.reproduce.run import run_once
from divecast.reproduce.views import FactorView, View, class_correlation, label_association, two_components, view_of
from reproduce.small import hours_case, moves_case

ONE = np.array([0, 0, 1, 1, 2, 2] * 200)
SAME = np.array([1, 1, 0, 0, 0, 0] * 200)  # a function of ONE
OTHER = np.array([0, 1] * 600)  # independent of it


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A full model of the small panel, on disk."""
    path = tmp_path_factory.mktemp("figures") / "model.safetensors"
    run_once(hours_case(), "full", 0).fitted.save(path)
    return path


@pytest.fixture(scope="module")
def view(model) -> View:
    return view_of(hours_case(), model)


def factor(kind: str, n_classes: int, dims: int = 1) -> FactorView:
    """A factor of 3 windows a class, around its centre."""
    labels = np.repeat(np.arange(n_classes), 3)
    centres = np.arange(n_classes)[:, None] * np.ones(dims)
    grid = np.linspace(-5.0, n_classes + 5.0, 400)[:, None] * np.ones(dims)
    mean, sd = centres[labels] + 0.1, np.full((len(labels), dims), 0.5)
    prior = np.ones((n_classes, 400, dims))
    names = tuple(f"class {k}" for k in range(n_classes))
    return FactorView("factor", kind, names, labels, mean, sd, centres, grid, prior)


def test_association_is_one_for_a_function_and_none_for_independent_labels():
    found = label_association((ONE, SAME, OTHER))
    np.testing.assert_allclose(found, [[1, 1, 0], [1, 1, 0], [0, 0, 1]], atol=0.03)
    np.testing.assert_array_equal(found, found.T)


def test_the_bias_of_few_rows_is_put_right():
    draw = np.random.default_rng(0)
    found = [label_association((draw.integers(0, 14, 100), draw.integers(0, 5, 100)))[0, 1] for _ in range(50)]
    assert np.mean(found) < 0.12  # without the correction it is 0.36


def test_correlation_of_classes_is_that_of_their_indicators():
    found = class_correlation((ONE, SAME), (3, 2))
    first = np.corrcoef([ONE == 0, ONE == 1, ONE == 2, SAME == 0, SAME == 1])
    np.testing.assert_allclose(found[:3, 3:], first[:3, 3:])
    assert np.isnan(found[:3, :3]).all()
    assert np.isnan(found[3:, 3:]).all()


def test_a_class_that_never_occurs_has_no_correlation():
    found = class_correlation((ONE, SAME), (4, 2))
    assert np.isnan(found[3]).all()


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
    labels = np.where(np.arange(6) == 0, -1, full.labels)
    part = FactorView("f", "plain", full.classes, labels, full.mean, full.sd, full.centres, full.grid, full.prior)
    step = full.grid[1] - full.grid[0]
    np.testing.assert_allclose((part.aggregate().sum(axis=1) * step)[:, 0], [2 / 5, 3 / 5], atol=1e-6)


@pytest.mark.parametrize(("kind", "n"), [("plain", 5), ("plain", 12), ("ordered", 14), ("cyclic", 7), ("cyclic", 24)])
def test_every_class_has_a_colour_of_its_own_that_shows_on_white(kind, n):
    colours = class_colours(factor(kind, n))
    assert len(np.unique(colours.round(3), axis=0)) == n
    luminance = colours @ [0.2126, 0.7152, 0.0722]
    assert luminance.max() < 0.85


def test_a_panel_of_the_code_shows_every_labelled_window(view):
    figure = plot_code(view)
    panels = [axes for axes in figure.axes if axes.collections and axes.get_xlabel()]
    assert [axes.get_title(loc="left") for axes in panels] == [
        "b of hour",
        "b of weekend",
        "a, by hour",
        "a, by weekend",
    ]
    assert {len(axes.collections[0].get_offsets()) for axes in panels} == {len(view.a)}


def test_a_line_for_each_class_and_component_in_every_dimension(view):
    figure = plot_density(view)
    drawn = [len(axes.lines) for axes in figure.axes if axes.lines]
    dims = [f.mean.shape[1] for f in view.factors]
    assert drawn == [2 * 24] * dims[0] + [2 * 2] * dims[1]


def test_a_code_without_a_and_blocks_of_one_dimension_are_drawn():
    factors = (factor("ordered", 4), factor("plain", 2))
    bare = View(factors, np.empty((0, 0)), (np.array([0, 1, 2, 3]), np.array([0, 1, 0, 1])))
    assert plot_code(bare).axes[0].get_ylabel() == "class"
    assert plot_density(bare).axes
    assert plot_labels(bare).axes


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
    with pytest.raises(ArtifactError, match=r"expected a folder to write to at .*figures"):
        draw_case(hours_case(), model, tmp_path / "figures")


def test_labels_that_are_missing_here_and_there_are_no_trouble(tmp_path):
    run_once(moves_case(), "full", 0).fitted.save(tmp_path / "model.safetensors")
    shown = view_of(moves_case(), tmp_path / "model.safetensors")
    assert all((labels >= 0).all() for labels in shown.every)
    assert (shown.factors[1].labels == -1).any()
    assert len(plot_code(shown).axes) == 6  # two panels each with the bar of its classes, and two of a


def test_drawing_leaves_the_settings_of_matplotlib_alone(view):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    plot_labels(view)
    assert dict(mpl.rcParams) == before


def test_drawing_draws_no_random_numbers(view):
    np.random.seed(0)  # noqa: NPY002  the global state is the matter
    torch.manual_seed(0)
    states = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    plot_code(view)
    np.testing.assert_array_equal(np.random.get_state()[1], states[0])  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), states[1])
