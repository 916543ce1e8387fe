"""The race track: rivals and divecast on the same windows, targets and look-back."""
