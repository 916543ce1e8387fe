"""The arms of the tables: each turns the settings of the full model into those of a rival or an ablation.

All share one code path, encoder and decoder; an arm changes settings and nothing else.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from research.paper.cases import Settings

Arm = Callable[[Settings], Settings]

_BETA_VAE = 4.0
_BETA_TCVAE = 6.0


def full(settings: Settings) -> Settings:
    """DeepDIVE: every factor owns a block of b, a holds the remaining variation, two players alternate."""
    return settings


def conditional_only(settings: Settings) -> Settings:
    """DeepDIVE-(a): conditional dimensions only; labels are not used."""
    return _code(settings, labels="unused")


def marginal_only(settings: Settings) -> Settings:
    """DeepDIVE-(b): marginal dimensions only; variation that the factors do not explain is not in the code."""
    return _code(settings, n_conditional=0)


def vae(settings: Settings) -> Settings:
    """VAE that forecasts (Kingma and Welling 2014): a code of the full model's width, without labels."""
    return _code(settings, labels="merged")


def beta_vae(settings: Settings) -> Settings:
    """beta-VAE (Higgins et al. 2017): the VAE with four times the weight on the KL."""
    return _losses(vae(settings), conditional_kl=_BETA_VAE)


def beta_tcvae(settings: Settings) -> Settings:
    """beta-TCVAE (Chen et al. 2018): the VAE with six times the weight on the total correlation of its code."""
    return _losses(vae(settings), conditional_tc=_BETA_TCVAE - 1.0)


def labels_given(settings: Settings) -> Settings:
    """Labels given: labels are plain covariates, b is not inferred; the natural rival for calendar factors."""
    return _training(_code(settings, labels="given"), clamp=1.0)


def m2(settings: Settings) -> Settings:
    """M2 (Kingma et al. 2014): the class is a discrete latent variable, all losses are trained at once.

    Known labels are always used, so if all are known, decoder and forecaster are trained on true classes only;
    with labels inferred, they get the soft classes of the classifier, which they were not trained on.
    """
    return _training(_code(settings, labels="latent"), clamp=1.0, interleave="joint")


def fused_by_concatenation(settings: Settings) -> Settings:
    """Fusion by concatenation instead of cross-attention."""
    return _decoder(settings, fusion="concatenation")


def fused_by_gating(settings: Settings) -> Settings:
    """Fusion by gating instead of cross-attention."""
    return _decoder(settings, fusion="gating")


def conditional_on_window(settings: Settings) -> Settings:
    """q(a|x) instead of q(a|x,b): a is inferred without knowing b."""
    return _code(settings, given_b=False)


def penalised_correlation(settings: Settings) -> Settings:
    """Naive Bayes with a total-correlation penalty on the blocks of b."""
    return _losses(settings, marginal_tc=1.0)


def pair_prior(settings: Settings) -> Settings:
    """A joint prior over each pair of factors with dependent labels, instead of naive Bayes."""
    return _code(settings, prior="pairs")


def cross_entropy_only(settings: Settings) -> Settings:
    """Cross-entropy in place of the marginal KL, as the paper trains: the KL's own weight is 0."""
    return _losses(settings, marginal_kl=0.0)


def exact_bound(settings: Settings) -> Settings:
    """The bound itself: no cross-entropy on top of the marginal KL."""
    return _losses(settings, cross_entropy=0.0)


def closed_form_sum(settings: Settings) -> Settings:
    """Marginal KL and cross-entropy at weight 1: the closed form, whose optimum need not separate classes."""
    return _losses(settings, cross_entropy=1.0)


def by_epoch(settings: Settings) -> Settings:
    """Players alternate whole epochs; each sees half of the passes, so passes and patience are doubled."""
    training = settings.training
    return _training(settings, interleave="epoch", epochs=2 * training.n_epochs, patience=2 * training.patience)


def joint(settings: Settings) -> Settings:
    """No interleaving: all losses at once, with the same weights."""
    return _training(settings, interleave="joint")


def not_frozen(settings: Settings) -> Settings:
    """Interleaved by step without freezing: forecast and reconstruction also change q(b|x)."""
    return _training(settings, freeze=False)


def one_dimension(settings: Settings) -> Settings:
    """One dimension per factor, as in the paper, instead of a block."""
    return _code(settings, block="line")


def laplace(settings: Settings) -> Settings:
    """Laplace densities instead of normal ones in the RBF mixture."""
    return _code(settings, component="laplace")


def logistic(settings: Settings) -> Settings:
    """Logistic densities instead of normal ones in the RBF mixture."""
    return _code(settings, component="logistic")


ARMS: dict[str, Arm] = {
    "full": full,
    "a": conditional_only,
    "b": marginal_only,
    "vae": vae,
    "beta-vae": beta_vae,
    "beta-tcvae": beta_tcvae,
    "given": labels_given,
    "m2": m2,
}
"""The paper's models and the rivals, by name."""

QUICK_ARMS = ("full", "a", "beta-tcvae", "given")
"""Those that a quick table has."""

ABLATIONS: dict[str, Arm] = {
    "concatenation": fused_by_concatenation,
    "gating": fused_by_gating,
    "a-without-b": conditional_on_window,
    "tc-penalty": penalised_correlation,
    "pairs": pair_prior,
    "ce-only": cross_entropy_only,
    "bound": exact_bound,
    "closed-form": closed_form_sum,
    "by-epoch": by_epoch,
    "joint": joint,
    "not-frozen": not_frozen,
    "line": one_dimension,
    "laplace": laplace,
    "logistic": logistic,
}
"""What the full model consists of, one piece changed at a time, by name."""


def _code(settings: Settings, **changes: Any) -> Settings:
    return replace(settings, model=replace(settings.model, code=replace(settings.model.code, **changes)))


def _decoder(settings: Settings, **changes: Any) -> Settings:
    return replace(settings, model=replace(settings.model, decoder=replace(settings.model.decoder, **changes)))


def _losses(settings: Settings, **changes: float) -> Settings:
    return replace(settings, losses=replace(settings.losses, **changes))


def _training(settings: Settings, **changes: Any) -> Settings:
    return replace(settings, training=replace(settings.training, **changes))
