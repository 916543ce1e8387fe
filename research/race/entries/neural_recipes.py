"""Published settings of the neural rivals, by kind of data; each says where they are from.

Architecture, loss, optimiser's rate and its schedule, batch and passes are those of the authors' scripts for data of
the kind; recordings, of which none has, get those for hourly loads. A script of a hundred passes stops early, and so
does its recipe (``patience``); ten to thirty passes are all made. Ours: the lookback is the track's on hourly loads
(168) and on recordings, and elsewhere the published one, at most the track's 336; the weights with the best validation
loss are kept, as those scripts do; how long a fit may take is the track's to say. Where a rate tuned for a hundred
passes would leave a shorter fit unfinished, the recipe says what it has instead.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from research.race.heats import Heat

Loss = Literal["mse", "mae", "quantiles"]
Decay = Literal["none", "halve", "cosine"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is built and trained.

    Attributes:
        model: class of ``neuralforecast.models``.
        source: where the settings are from.
        rate: of Adam, at the start.
        batch: windows a step; of all series at once for a model that mixes them, else of one series each.
        passes: over the training windows, of all series; 0 where ``steps`` is given.
        steps: of the optimiser.
        lookback: at most.
        loss: what is minimised.
        decay: of the rate, from step to step to the last one.
        halvings: how often ``halve`` does, evenly.
        patience: passes without a lower validation loss after which training ends; 0: all steps are made.
        arguments: of the model.
        calendar: whether it is told the calendar.
    """

    model: str
    source: str
    rate: float
    batch: int
    passes: int = 0
    steps: int = 0
    lookback: int = 336
    loss: Loss = "mse"
    decay: Decay = "none"
    halvings: int = 0
    patience: int = 0
    arguments: dict[str, Any] = field(default_factory=dict)
    calendar: bool = False


def recipe_of(name: str, heat: Heat) -> Recipe:
    """Return the recipe of an entry for a heat."""
    return RECIPES[name.partition("-")[0]](name, heat)


def _loads(heat: Heat) -> bool:
    return not heat.track.startswith(("etth", "exchange"))


def _linear(name: str, heat: Heat) -> Recipe:
    """Rates and batches of Zeng et al. (2023), github.com/cure-lab/LTSF-Linear, scripts/EXP-LongForecasting/Linear.

    Ten passes, the rate halved after each (``lradj type1``).
    """
    rate = {"etth1": 5e-3, "etth2": 5e-2, "exchange": 5e-4}.get(heat.track, 1e-3)
    origins = {"etth1": 32, "etth2": 32, "exchange": 8 if heat.horizon < 336 else 32}.get(heat.track, 16)
    model = {"nlinear": "NLinear", "dlinear": "DLinear"}[name]
    source = "Zeng et al. 2023, LTSF-Linear/scripts/EXP-LongForecasting/Linear"
    batch = origins * len(heat.channels)
    return Recipe(model, source, rate, batch, passes=10, decay="halve", halvings=9)


def _nhits(name: str, heat: Heat) -> Recipe:
    """Challu et al. (2023): 1000 steps, rate halved three times, absolute error; defaults of neuralforecast on loads.

    Pools and frequencies for long horizons are of the authors' grid (neuralforecast, experiments/long_horizon).
    """
    long = (
        {}
        if _loads(heat) and heat.track != "gait"
        else {"n_pool_kernel_size": [16, 8, 1], "n_freq_downsample": [168, 24, 1]}
    )
    return Recipe(
        "NHITS",
        "Challu et al. 2023; defaults of neuralforecast and its experiments/long_horizon",
        1e-3,
        1024 if _loads(heat) else 256,
        steps=1000,
        loss="quantiles" if name == "nhits-quantiles" else "mae",
        decay="halve",
        halvings=3,
        arguments=long,
        calendar=name == "nhits-calendar",
    )


def _tsmixer(name: str, heat: Heat) -> Recipe:
    """Chen et al. (2023), google-research/tsmixer/tsmixer_basic/run_tuned_hparam.sh: electricity, and ETTm2 elsewhere.

    The rate is 1e-3 throughout: the script has 1e-4 for electricity, with a hundred passes. Patience: its run.py.
    """
    del name
    big = {"n_block": 4, "dropout": 0.7, "ff_dim": 64}
    small = {"n_block": 2, "dropout": 0.9, "ff_dim": 64}
    source = "Chen et al. 2023, google-research/tsmixer run_tuned_hparam.sh; rate 1e-3 of its grid"
    return Recipe("TSMixer", source, 1e-3, 32, passes=100, patience=5, arguments=big if _loads(heat) else small)


def _tsmixerx(name: str, heat: Heat) -> Recipe:
    """Chen et al. (2023) with covariates, as neuralforecast sets it up."""
    del name, heat
    source = "Chen et al. 2023; defaults of neuralforecast"
    return Recipe("TSMixerx", source, 1e-3, 32, steps=1000, loss="mae", calendar=True)


