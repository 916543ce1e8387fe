"""Write docs/benchmarks.md from the lines of race and speed; no number there is typed by hand.

python -m research.race.page
"""

import argparse
from itertools import product
from pathlib import Path
from typing import Any

from research.common import read_lines
from research.model_versions import write_page
from research.race import page_recordings
from research.race.page_notes import NOTES
from research.race.page_speed import speed
from research.race.page_tables import about, costs_table, heat_of, scores_table
from research.race.roster import ROSTER
from research.race.run import OUT
from research.race.tracks import TRACKS, Track

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
SPEED = Path(__file__).parents[1] / "speed" / "results.jsonl"
INTRO = """# Benchmarks

Written by `python -m research.race.page` from `research/race/results.jsonl`; every line there is one run of the command
above its table. `make bench DATA=PATH` makes all runs, on one machine.

An entry is fitted on the training and validation part in its own process and forecasts from every origin of the test
part; the track computes the scores. After each run some origins are forecast again with only the rows before them: an
entry whose forecasts change is rejected.

Rivals are the models of neuralforecast and LightGBM with their published settings (`settings.source` of each line).
`research/race/budgets.py` says how long they are fitted: at least as many CPU seconds as divecast, on EIA three times
as many; on ETTh1, ETTh2, exchange, electricity, bike, Tetouan and recordings for all published steps, elsewhere until
a limit (`--most`). Schedules of a hundred passes end earlier where their published patience says so (TSMixer after five
passes without a lower validation loss, PatchTST, but not on ETT, after ten, TiDE after forty). *Steps* are those made,
with those published where these are more; `*` marks such an early end. *x* after *CPU s* is the ratio to those of a fit
of divecast. **Lines from before these budgets** have up to six times divecast's time, on EIA about its own, and on
the small tracks a few per cent of the published steps: those say nothing about what a rival can achieve. The weights
with the best validation loss are kept. Our own loop trains them, on the same windows, since neuralforecast's copies all
windows at each step of a model of one series; *tsmixer-public* is TSMixer through the public API of neuralforecast
alone, with its default number of steps. Besides divecast, only LightGBM and TSMixerx (and the entries named
*-calendar*, where they are listed) read what is known in advance.

RRSE and CORR follow the LSTNet convention on original units: the largest series have the most weight. *Series RRSE* is
the mean of each series' own. MASE is in units of the seasonal-naive error on the training part. CRPS is twice the
average pinball loss over ten levels (.05, .15 ... .95) at a subset of the origins; entries without a distribution of
their own (marked °) use the quantiles of their errors on the validation part. *Predict* is the time for all origins of
the test part at once, and the *x* after it the ratio to divecast's; *one window* is the median for single ones, on the
same threads. Memory is the highest of the process in that phase, libraries included.
"""


def page(lines: list[dict[str, Any]], speed_lines: list[dict[str, Any]]) -> str:
    """Return the page from the lines of full runs, and those of ``speed``.

    Tracks with covariates are on the page of ``research.known``.
    """
    told = {track.name for track in TRACKS.values() if track.covariates}
    kept = latest([line for line in lines if not line["quick"] and line["track"] not in told])
    parts = [INTRO]
    for track in TRACKS.values():
        own = [line for line in kept if line["track"] == track.name]
        if own and track.people is not None:
            parts.append(f"## {track.title}\n\n{page_recordings.about(track, track.people, own)}")
            parts.append(page_recordings.scores_table(track.people, own))
        elif own:
            parts.append(f"## {track.title}\n\n{about(track, own)}")
            parts.append(scores_table(track, own))
        if own:
            parts += [costs_table(track, own), NOTES.get(track.name, ""), not_run(track, own)]
    parts.append(speed(speed_lines))
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def not_run(track: Track, lines: list[dict[str, Any]]) -> str:
    """Name the entries without a line in some heat of the track, so that the table is not taken for the whole race."""
    ran = {(line["entry"], *heat_of(line)) for line in lines}
    racers = [racer.name for racer in ROSTER.values() if not racer.extra and racer.runs_on(track)]
    heats = list(product(track.horizons, track.folds))
    missing = [name for name in racers if any((name, *heat) not in ran for heat in heats)]
    return (
        f"Not run yet, or not at every horizon{' and fold' if track.people else ''}: {', '.join(missing)}."
        if missing
        else ""
    )


def latest(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the last line of each entry, heat, fold, seed and number of threads."""
    names = ("track", "horizon", "fold", "entry", "seed", "threads")
    return list({tuple(line.get(name) for name in names): line for line in lines}.values())


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=Path, default=OUT)
    parser.add_argument("--page", type=Path, default=PAGE)
    args = parser.parse_args()
    lines = read_lines(args.lines)
    write_page(
        args.page, page(lines, read_lines(SPEED)), [line for line in lines if line["entry"].startswith("divecast")]
    )
    print(args.page)


if __name__ == "__main__":
    main()
