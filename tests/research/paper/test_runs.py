"""The runs of a table: nothing is made twice, nothing is lost, nothing of other settings is used."""

from dataclasses import replace

import pytest

from divecast.errors import ArtifactError, ConfigError
from research.paper import figures, measured, runs
from research.paper.asked import with_defaults
from research.paper.reproduction import arms_of, reproduce
from research.paper.runs import RunJob, Table, missing, read_records
from studies.small import MEASURES, hours_case, make_small, without_cost

pytestmark = pytest.mark.slow  # each fits models of a study


@pytest.fixture
def small(monkeypatch):
    """The small case in this process and in the workers."""
    monkeypatch.setattr(runs, "load_case", hours_case)
    monkeypatch.setattr(measured, "CONFIG", MEASURES)
    runs._load.cache_clear()
    yield
    runs._load.cache_clear()


@pytest.mark.long
def test_a_table_that_was_killed_and_resumed_equals_one_that_was_not(small, monkeypatch, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    arms = ("full", "a")
    for job in Table("motion", None, arms, 1, False, whole).jobs():
        (whole / "models").mkdir(parents=True, exist_ok=True)
        runs.make_run(job)
    (broken / "runs").mkdir(parents=True)
    (broken / "full-0.kill").touch()
    (broken / "a-0.fail").touch()
    monkeypatch.setattr(runs, "make_run", make_small)
    monkeypatch.setattr(figures, "draw_case", lambda case, model, folder: (model, folder))

    first = reproduce("motion", None, arms, 1, 2, broken)
    assert [(failure.job.arm, failure.job.seed, failure.error) for failure in first.failures] == [("a", 0, "as asked")]
    assert [(record.arm, record.seed) for record in first.records] == [("full", 0)]
    assert (broken / "runs" / "motion" / "a-0.failed").is_file()

    (broken / "a-0.fail").unlink()
    made = []
    second = reproduce("motion", None, arms, 1, 1, broken, watch=made.append)
    assert [(progress.job.arm, progress.job.seed, progress.todo) for progress in made] == [("a", 0, 1)]
    assert second.failures == ()
    assert not (broken / "runs" / "motion" / "a-0.failed").exists()
    assert without_cost(broken) == without_cost(whole)
    assert second.lines.read_text().splitlines() == [record.line() for record in second.records]
    assert second.figures == (broken / "models" / "motion-full-0.safetensors", broken / "figures")


@pytest.mark.parametrize("quick", [False, True])
def test_a_line_says_whether_it_is_of_a_quick_table(small, tmp_path, quick):
    job = RunJob("motion", None, quick, "a", 0, tmp_path)
    runs.make_run(job)
    assert [record.quick for record in read_records(tmp_path)] == [quick]


def test_lines_and_page_are_there_if_the_figures_cannot_be_drawn(small, monkeypatch, tmp_path):
    job = RunJob("motion", None, False, "full", 0, tmp_path)
    job.model.parent.mkdir()
    runs.make_run(job)
    (tmp_path / "figures").touch()  # a file where the folder should be
    with pytest.raises(ArtifactError, match=r"folder .*figures"):
        reproduce("motion", None, ("full",), 1, 1, tmp_path)
    assert len((tmp_path / "runs.jsonl").read_text().splitlines()) == 1
    assert "| `full` | 1 |" in (tmp_path / "report.md").read_text()


def test_the_page_links_figures_that_were_just_drawn(small, monkeypatch, tmp_path):
    def draw(case, model, folder):
        folder.mkdir()
        (folder / "motion-code.png").touch()
        return (folder / "motion-code.png",)

    monkeypatch.setattr(figures, "draw_case", draw)
    job = RunJob("motion", None, False, "full", 0, tmp_path)
    job.model.parent.mkdir()
    runs.make_run(job)
    made = reproduce("motion", None, ("full",), 1, 1, tmp_path)
    assert "](figures/motion-code.png)" in made.page.read_text()
    assert made.note == ""


def test_without_the_full_model_it_is_said_what_is_lacking(small, tmp_path):
    runs.make_run(RunJob("motion", None, False, "a", 0, tmp_path))
    made = reproduce("motion", None, ("a",), 1, 1, tmp_path)
    assert made.note == "No `full` run, so no comparison and no figures."
    assert made.figures == ()


def test_runs_go_seed_by_seed():
    jobs = Table("motion", None, ("full", "a", "b"), 2, False, "out").jobs()
    assert [(job.arm, job.seed) for job in jobs] == [
        ("full", 0), ("a", 0), ("b", 0), ("full", 1), ("a", 1), ("b", 1),
    ]  # fmt: skip


def test_a_run_of_other_settings_is_not_used(small, monkeypatch, tmp_path):
    job = RunJob("motion", None, False, "a", 0, tmp_path)
    runs.make_run(job)
    assert missing([job]) == []
    case = hours_case()
    longer = replace(case, settings=replace(case.settings, training=replace(case.settings.training, epochs=9)))
    monkeypatch.setattr(runs, "load_case", lambda *_: longer)
    runs._load.cache_clear()
    with pytest.raises(ConfigError, match=r"a-0\.json was made with other .*epochs: 9, was 2.*give another --out"):
        missing([job])


def test_a_damaged_file_is_named_and_never_taken_for_a_run(small, tmp_path):
    job = RunJob("motion", None, False, "a", 0, tmp_path)
    job.file.parent.mkdir(parents=True)
    job.file.write_text('{"case": "motion"')
    with pytest.raises(ArtifactError, match=r"a-0\.json is not the line of a run; remove it"):
        missing([job])


def test_the_first_full_run_is_made_again_if_its_model_is_gone(small, tmp_path):
    first, second = (RunJob("motion", None, False, "full", seed, tmp_path) for seed in (0, 1))
    assert second.model is None
    (tmp_path / "models").mkdir()
    runs.make_run(first)
    assert missing([first, second]) == [second]
    first.model.unlink()
    assert missing([first, second]) == [first, second]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            {"case": "weather"},
            "[Ee]xpected one of the cases eia, electricity, gait, gait-people, motion, got 'weather'",
        ),
        ({"arms": ("full", "c")}, "[Ee]xpected one of the arms full, a, .* or concatenation, .*, got 'c'"),
        ({"runs": 0}, "runs must be a whole number >= 1, got 0"),
        ({"workers": 0}, "workers must be a whole number >= 1, got 0"),
    ],
)
def test_what_cannot_be_asked_is_said_before_any_work(arguments, told, tmp_path):
    with pytest.raises(ConfigError, match=told):
        reproduce(**{"case": "motion", "out": tmp_path / "out", **arguments})
    assert not (tmp_path / "out").exists()


def test_arms_are_those_named_else_all_and_ablations_come_on_top():
    assert arms_of(None, ablations=False, quick=False)[:3] == ("full", "a", "b")
    assert len(arms_of(None, ablations=False, quick=True)) == 4
    assert arms_of(["b"], ablations=False, quick=True) == ("b",)
    both = arms_of(["full", "joint"], ablations=True, quick=False)
    assert both[:2] == ("full", "joint")
    assert len(both) == len({*both})


def test_a_run_older_than_a_setting_counts_as_made_with_its_default() -> None:
    model = {"code": {"n_conditional": 3}, "encoder": {}, "decoder": {}}
    found = with_defaults({"model": model, "training": {"epochs": 2}, "horizon": 24})
    assert found["horizon"] == 24
    assert (found["training"]["epochs"], found["training"]["freeze"]) == (2, True)
    assert (found["model"]["code"]["n_conditional"], found["model"]["code"]["borrow"]) == (3, False)
    assert "losses" not in found
