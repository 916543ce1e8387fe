"""What a window shows: departures of its last rows, and constant runs."""

import torch

from divecast.model.departures import N_RUNS, N_SIZES, Departures, constant_run, spans_of


def departures(usual: float = 1.0, lookback: int = 48) -> Departures:
    found = Departures(lookback, n_channels=2, horizon=3)
    found.usual.fill_(usual)
    found.usual_run.fill_(4.0)
    found.follow.fill_(0.5)
    found.by_size.copy_(torch.arange(1.0, N_SIZES + 1.0)[:, None].expand_as(found.by_size))
    found.by_run.copy_(torch.arange(1.0, N_RUNS + 1.0)[:, None].expand_as(found.by_run))
    return found


def window(lookback: int = 48) -> torch.Tensor:
    return torch.sin(torch.arange(float(lookback)))[None, :, None].repeat(1, 1, 2)


def test_spans_reach_a_third_of_the_look_back() -> None:
    assert spans_of(168) == (1, 3, 6, 12, 24, 48)
    assert spans_of(1) == (1,)


def test_an_ordinary_window_changes_nothing() -> None:
    shift, factor = departures(usual=2.0)(window(), window())
    assert not shift.any()
    assert not factor.any()


def test_before_it_is_fitted_nothing_changes() -> None:
    x = 1e5 * window()
    x[:, -9:] = 7.0
    assert not any(each.any() for each in Departures(48, 2, 3)(x, x))


def test_a_change_of_level_is_followed_by_a_share_and_widens_its_own_series() -> None:
    x = window()
    x[:, -12:, 0] += 4.0
    shift, factor = departures(usual=1.1)(x, x)
    torch.testing.assert_close(shift[0, :, 0], torch.full((3,), 2.0 * 0.93), atol=0.15, rtol=0.0)
    assert (factor[0, :, 0] > 1.5).all()
    assert not factor[..., 1].any()


def test_the_factor_does_not_grow_beyond_the_largest_size() -> None:
    x = window()
    x[:, -12:] += 1e4
    assert departures()(x, x)[1].max() == N_SIZES


def test_missing_values_are_no_departure() -> None:
    x = window()
    x[:, -20:, 0] = torch.nan
    x[:, :, 1] = torch.nan
    shift, factor = departures(usual=2.0)(x, x)
    assert not shift.any()
    assert not factor.any()


def test_a_constant_run_counts_from_twice_the_usual_one() -> None:
    x = window()
    x[:, -8:, 0], x[:, -4:, 1] = 0.3, 0.3
    assert constant_run(x).tolist() == [[8.0, 4.0]]
    factor = departures(usual=1e3)(x, x)[1]
    assert factor[0, 0].tolist() == [1.0, 0.0]
    assert constant_run(torch.zeros(1, 1, 2)).tolist() == [[1.0, 1.0]]
