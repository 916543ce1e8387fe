"""Write docs/benchmarks.md from the lines of race and speed; no figure there is typed by hand.

python -m research.race.page
"""

import argparse
from pathlib import Path
from typing import Any

from research.common import read_lines
from research.race.page_notes import NOTES
from research.race.page_speed import speed
from research.race.page_tables import about, costs_table, scores_table
from research.race.page_ways import ways
from research.race.roster import ROSTER
from research.race.run import OUT
from research.race.tracks import TRACKS, Track

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
SPEED = Path(__file__).parents[1] / "speed" / "results.jsonl"
WAYS = Path(__file__).with_name("code_ways.jsonl")
INTRO = """# Benchmarks

Made by `python -m research.race.page` from `research/race/results.jsonl`; every line there is one run of the command
given with it. `make bench DATA=PATH` makes them all, on one machine.

An entry is fitted on the training and validation part in a process of its own, then forecasts from every origin of the
test part; the track scores. After each run a few origins are forecast again with nothing there but the rows before
them: an entry whose forecasts change is refused.

Rivals are the models of neuralforecast and LightGBM with their published settings (`settings.source` of each line), for
as many steps as published, but at least as long as divecast (CPU time) and at most {most} times as long: *cut* says
what share of the published steps that left. The weights with the best validation loss are kept. A loop of ours trains
them, on the same windows, as neuralforecast's own copies all windows at each step of a model of one series;
*tsmixer-public* is TSMixer through neuralforecast's public calls alone, for the steps it takes by itself.
A deep cut, as on small tracks where divecast is fitted in seconds, says nothing of what a rival can do: raise `--most`.

RRSE and CORR follow the LSTNet convention on original units: the largest series weigh most. *Series RRSE* is the mean
of each series' own. MASE is in units of the seasonal-naive error on the training part. CRPS is twice the average
pinball loss over ten levels (.05, .15 ... .95) of every few origins; entries without a distribution of their own
(marked °) take the quantiles of their errors on the validation part. *Predict* is all origins of the test part at once,
*one window* the median of single ones, on the same threads; *x* is against divecast, of CPU s for a fit. Memory is that
of the process at its highest in that part, libraries included.
"""


def page(lines: list[dict[str, Any]], speed_lines: list[dict[str, Any]], ways_lines: list[dict[str, Any]]) -> str:
    """Return the page of the lines that are no trials, and of those of ``speed.py`` and ``code_ways.py``."""
    kept = latest([line for line in lines if not line["quick"]])
    most = max((line["most"] for line in kept), default=4.0)
    parts = [INTRO.format(most=f"{most:g}")]
    for track in TRACKS.values():
        own = [line for line in kept if line["track"] == track.name]
        if own:
            parts.append(f"## {track.title}\n\n{about(track, own)}")
            parts += [scores_table(track, own), costs_table(track, own), NOTES.get(track.name, ""), not_run(track, own)]
    parts += [ways(ways_lines), speed(speed_lines)]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def not_run(track: Track, lines: list[dict[str, Any]]) -> str:
    """Say which entries have no line in some heat of the track, that nobody takes the table for the whole race."""
    ran = {(line["entry"], line["horizon"]) for line in lines}
    racers = [racer.name for racer in ROSTER.values() if not racer.extra and racer.runs_on(track.name)]
    missing = [name for name in racers if any((name, horizon) not in ran for horizon in track.horizons)]
    return f"Not run yet, or not at every horizon: {', '.join(missing)}." if missing else ""


def latest(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the last line of each entry, heat, seed and number of threads."""
    names = ("track", "horizon", "entry", "seed", "threads")
    return list({tuple(line[name] for name in names): line for line in lines}.values())


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=Path, default=OUT)
    parser.add_argument("--page", type=Path, default=PAGE)
    args = parser.parse_args()
    args.page.write_text(page(read_lines(args.lines), read_lines(SPEED), read_lines(WAYS)), encoding="utf-8")
    print(args.page)


if __name__ == "__main__":
    main()