def _itransformer(name: str, heat: Heat) -> Recipe:
    """Liu et al. (2024), github.com/thuml/iTransformer, scripts/multivariate_forecasting; lookback 96 off loads."""
    del name
    source = "Liu et al. 2024, iTransformer/scripts/multivariate_forecasting (ECL, ETT, Exchange)"
    if _loads(heat):
        sizes = {"hidden_size": 512, "d_ff": 512, "e_layers": 3}
        return Recipe("iTransformer", source, 5e-4, 16, passes=10, decay="halve", halvings=9, arguments=sizes)
    width = (256 if heat.horizon < 336 else 512) if heat.track == "etth1" else 128
    sizes = {"hidden_size": width, "d_ff": width, "e_layers": 2}
    return Recipe("iTransformer", source, 1e-4, 32, 10, lookback=96, decay="halve", halvings=9, arguments=sizes)


def _patchtst(name: str, heat: Heat) -> Recipe:
    """Nie et al. (2023), github.com/yuqinie98/PatchTST, PatchTST_supervised/scripts/PatchTST: PatchTST/42.

    256 windows a step on loads: the script's 32 origins of all series would leave a fit a few hundred steps. The
    patience is that of its script for electricity; those for ETT have none.
    """
    del name
    source = "Nie et al. 2023, PatchTST_supervised/scripts/PatchTST (electricity, etth1, etth2)"
    common = {"batch_normalization": True, "revin_subtract_last": False, "patch_len": 16, "stride": 8}
    if _loads(heat):
        sizes = {"n_heads": 16, "hidden_size": 128, "linear_hidden_size": 256, "dropout": 0.2, "fc_dropout": 0.2}
        return Recipe("PatchTST", source, 1e-4, 256, 100, decay="cosine", patience=10, arguments=common | sizes)
    sizes = {"n_heads": 4, "hidden_size": 16, "linear_hidden_size": 128, "dropout": 0.3, "fc_dropout": 0.3}
    batch = 128 * len(heat.channels)
    return Recipe("PatchTST", source, 1e-4, batch, 100, decay="cosine", arguments=common | sizes)


def _tide(name: str, heat: Heat) -> Recipe:
    """Das et al. (2023), google-research/tide/scripts; two layers each way, cosine decay; patience: its train.py."""
    source = "Das et al. 2023, google-research/tide/scripts (electricity, etth1, etth2)"
    hidden, out, last, dropout, rate = {
        "etth1": (512, 32, 16, 0.5, 9.85e-4) if heat.horizon < 336 else (256, 8, 128, 0.3, 3.82e-5),
        "etth2": (512, 32, 16, 0.2, 2.24e-4),
        "exchange": (512, 32, 16, 0.2, 2.24e-4),
    }.get(heat.track, (1024, 8, 64, 0.5, 1e-3))
    sizes = {
        "hidden_size": hidden,
        "decoder_output_dim": out,
        "temporal_decoder_dim": last,
        "dropout": dropout,
        "num_encoder_layers": 2,
        "num_decoder_layers": 2,
    }
    known = name == "tide-calendar"
    return Recipe("TiDE", source, rate, 512, 100, decay="cosine", patience=40, arguments=sizes, calendar=known)


def _softs(name: str, heat: Heat) -> Recipe:
    """Han et al. (2024), github.com/Secilia-Cxy/SOFTS, scripts/long_term_forecast; lookback 96 off loads."""
    del name
    source = "Han et al. 2024, SOFTS/scripts/long_term_forecast (ECL, ETTh1, ETTh2)"
    if _loads(heat):
        sizes = {"hidden_size": 512, "d_core": 128, "d_ff": 512, "e_layers": 3}
        return Recipe("SOFTS", source, 3e-4, 16, 30, decay="cosine", arguments=sizes)
    first = {"hidden_size": 256, "d_core": 256, "d_ff": 256 if heat.horizon < 336 else 512, "e_layers": 1}
    second = {"hidden_size": 128, "d_core": 64, "d_ff": 128, "e_layers": 2}
    sizes = first if heat.track == "etth1" else second
    return Recipe("SOFTS", source, 3e-4, 32, 20, lookback=96, decay="cosine", arguments=sizes)


def _tft(name: str, heat: Heat) -> Recipe:
    """Lim et al. (2021), the temporal fusion transformer: rate and batch of its appendix for electricity and traffic.

    Size and number of steps are those of neuralforecast, whose 1024 windows a step would take a day.
    """
    del name, heat
    source = "Lim et al. 2021, appendix A; defaults of neuralforecast"
    return Recipe("TFT", source, 1e-3, 64, steps=1000, loss="mae", calendar=True)


def _xlinear(name: str, heat: Heat) -> Recipe:
    """Chen et al. (2026), arXiv 2601.09237, as neuralforecast sets it up."""
    del name, heat
    return Recipe("XLinear", "Chen et al. 2026, arXiv 2601.09237; defaults of neuralforecast", 1e-3, 32, steps=1000)


RECIPES = {
    "nlinear": _linear,
    "dlinear": _linear,
    "nhits": _nhits,
    "tsmixer": _tsmixer,
    "tsmixerx": _tsmixerx,
    "itransformer": _itransformer,
    "patchtst": _patchtst,
    "tide": _tide,
    "softs": _softs,
    "tft": _tft,
    "xlinear": _xlinear,
}
