"""Label surprise is the logarithm of what infer_labels gives, beyond what float32 holds."""

import numpy as np
import torch

from divecast.explain.anomalies.label_surprise import label_surprise
from divecast.explain.anomalies.window_scores import score_windows
from divecast.inference.predict import infer_window_labels
from divecast.model.marginal import GivenLabels
from laws import double_mixture, prior_of
from worlds import hours


def test_it_is_the_logarithm_of_the_inferred_probability(hours_model):
    fitted = hours_model.fitted_model
    windows = fitted.windows(hours().panel, "test", every=3)
    labels, scores = infer_window_labels(fitted, windows), score_windows(fitted, windows)
    for at, shares in enumerate(labels.probabilities):
        own = shares[np.arange(len(shares)), labels.given[:, at]]
        likely = own > 1e-4
        assert likely.mean() > 0.5
        np.testing.assert_allclose(-np.log(own[likely]), scores.surprise[likely, at], atol=1e-4)
    np.testing.assert_array_equal(labels.inferred, scores.inferred)


def test_it_goes_on_where_probabilities_underflow():
    posteriors = (torch.tensor([[0.0, -500.0]]),)
    assert label_surprise(posteriors, torch.tensor([[1]])).item() == 500.0


def test_no_label_no_surprise():
    posteriors = (torch.tensor([[0.0, -500.0]]),)
    assert label_surprise(posteriors, torch.tensor([[-1]])).isnan().all()


def test_labels_that_are_not_inferred_have_none():
    path = GivenLabels(((0.5, 0.5),))
    assert path.log_class_probabilities(path.infer(torch.zeros(3, 4, 1))) == ()
    assert label_surprise((), torch.zeros(3, 1, dtype=torch.int64)).shape == (3, 0)


def test_a_prior_of_pairs_is_read_as_the_prior_reads_it():
    from divecast.model.pairing import Coupling

    mixtures = [double_mixture("plain", (0.5, 0.5), seed=1), double_mixture("plain", (0.4, 0.6), seed=2)]
    prior = prior_of(*mixtures, couplings=(Coupling(0, 1, ((0.35, 0.15), (0.05, 0.45))),))
    b = torch.randn(20, sum(prior.block_sizes), dtype=torch.float64)
    for log_share, share in zip(prior.log_class_probabilities(b), prior.class_probabilities(b), strict=True):
        torch.testing.assert_close(log_share.exp(), share)
