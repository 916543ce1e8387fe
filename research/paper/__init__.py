"""The tables of the paper, made again: data sets as cases, every arm on every case, figures."""
