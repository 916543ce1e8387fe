"""The world whose truth is known, the rivals' losses on it, its scores, and a quick run of the study."""

import json
import math
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.distributions import Normal

from research.known_truth import page, run
from research.known_truth import scores as study_scores
from research.known_truth.arms import label_dimensions
from research.known_truth.objectives import Classified, beta_tcvae, ccvae, ivae, total_correlation
from research.known_truth.scores import SplitCode, Truth, ownership, scores
from research.known_truth.world import LABELS, UNLABELLED, World, cramers_v


def normals(batch: int = 64, dim: int = 3, seed: int = 0) -> tuple[Normal, torch.Tensor]:
    """A posterior and a draw from it."""
    draw = torch.Generator().manual_seed(seed)
    loc, scale, noise = (torch.randn(batch, dim, generator=draw, dtype=torch.float64) for _ in range(3))
    q = Normal(loc, scale.exp())
    return q, q.loc + q.scale * noise


def test_unlabelled_factors_depend_on_nothing():
    drawn = World(tied=0.65, n=20_000).draw()
    every = np.column_stack([drawn.truth, *(drawn.labels[:, [0]] == k for k in range(3)), drawn.labels[:, 1:] == 0])
    correlation = np.corrcoef(every.T)
    assert np.abs(correlation[:2, 2:]).max() < 0.03
    assert abs(correlation[0, 1]) < 0.03
    np.testing.assert_allclose(drawn.truth.std(0), 1.0, atol=0.03)


def test_labels_are_as_dependent_as_asked():
    assert cramers_v(World(n=20_000).draw().labels) < 0.03
    assert cramers_v(run.VARIANTS["correlated"].draw().labels) == pytest.approx(0.6, abs=0.04)
    same = np.repeat(np.arange(3), 10)
    assert cramers_v(np.stack([same, same], axis=1)) == pytest.approx(1.0)


def test_labels_do_not_act_as_a_sum():
    world = World(n=4000, noise=0.0, spread=0.0, swing=0.0)
    drawn = world.draw()
    cells = [[drawn.values[(drawn.labels == (k, s)).all(1)].mean(0) for s in range(4)] for k in range(3)]
    means = np.array(cells)
    added = means.mean(0, keepdims=True) + means.mean(1, keepdims=True) - means.mean((0, 1))
    assert np.square(means - added).mean() > 0.1 * means.var()


def test_parts_share_no_recording_and_windows_leave_out_the_horizon():
    drawn = World(n=100).draw()
    rows = np.concatenate([drawn.rows(part) for part in ("train", "valid", "test")])
    assert sorted(rows) == list(range(100))
    assert drawn.windows("test").shape == (10, 32, 4)
    np.testing.assert_allclose(drawn.windows("train").std((0, 1)), 1.0, rtol=1e-5)
    told = list(drawn.recordings().labels["part"])
    assert [told.count(part) for part in ("train", "valid", "test")] == [80, 10, 10]


def test_the_seed_draws_everything():
    world = World(n=50)
    np.testing.assert_array_equal(world.draw().values, world.draw().values)
    assert not np.array_equal(world.draw().labels, replace(world, seed=1).draw().labels)


def test_the_total_correlation_of_independent_gaussians_is_none():
    z = normals(dim=4)[1]
    q = Normal(torch.zeros_like(z), torch.ones_like(z))  # one and the same for all windows
    torch.testing.assert_close(total_correlation(q, z, 1), torch.zeros(64, dtype=torch.float64))
    constant = torch.full((64,), 3 * math.log(500.0), dtype=torch.float64)
    torch.testing.assert_close(total_correlation(q, z, 500), constant)


def test_the_total_correlation_of_dependent_dimensions_is_theirs():
    """q(z) of a batch is a normal with correlation r, whose total correlation is -log(1 - r^2) / 2."""
    draw, r, width = torch.Generator().manual_seed(0), 0.8, 0.5
    loc = torch.randn(2000, 2, generator=draw, dtype=torch.float64)
    loc[:, 1] = r * loc[:, 0] + math.sqrt(1 - r * r) * loc[:, 1]
    q = Normal(loc, torch.full_like(loc, width))
    z = loc + width * torch.randn(2000, 2, generator=draw, dtype=torch.float64)
    inner = r / (1 + width * width)
    assert float(total_correlation(q, z, 1).mean()) == pytest.approx(-0.5 * math.log(1 - inner**2), abs=0.05)


def test_beta_tcvae_at_1_is_a_vae():
    q, z = normals()
    log_likelihood = -z.square().sum(1)
    bound = log_likelihood + Normal(0.0, 1.0).log_prob(z).sum(1) - q.log_prob(z).sum(1)
    torch.testing.assert_close(beta_tcvae(log_likelihood, q, z, 1.0, 700), -bound)
    more = beta_tcvae(log_likelihood, q, z, 3.0, 700) - beta_tcvae(log_likelihood, q, z, 1.0, 700)
    torch.testing.assert_close(more, 2.0 * total_correlation(q, z, 700))


