"""The page: known lines give known tables."""

from dataclasses import replace

from research.common import Spread, mean_sd, number
from research.paper.arms import ABLATIONS, ARMS, QUICK_ARMS
from research.paper.cells import p_value, percent, signed
from research.paper.page import page, write_page
from research.paper.record import Score
from research.paper.remarks import against_ridge, blocks, handed, near_mean, scored
from research.paper.sections import against_full, costs, expectations, labels, main, steps
from studies.lines import record

RUNS = [
    record("full", 0, rrse=0.25, mig=0.5),
    record("full", 1, rrse=0.75, mig=0.25),
    record("a", 0, rrse=0.5, mig=0.125),
    record("a", 1, rrse=1.0, mig=0.25),
]


def test_the_main_table():
    head = "| arm | runs | reconstruction RRSE | reconstruction RRSE, scaled | forecast RRSE, step 24 "
    assert main(RUNS).splitlines() == [
        f"{head}| forecast RRSE, labels known, step 24 | MIG, a block as one unit |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| `full` | 2 | 0.5000 ± 0.3536 | 0.5000 ± 0.3536 | 0.5000 ± 0.3536 | 0.5000 ± 0.3536 | 0.3750 ± 0.1768 |",
        "| `a` | 2 | 0.7500 ± 0.3536 | 0.7500 ± 0.3536 | 0.7500 ± 0.3536 | 0.7500 ± 0.3536 | 0.1875 ± 0.0884 |",
        "| per-channel ridge | 2 |  |  |  | 0.5000 ± 0.3536 |  |",
        "| last value | 2 |  |  |  | 0.5000 ± 0.3536 |  |",
    ]


def test_labels_handed_over_are_never_compared_with_labels_inferred():
    runs = [record(arm, seed, rrse=value) for arm, value in (("full", 0.5), ("given", 0.25)) for seed in range(2)]
    (row,) = (line for line in main(runs).splitlines() if "`given`" in line)
    assert row == "| `given` | 2 | 0.2500 ± 0.0000 † | 0.2500 ± 0.0000 † |  | 0.2500 ± 0.0000 | 0.2500 ± 0.0000 |"
    cells = against_full(runs, ["given"]).splitlines()[-1].split(" | ")
    assert cells[1:3] == ["-0.2500 †", "0 of 2"]
    assert cells[5:11] == ["", "", "", "", "-0.2500", "0 of 2"]
    assert handed(runs).startswith("† `given` with labels known")
    assert handed(RUNS) == ""


def test_the_ridge_is_compared_with_the_full_model_in_a_line():
    ridge = {step: Score(0.375, 0.75) for step in ("24", "all")}
    runs = [replace(run, forecast={**run.forecast, "per-channel ridge": ridge}) for run in RUNS]
    assert against_ridge(runs) == (
        "Forecast RRSE of `full` at step 24 minus that of the per-channel ridge, which knows the labels: "
        "+0.1250 with labels known (lower on 1 of 2 seeds); +0.1250 with labels inferred (lower on 1 of 2 seeds); "
        "p not corrected."
    )
    assert "(lower on 0 of 3 seeds, p 1.000)" in against_ridge([record("full", seed) for seed in range(3)])
    assert against_ridge([record("a", 0)]) == ""


def test_columns_near_the_mean_are_told():
    assert near_mean(RUNS) == ""
    poor = [replace(run, reconstruction={**run.reconstruction, "original": Score(0.96, 0.2)}) for run in RUNS]
    assert "is 1, in reconstruction RRSE (0.9600): " in near_mean(poor)


def test_what_favours_blocks_is_told_and_one_dimension_a_factor_is_tested():
    assert (
        "`line`, with one dimension per factor as in the paper, does not have this advantage; it has no runs here."
        in blocks(RUNS)
    )
    with_line = [*RUNS, record("line", 0, mig=0.25), record("line", 1, mig=0.5)]
    assert blocks(with_line).endswith("it is among the expectations.")
    (told,) = (line for line in page(with_line).splitlines() if "`line` > `a`" in line)
    assert told.endswith("**not decided** (+0.1875, on 2 of 2 seeds).")
    assert "`line` >" not in expectations(RUNS)


def test_how_many_windows_are_scored_is_told():
    assert scored(RUNS) == "Reconstruction, labels and measures are of 10 windows."
    few = [replace(run, asked={"every": 22}, n_windows=1000 + run.seed) for run in RUNS]
    assert scored(few) == (
        "Scored at every 22nd origin of the test part. Reconstruction, labels and measures are of 1,000 to 1,001 "
        "windows, by seed."
    )
    origins = {1: "every", 2: "every 2nd", 3: "every 3rd", 5: "every 5th", 11: "every 11th", 21: "every 21st"}
    for every, words in origins.items():
        assert scored([replace(RUNS[0], asked={"every": every})]).startswith(f"Scored at {words} origin ")


def test_the_papers_numbers_stand_beside_ours_where_it_has_them():
    lines = main([record("full", 0, "gait"), record("vae", 0, "gait")]).splitlines()
    assert lines[0] == (
        "| arm | runs | reconstruction RRSE | paper | reconstruction RRSE, scaled | forecast RRSE | paper | "
        "forecast RRSE, labels known | MIG, a block as one unit | paper |"
    )
    assert lines[2] == "| `full` | 1 | 0.5000 | 11.16 | 0.5000 | 0.5000 | 16.06 | 0.5000 | 0.2500 | 0.0473 |"
    assert lines[3] == "| `vae` | 1 | 0.5000 |  | 0.5000 | 0.5000 |  | 0.5000 | 0.2500 |  |"


