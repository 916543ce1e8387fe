"""Write docs/known_truth.md from research/known_truth/results.jsonl; no number there is typed by hand.

python -m research.known_truth.page
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from research.common import read_lines, table
from research.known_truth.arms import ARMS, BLOCKS, FEW, MANY, TRIED, Setting
from research.known_truth.run import CHOSEN_ON, VARIANTS, chosen
from research.known_truth.scores import ownership
from research.known_truth.world import LABELS, UNLABELLED, World
from research.model_versions import write_page
from research.scripts import page_options

LINES = Path(__file__).with_name("results.jsonl")
PAGE = Path(__file__).parents[2] / "docs" / "known_truth.md"
LEAST_TOLD, LEAST_SKILL, MOST = 0.9, 0.9, 0.05
"""Goals: R2 of the unlabelled from a, skill of the labels from b, and both from the other half."""
OWN = "divecast"
Line = Mapping[str, Any]

INTRO = f"""# A world with known truth

Written by `python -m research.known_truth.page` from `research/known_truth/results.jsonl`; every line there is one fit
by `python -m research.known_truth.run independent`, `... correlated` or `... shifted`.

b should hold the labelled factors, a the others. On real data nobody knows the others. Here the data are synthetic:
{World().n:,} short recordings of {World().n_channels} channels and {World().lookback} rows, of which
{World().n * 8 // 10:,} are for training, and 10 % each for validation and test. Two factors are labelled, `kind`
({LABELS["kind"]} classes: the form of a wave) and `setting` ({LABELS["setting"]} classes: how strong each channel has
it); both together decide the level of each channel, so they do not act as a sum. Two factors are not labelled:
`amplitude` and `phase` of the wave, independent standard normals. Some noise is added. In *correlated* the two labels
depend on each other. In *shifted* both labels together also shift the wave, by up to an eighth of a cycle, as the phase
does.

The world was not chosen blindly. In earlier ones each pair of classes gave each channel a lag of its own, or a setting
gave a channel another sign; *shifted* came next. divecast missed more goals there. We think that a codes phase and
amplitude together with what the labels add to them, which a probe of all classes cannot undo, but did not measure it.
Only *shifted* was kept beside the two easier variants.

**Arms.** *divecast, defaults* has all settings at their defaults. All others have one encoder and one decoder: those of
divecast's network, `EncoderConfig(width=64)` and `DecoderConfig(movement=False, dropout=0)`, with as many dimensions in
total, and are trained alike ({FEW} passes, AdamW, the weights of the best pass by validation loss). The closed-form
movement is off because it is solved with the labels, which no rival does. beta-TCVAE (Chen et al. 2018,
minibatch-weighted sampling), CCVAE (Joy et al. 2021) and iVAE (Khemakhem et al. 2020) are our own implementations of
the published objectives, not the authors' code and networks. CCVAE has {sum(BLOCKS)} dimensions for the labels, as b
has. beta-TCVAE and iVAE have none of their own; the {sum(BLOCKS)} dimensions that tell the labels best on validation
windows count as b. iVAE's encoder is told the labels, as published, also in the test, so its b has an advantage.
beta-TCVAE learns from windows alone; only the choice of its dimensions sees labels.

**Scores** are of test windows; the probes are taught on validation windows. *R2* is of an unlabelled factor, the
largest of a ridge regression, a kernel ridge regression and extremely randomised trees. *Skill* is of a label, the
larger of a logistic regression and extremely randomised trees: 0 is the most frequent class, 1 is always right.
*Draw* probes a draw from q(a|x,b) and q(b|x), which is the code that the decoder gets and the KL limits; *mean* probes
their means, which `model.encode` returns. Means tell more than the code holds: a dimension that equals its prior up to
a thousandth has a mean that a probe without noise can still read.

Goals: R2 from a at least {LEAST_TOLD:g}, skill from b at least {LEAST_SKILL:g}, and from the other half at most
{MOST:g}. Values that miss their goal are in italics.
"""


def page(lines: Sequence[Line]) -> str:
    """Return the whole page."""
    sections = [_variant(lines, variant) for variant in VARIANTS if any(line["variant"] == variant for line in lines)]
    return "\n".join([INTRO, *sections, _tried(lines)])


def _variant(lines: Sequence[Line], variant: str) -> str:
    kept = {arm: _chosen(lines, variant, arm) for arm in ARMS}
    kept = {arm: found for arm, found in kept.items() if found}
    first = next(iter(kept.values()))
    dependence = _spread([line["cramers_v"] for line in first])
    text = [f"## {variant.capitalize()}\n", f"Cramer's V of the two labels is {dependence}.\n"]
    for how in ("draw", "mean"):
        heads = ["", *(f"{n} from {half}" for half in "ab" for n in (*UNLABELLED, *LABELS)), "goals met"]
        rows = [[arm, *_cells(found, how)] for arm, found in kept.items()]
        n = max(map(len, kept.values()))
        seeds = "1 seed" if n == 1 else f"mean and standard deviation of {n} seeds"
        text += [f"*{how.capitalize()}*, {seeds}:\n", table(heads, rows), "", _missed(kept, how)]
    return "\n".join(text)


def _cells(lines: Sequence[Line], how: str) -> list[str]:
    cells, met = [], 0
    for half in "ab":
        for name in (*UNLABELLED, *LABELS):
            values = [line[how]["test"][half][name] for line in lines]
            good = _meets(half, name, fmean(values))
            met += good
            cells.append(_spread(values) if good else f"*{_spread(values)}*")
    return [*cells, f"{met} of {len(cells)}"]


def _missed(kept: Mapping[str, Sequence[Line]], how: str) -> str:
    """Return which goals divecast misses, and which rivals do better there."""
    sides = [(half, name) for half in "ab" for name in (*UNLABELLED, *LABELS)]
    means = {
        arm: {side: fmean([line[how]["test"][side[0]][side[1]] for line in found]) for side in sides}
        for arm, found in kept.items()
    }
    if OWN not in means:
        return ""
    told = []
    for half, name in sides:
        own = means[OWN][half, name]
        if _meets(half, name, own):
            continue
        sign = 1 if _wanted(half, name) else -1
        rivals = [arm for arm in means if not arm.startswith(OWN) and sign * (means[arm][half, name] - own) > 0]
        told.append(f"{name} from {half} ({own:.2f}; better: {', '.join(rivals) or 'none'})")
    return f"divecast misses: {'; '.join(told) or 'nothing'}.\n"


def _wanted(half: str, name: str) -> bool:
    """Return whether a half should tell a factor."""
    return (name in UNLABELLED) == (half == "a")


def _meets(half: str, name: str, value: float) -> bool:
    if _wanted(half, name):
        return value >= (LEAST_TOLD if half == "a" else LEAST_SKILL)
    return value <= MOST


def _chosen(lines: Sequence[Line], variant: str, arm: str) -> list[Line]:
    setting = chosen(lines, arm)
    if setting is None:
        return []
    return [
        line
        for line in lines
        if (line["variant"], line["arm"]) == (variant, arm) and Setting(**line["setting"]) == setting
    ]


def _tried(lines: Sequence[Line]) -> str:
    rows = []
    for arm in (arm for arm, settings in TRIED.items() if len(settings) > 1):
        best = chosen(lines, arm)
        tried = [line for line in lines if (line["variant"], line["seed"], line["arm"]) == (*CHOSEN_ON, arm)]
        rows += [_setting(line, best) for line in tried]
    heads = ["", "dimensions besides b", "weight", "fusion", "passes", "score", "core seconds", ""]
    return f"""## Settings tried

With the first seed of the first variant, scored on validation windows: half of them teach the probes, half test them.
*Score* is the mean of the four values that should be 1 and of 1 minus the four that should be 0, of draws. *Weight* is
that of the KL of a (divecast) or of the total correlation (beta-TCVAE). All arms are compared after {FEW} passes; the
fits with {MANY} show what more would add.

{table(heads, rows)}
"""


def _setting(line: Line, best: Setting | None) -> list[str]:
    setting = Setting(**line["setting"])
    fusion = setting.fusion if line["arm"] == "divecast" else ""
    beta = f"{setting.beta:g}" if line["arm"] in ("divecast", "beta-TCVAE") else ""
    score, seconds = f"{ownership(line['draw']['valid']):.3f}", f"{line['fit_seconds']:.0f}"
    said = [str(setting.n_conditional), beta, fusion, str(setting.passes), score, seconds]
    return [line["arm"], *said, "chosen" if setting == best else ""]


def _spread(values: Sequence[float]) -> str:
    return f"{fmean(values):.2f}" + (f" ± {stdev(values):.2f}" if len(values) > 1 else "")


def main() -> None:
    """Write the page."""
    args = page_options(__doc__, LINES, PAGE)
    lines = [line for line in read_lines(args.lines) if not line["quick"]]
    write_page(args.out, page(lines), lines)
    print(args.out)


if __name__ == "__main__":
    main()