def test_ccvae_is_the_bound_of_window_and_label_if_the_classifier_ignores_the_code():
    q, z = normals()
    prior = Normal(torch.full_like(z, 0.5), torch.ones_like(z))
    log_likelihood, log_label = -z.square().sum(1), torch.full((64,), math.log(0.25), dtype=torch.float64)
    constant = torch.full((64,), math.log(0.3), dtype=torch.float64)
    found = ccvae(log_likelihood, q, prior, Classified(constant, constant, constant.expand(7, -1)), log_label)
    bound = log_likelihood - torch.distributions.kl_divergence(q, prior).sum(1) + log_label
    torch.testing.assert_close(found, -bound)


def test_ccvae_weighs_the_bound_by_the_classifier():
    q, z = normals()
    prior = Normal(torch.zeros_like(z), torch.ones_like(z))
    at_draw, log_likelihood = torch.log(z.sigmoid()[:, 0]), -z.square().sum(1)
    draws = torch.log(torch.stack([0.5 * z.sigmoid()[:, 0], 1.5 * z.sigmoid()[:, 0]]))  # their mean is at the draw
    said = Classified(at_draw, at_draw, draws)
    torch.testing.assert_close(said.of_window, at_draw)
    found = ccvae(log_likelihood, q, prior, said, torch.zeros(64, dtype=torch.float64))
    torch.testing.assert_close(found, ivae(log_likelihood, q, prior))
    halved = replace(said, at_fixed_draw=at_draw + math.log(0.5))
    inner = log_likelihood - torch.distributions.kl_divergence(q, prior).sum(1) - at_draw
    torch.testing.assert_close(ccvae(log_likelihood, q, prior, halved, 0.0 * at_draw), -(0.5 * inner + at_draw))


def test_ivae_at_a_standard_prior_is_a_vae():
    q, z = normals()
    standard = Normal(torch.zeros_like(z), torch.ones_like(z))
    kl = torch.distributions.kl_divergence(q, standard).sum(1)
    torch.testing.assert_close(ivae(-z[:, 0], q, standard), z[:, 0] + kl)


def test_a_perfect_code_has_perfect_scores_and_a_swapped_one_none():
    drawn = World(n=1600).draw()
    rows = np.arange(800), np.arange(800, 1600)
    truth = [Truth(drawn.labels[each], drawn.truth[each]) for each in rows]
    one_hot = [np.eye(3)[t.labels[:, 0]] + 0.0 for t in truth], [np.eye(4)[t.labels[:, 1]] for t in truth]
    b = [np.concatenate(pair, axis=1).astype(np.float32) for pair in zip(*one_hot, strict=True)]
    code = [SplitCode(t.unlabelled, block) for t, block in zip(truth, b, strict=True)]
    found = scores((code[0], code[1]), (truth[0], truth[1]))
    assert all(found["a"][name] > 0.99 and found["b"][name] < 0.03 for name in UNLABELLED)
    assert all(found["b"][name] == 1.0 and found["a"][name] < 0.05 for name in LABELS)
    assert ownership(found) > 0.98
    assert ownership({"a": found["b"], "b": found["a"]}) < 0.02


def test_dimensions_are_given_to_the_labels_they_tell():
    drawn = World(n=600).draw()
    noise = np.random.default_rng(0).normal(size=(600, 4)).astype(np.float32)
    noise[:, [1, 3]] = 0.1 * noise[:, [1, 3]] + drawn.labels
    np.testing.assert_array_equal(label_dimensions(noise, drawn.labels, 2), [1, 3])


def test_a_quick_run_adds_lines_once_and_the_page_says_them(tmp_path, monkeypatch, capsys):
    out, arms = tmp_path / "lines.jsonl", ["beta-TCVAE", "CCVAE", "iVAE"]
    chosen = [each for arm in arms for each in ("--arm", arm)]
    monkeypatch.setattr(study_scores, "TREES", 3)
    monkeypatch.setattr(run, "TRIED", {arm: (run.Setting(2),) for arm in arms})
    monkeypatch.setattr(sys, "argv", ["run", "independent", "--quick", "--seeds", "1", "--out", str(out), *chosen])
    run.main()
    run.main()
    lines = [json.loads(text) for text in out.read_text().splitlines()]
    assert [line["arm"] for line in lines] == arms
    assert run.chosen(lines, "CCVAE") == run.Setting(2)
    assert capsys.readouterr().out.count("there already") == 3
    text = page.page(lines)
    assert "| CCVAE |" in text
