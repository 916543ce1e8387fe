"""What was tried where a rival is ahead; in words, the figures are in the tables."""

_TRIED = (
    "Tried, on the validation part: one weight a channel for the maps of the linear start, not one a channel and step, "
    "weights pooled over channels, the best map alone; the share of the network's correction pooled over "
    "channels, and without regard to how few windows tell it; the network without level and spread of the window; "
    "more passes."
)
NOTES = {
    "etth1": f"{_TRIED} Where months differ as much as here, the network adds little to the linear path, and a linear "
    "map shared by all channels, as NLinear's, is the harder rival at short horizons.",
    "etth2": f"{_TRIED} The network adds nothing here (`about['correction']` is near 0): divecast is its linear path.",
    "exchange": f"{_TRIED} Rates are close to random walks: no entry here reads more than that from them at 96 and 192 "
    "steps.",
}
