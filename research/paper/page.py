"""The page of a reproduction: what all runs say, as Markdown; no number on it is typed by hand."""

import os
from collections.abc import Mapping, Sequence
from inspect import getdoc
from pathlib import Path

from divecast.persistence import replacing
from research.paper.arms import ABLATIONS, ARMS, QUICK_ARMS
from research.paper.cases import CASES
from research.paper.paper import SOURCE
from research.paper.record import Record
from research.paper.remarks import against_ridge, blocks, handed, near_mean, no_full, scored
from research.paper.sections import against_full, costs, expectations, factors, labels, main, measures, steps

FIGURES = {
    "labels": "Correlation of the labels, over all labelled windows (the paper's Fig. 2)",
    "code": "Scatter of the code of the test windows (the paper's Fig. 3)",
    "density": "Density along each dimension of the blocks, with the components of the prior (the paper's Fig. 4)",
}
"""Kinds of figure, in order, with their captions; a file is called CASE-KIND."""

_INTRO = f"""# Reproduction

Written from the runs by `python -m research.paper` and `research.paper.docs_page`; no number here is typed by hand.
Each run is one case, arm and seed: fitted, and scored on the test part. Cells are mean ± standard deviation over the
runs; a single run has none. *RRSE* follows the LSTNet convention, on original units (lower is better; 1 is the mean); a
reconstruction is decoded from the code alone, inferred from the window. Labels are *inferred* from the window as in the
paper, or *known*: given to the code as in the data; forecasts are compared like with like. MIG and the other measures
are computed on the windows of the test part: every dimension of a is a unit, every block of b one unit, and arms
without labels are measured against the same factors.

*The paper* is {SOURCE}: means over 30 runs on its own data (321 clients;
GaitMotion). It does not state how its reconstruction RRSE is scaled, so compare the order, not the values.

**The test** is the paired t test on the differences between two arms by seed, from three seeds on, two-sided, with
Holm's correction over the arms of a table. It can decide with five runs, where Wilcoxon's signed-rank test cannot (its
lowest possible p is .0625 there); it assumes roughly normal differences, so Wilcoxon's p, not corrected, is given from
six seeds on, and the number of seeds that agree always. It concerns the draw of seeds, and of the people held out if
they change with the seed (they repeat after some seeds, which makes p too small); not other data.

The **arms**, all with the same code, encoder and decoder:

{{arms}}
"""


def page(records: Sequence[Record], figures: Mapping[str, str] | None = None, banner: str = "") -> str:
    """Return the page.

    Args:
        records: runs of any cases and arms.
        figures: links to those there are, by name, such as ``eia-code``.
        banner: what to say before the cases.
    """
    known = {**ARMS, **ABLATIONS}
    names = [name for name in known if any(record.arm == name for record in records)]
    intro = _INTRO.format(arms="\n".join(f"- `{name}`: {_described(known[name])}" for name in names))
    cases = [[record for record in records if record.case == case] for case in CASES]
    return "\n".join(
        [intro, *([banner, ""] if banner else []), *(_case(runs, figures or {}) for runs in cases if runs)]
    )


def write_page(records: Sequence[Record], path: Path, figures: Path, banner: str = "") -> Path:
    """Write the page beside the folder of its figures; figures that are not there are left out."""
    links = {file.stem: os.path.relpath(file, path.parent) for file in sorted(figures.glob("*.png"))}
    with replacing(path) as temporary:
        temporary.write_text(page(records, links, banner), encoding="utf-8")
    return path


def _case(records: Sequence[Record], figures: Mapping[str, str]) -> str:
    own = [record for record in records if record.arm in ARMS]
    full = next(iter(ARMS))
    seeds = {record.seed for record in records if record.arm in ABLATIONS}
    ablated = [record for record in records if record.arm in (full, *ABLATIONS) and record.seed in seeds]
    parts = [f"## {records[0].case}", _about(records), scored(records), _command(records), no_full(records)]
    if own:
        remarks = [each for each in (handed(own), against_ridge(own), near_mean(own), blocks(records)) if each]
        parts += [main(own), "\n".join(f"- {each}" for each in remarks)]
        parts += [expectations(records), against_full(own, ARMS)]
    if any(record.arm in ABLATIONS for record in records):
        parts += ["### Ablations", main(ablated), against_full(ablated, ABLATIONS)]
    parts += ["### In detail", steps(records), labels(records), measures(records), factors(records), costs(records)]
    named = {f"{records[0].case}-{kind}": caption for kind, caption in FIGURES.items()}
    parts += [f"![{caption}]({figures[name]})\n\n{caption}." for name, caption in named.items() if name in figures]
    return "\n\n".join(part for part in parts if part) + "\n"


def _about(records: Sequence[Record]) -> str:
    """Return what the case is; where it changes with the seed, as the held-out people do, the part all runs share."""
    texts = list(dict.fromkeys(record.about for record in records))
    shared = "; ".join(part for part in texts[0].split("; ") if all(part in text.split("; ") for text in texts))
    versions = dict.fromkeys(f"divecast {each['divecast']}, torch {each['torch']}" for each in _versions(records))
    states = {each["code"] for each in _versions(records)}
    code = f", in {len(states)} states of its code" if len(states) > 1 else ""
    return f"{shared[:1].upper()}{shared[1:]}. Runs with {'; '.join(versions)}{code}."


def _versions(records: Sequence[Record]) -> list[dict[str, str]]:
    return [record.versions for record in records]


def _command(records: Sequence[Record]) -> str:
    case, seeds = records[0].case, {record.seed for record in records}
    present, quick = {record.arm for record in records}, any(record.quick for record in records)
    usual = QUICK_ARMS if quick else ARMS
    every = {*usual, *(ABLATIONS if present & {*ABLATIONS} else ())}
    options = [" --data PATH"] if case != "motion" else []
    options += [f" --runs {max(seeds) + 1}"]
    if present == every:
        options += [" --ablations"] if every > {*usual} else []
    else:
        options += [f" --arm {arm}" for arm in (*ARMS, *ABLATIONS) if arm in present]
    return f"`python -m research.paper {case}{''.join(options)}{' --quick' if quick else ''}`"


def _described(arm: object) -> str:
    return " ".join((getdoc(arm) or "").split())
