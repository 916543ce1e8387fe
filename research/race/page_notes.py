"""What was tried where a rival is ahead or close; the numbers are in the tables."""

_TRIED = (
    "The linear path came ahead once the maps it averages included one map shared by all channels, beside those of "
    "each "
    "channel: NLinear has the same, and similar channels help one another if there are few windows for the horizon. "
    "Tried before on the validation part, and not kept: one weight per channel for the maps instead of one per channel "
    "and step; weights pooled over channels; the best map alone; the share of the network's correction pooled over "
    "channels, and without allowing for how few windows it is estimated from; the network without level and spread of "
    "the window; more passes."
)
_PRINTED = "Nie et al. 2023, table 3; its code leaves out the last, incomplete batch of the test part"
NOTES = {
    "eia": "XLinear, which mixes channels, was ahead at 12 and 24 steps of a DeepDIVE whose channels met in the code "
    "alone (.0758 and .0888); channels are now mixed before each layer (`DecoderConfig.n_mixtures`). "
    "Three seeds of `divecast` are between .0577 and .0588 in the mean; its other settings have one or two. "
    'A forecaster that reads a as well (`CodeConfig(forecaster="code")`) gains nothing: '
    "every label is a known function of the calendar and the "
    "forecaster sees the windows themselves, so it overfits to a (two seeds of the model before, which did, were .0588 "
    "and .0597, five fits averaged .0583). The lines were made beside other runs, which seconds on "
    "the clock show: rolling forecasts, with intervals, took 6.8 s of the model "
    "before, alone, half the time of TSMixer's without, by the "
    "public API of neuralforecast; the aim was a tenth of it. `divecast-bfloat16` is divecast forecasting "
    "within `torch.autocast` with bfloat16 products: the same errors and faster rolling, but slower single windows.",
    "etth1": f"{_TRIED} The network's correction loses a little to the linear path alone at the longest horizons, "
    "where the validation part has few windows without common steps. With all of its passes PatchTST/42 has a mean "
    f"MSE of .417 in print ({_PRINTED}).",
    "etth2": f"{_TRIED} PatchTST/42, cut short here, has .274, .339, .331 and .379 in print, with all of its passes, "
    f"mean .331 ({_PRINTED}): ahead at 336 and 720 steps and in the mean, behind at 96 and 192.",
    "motion": "divecast-no-cycles is divecast without what followed earlier places of the window (docs/method.md). "
    "Tried on the people of validation of fold 0, and not kept, since the error stayed the same within 1 %: twice as "
    "many passes, and labels as factors, told of the training people and inferred from the windows of the others.",
    "exchange": "Exchange rates are close to random walks: at 96 and 192 steps LightGBM and, by MSE, "
    "DLinear are ahead of divecast, at 96 the last value, too, and at 192, by MAE, by a hair; over all horizons "
    "divecast is.",
}
