"""Cards say what the data, the model and the terms are."""

import runpy
from pathlib import Path

import pytest

from divecast.agents.cards import CARDS, read_card

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.title)
def test_each_card_is_text_of_some_length(hours_desk, card):
    text = read_card(hours_desk, card)
    assert text.startswith("# ")
    assert 200 < len(text) <= 60_100


def test_cards_say_what_the_model_knows(hours_desk, moves_desk):
    data, model, _ = (read_card(hours_desk, card) for card in CARDS)
    assert "unit of the values: MW" in data
    assert "s0, s1, s2, s3" in data
    assert "| DeepDIVE |" in model
    assert "6 steps ahead from 24 rows" in model
    assert "32 recordings" in read_card(moves_desk, CARDS[0])


def test_the_glossary_is_that_of_the_documentation():
    script = runpy.run_path(str(ROOT / "scripts" / "write_agents_pages.py"))
    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    assert script["SERVED"].read_text("utf-8") == script["served_glossary"](glossary), (
        "run scripts/write_agents_pages.py"
    )
