"""The race: rivals and divecast on the same windows and targets, with the same lookback."""
