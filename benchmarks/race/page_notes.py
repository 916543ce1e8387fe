"""What was tried where a rival is ahead; in words, the figures are in the tables."""

_TRIED = (
    "Tried, on the validation part: one weight a channel for the maps of the linear start, not one a channel and step, "
    "weights pooled over channels, the best map alone; the share of the network's correction pooled over "
    "channels, and without regard to how few windows tell it; the network without level and spread of the window; "
    "more passes."
)
NOTES = {
    "etth1": f"{_TRIED} NLinear is ahead, most at the longest horizon: one linear map that all channels share. Such a "
    "map is not among those that the linear start averages; it would be the next to try.",
    "etth2": f"{_TRIED} The network adds nothing (`about['correction']` is near 0): divecast is its linear path.",
    "exchange": f"{_TRIED} Rates are close to random walks: none of the entries that ran is ahead of the last value "
    "at 96 and 192 steps.",
}
