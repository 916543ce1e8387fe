"""The explorer's page: the report's, with a script that asks the server."""

import re

import pytest

from divecast.explorer.page import explorer_page, plain_page
from divecast.page.render import script_digest
from worlds import hours

pytest.importorskip("plotly")


def test_the_policy_allows_the_page_only_its_script_and_its_own_server(hours_model):
    page = explorer_page(hours_model, hours(weeks=1).panel)
    own = re.findall(r"(?s)<script>(.*?)</script>", page)[-1]
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert own.endswith("startLive();\n\n})();")
    assert script_digest(own) in policy
    assert policy.startswith("default-src 'none'; script-src")
    assert policy.endswith("; connect-src 'self'")
    assert "makes no network requests" not in page


def test_the_plain_page_has_no_script():
    assert "script" not in plain_page()