def test_one_run_has_no_spread_no_test_and_no_nan():
    text = page([record("full", 0), record("a", 0)])
    tables = text[text.index("## eia") :]
    assert "±" not in tables
    assert "nan" not in text.lower().replace("finance", "")
    assert "With fewer than 3 seeds there is no test" in tables
    assert "0.0000" not in main([record("full", 0)])


def test_differences_from_the_full_model_on_the_same_seeds():
    last = against_full(RUNS, ["a"]).splitlines()[-1]
    worse = "+0.2500 | 2 of 2 |  |  "
    assert last == f"| `a` | {worse}| {worse}| {worse}| -0.1875 | 1 of 2 |  |  |"
    many = [
        record(arm, seed, rrse=value + seed**2 / 100) for arm, value in (("full", 0.1), ("a", 0.3)) for seed in range(6)
    ]
    many[0] = record("full", 0, rrse=0.12)
    cells = against_full(many, ["a"]).splitlines()[-1].split(" | ")
    assert cells[1:5] == ["+0.1967", "6 of 6", "< .001", ".031"]
    assert against_full([record("full", 0)], ["a"]) == ""


def test_expectations_say_what_was_found():
    told = expectations(RUNS).splitlines()
    assert told[2] == "- reconstruction RRSE: `full` < `a`: **not decided** (-0.2500, on 2 of 2 seeds)."
    assert told[5] == "- MIG, a block as one unit: `a` > `beta-tcvae`: **not decided** (no runs of both)."


def test_steps_list_baselines_and_the_papers_table():
    text = steps(RUNS)
    assert "| per-channel ridge | 0.5000 ± 0.3536 | 0.5000 ± 0.3536 |" in text
    assert "| `a`, labels known | 0.7500 ± 0.3536 | 0.7500 ± 0.3536 |" in text
    assert "LSTNet" not in text


def test_labels_are_in_percent_and_only_of_arms_that_infer_them():
    assert labels(RUNS).splitlines()[2:] == [
        "| arm | hour, by window |",
        "| --- | ---: |",
        "| `full` | 87.5 ± 0.0 |",
    ]
    assert labels([record("a", 0)]) == ""


def test_costs_are_means():
    assert "| `full` | 12 | 10 | 3.0 | 700 | 5,000 | 8.0 | 2.0 | 1.0 | 2.0 |" in costs(RUNS)


def test_the_page_has_cases_in_order_with_what_their_runs_share():
    text = page([record("full", 0, "motion"), *RUNS, record("joint", 0)])
    assert text.index("## eia") < text.index("## motion")
    assert "Hours of a week. Runs with divecast 0.1.0, torch 2.13.0." in text
    assert "`python -m research.paper eia --data PATH --runs 2 --arm full --arm a --arm joint`" in text
    assert text.count("### Ablations") == 1
    assert "- `joint`: No interleaving" in text


def test_the_command_is_the_one_that_makes_the_page():
    def command(arms, **changes):
        text = page([replace(record(arm, 0, "motion"), **changes) for arm in arms])
        return next(
            line.strip("`") for line in text.splitlines() if line.startswith("`python -m research.paper motion")
        )

    assert command(ARMS) == "python -m research.paper motion --runs 1"
    assert command([*ARMS, *ABLATIONS]) == "python -m research.paper motion --runs 1 --ablations"
    assert command(["a", "full"]) == "python -m research.paper motion --runs 1 --arm full --arm a"
    assert command(QUICK_ARMS, quick=True) == "python -m research.paper motion --runs 1 --quick"


def test_without_the_full_model_the_page_says_what_it_lacks():
    assert "No `full` run, so no comparison and no figures." in page([record("a", 0)])
    assert "No `full` run" not in page(RUNS)


def test_runs_of_changed_code_are_told():
    changed = replace(RUNS[1], versions={**RUNS[1].versions, "code": "ba9876543210"})
    assert "torch 2.13.0, in 2 states of its code." in page([RUNS[0], changed])


def test_only_figures_that_are_there_are_linked(tmp_path):
    folder = tmp_path / "docs" / "figures"
    folder.mkdir(parents=True)
    (folder / "eia-code.png").touch()
    text = write_page(RUNS, tmp_path / "docs" / "page.md", folder).read_text()
    assert "](figures/eia-code.png)" in text
    assert text.count("![") == 1


def test_no_runs_give_a_page_without_cases():
    assert "## " not in page([])


def test_numbers_in_cells():
    assert [number(v) for v in (None, 0.12345, -3.0, 12.345, 12345.6)] == ["", "0.1235", "-3.0000", "12.35", "12346"]
    assert (signed(0.5), signed(-0.5), signed(0.0)) == ("+0.5000", "-0.5000", "0.0000")
    assert (mean_sd(Spread(1.0, None, 1)), mean_sd(None)) == ("1.0000", "")
    assert percent(Spread(0.5, 0.015, 3)) == "50.0 ± 1.5"
    assert [p_value(p) for p in (None, 0.0004, 0.0312, 1.0)] == ["", "< .001", ".031", "1.000"]
