"""Tools of a fitted model for language models: bounded answers with units, zone, interval and past accuracy."""
