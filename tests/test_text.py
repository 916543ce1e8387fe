"""Text for terminals."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from divecast._text import json_visible, visible
from divecast.errors import DataError

HOSTILE = "a\x1b[2J\x9b\u202e\r\udcff\x7f"


def test_what_controls_a_terminal_is_shown():
    assert visible(HOSTILE) == r"a\x1b[2J\x9b\u202e\r\udcff\x7f"
    assert visible("é 東\t\n±") == "é 東\t\n±"
    assert (
        str(DataError(f"There is no {HOSTILE}", hint=HOSTILE)) == f"There is no {visible(HOSTILE)}. {visible(HOSTILE)}."
    )


@settings(max_examples=50)
@given(st.text(max_size=20))
def test_a_json_document_says_the_same(text):
    written = json_visible(json.dumps(text, ensure_ascii=False))
    assert json.loads(written) == text
    assert visible(written) == written
