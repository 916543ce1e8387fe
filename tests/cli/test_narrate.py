"""divecast narrate."""


def test_narrate_prints_the_paragraph_and_its_facts(run, folder, model):
    shown = run("narrate", model, folder / "panel.csv", "--at", "2024-01-15", "--series", "north", "--unit", "kW")
    assert shown.code == 0
    assert shown.out.startswith("north, 6 steps from 2024-01-15 00:00 to 2024-01-15 05:00 (UTC)")
    found = run(
        "narrate", model, folder / "panel.csv", "--at", "2024-01-15", "--series", "north", "--unit", "kW", "--json"
    ).json
    assert found["text"] + "\n" == shown.out
    assert found["facts"]["n_steps"] == 6


def test_an_unknown_series_is_one_line(run, folder, model):
    assert "Did you mean 'north'?" in run("narrate", model, folder / "panel.csv", "--series", "nort").error
