"""What was tried where a rival is ahead or close; in words, the figures are in the tables."""

_TRIED = (
    "What brought the linear path ahead is one map of all channels among those it averages, beside the maps of each: "
    "it is what NLinear has, and alike channels teach one another where windows are few for the horizon. Tried before, "
    "on the validation part, and not kept: one weight a channel for the maps, not one a channel and step; weights "
    "pooled over channels; the best map alone; the share of the network's correction pooled over channels, and without "
    "regard to how few windows tell it; the network without level and spread of the window; more passes."
)
_PRINTED = "Nie et al. 2023, table 3; its code leaves the last, incomplete batch of the test part out"
NOTES = {
    "eia": "XLinear, which mixes channels, was ahead at 12 and 24 steps of a DeepDIVE whose channels met in the code "
    "alone (.0758 and .0888); since then they learn of one another before each layer (`DecoderConfig.n_mixtures`). "
    "DeepDIVE is not ahead of its own arm (b), the marginal dimensions alone: where every label is a known function "
    "of the calendar and the forecaster sees the windows themselves, the conditional code adds nothing, and in a long "
    "fit it costs 1.8 %: what a tells of a window, the forecaster knows from the window, and learns by heart. In the "
    "short fit of divecast-quick it does not: (b) has .0627 there (one run, every third origin). What was tried "
    "against it is in a table below; also tried, without a gain and without lines kept: the mean of a in place of a "
    "draw, no gradient of the forecast into q(a|x,b), .3 of the fused code's features left out, no clipping, "
    "reconstruction and KL of a weighted by .1, the KL by 5. Who wants forecasts alone takes "
    "`CodeConfig(n_conditional=0)`. Two seeds of the same settings differ by .0009 in the mean, of (b) by .0010. Five "
    "fits whose forecasts are averaged (`divecast-five`) are 1.7 % below one. Rolling forecasts, with intervals, are "
    "four times as quick as TSMixer's without by neuralforecast's public calls, where we aimed at ten: more than half "
    "of the time goes to the products of a network four times as large. `divecast-bfloat16` is divecast, forecasting "
    "within `torch.autocast` with bfloat16 products: the same errors, and a quicker roll, but slower single windows.",
    "etth1": f"{_TRIED} The network's correction loses a little to the linear path alone at the longest horizons, "
    "where the validation part holds few windows that share no step. With all of its passes PatchTST/42 has a mean "
    f"MSE of .417 in print ({_PRINTED}).",
    "etth2": f"{_TRIED} The network adds nothing (`about['correction']` is near 0): divecast is its linear path. "
    "PatchTST/42, cut short here, is ahead of it in print, with all of its passes: .274, .339, .331 and .379, mean "
    f".331 ({_PRINTED}).",
    "exchange": "Rates are close to random walks: the last value, LightGBM and DLinear are ahead of divecast at 96 and "
    "192 steps, NHITS at 96; over all horizons divecast is.",
}
