"""The page as a file."""

import json
import re

import pytest

from divecast import ArtifactError, ConfigError
from divecast.cli import main
from divecast.page import write, write_report
from divecast.page.render import SCRIPTS, as_json, render


def own_text(html):
    """The page without plotly."""
    scripts = re.findall(r"<script>.*?</script>", html, flags=re.DOTALL)
    assert len(scripts) == 2
    return html.replace(scripts[0], "")


def test_nothing_in_the_page_names_another_place(page_file):
    html = own_text(page_file.read_text())
    assert re.findall(r"""(?:src|href|action)\s*=\s*["']?(?!#)[^"'\s>]+""", html.split("<script")[0]) == []
    assert re.findall(r"url\(|@import|fetch\(|XMLHttpRequest|WebSocket", html) == []


def test_the_policy_forbids_every_request(page_file):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page_file.read_text())[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline'; img" in policy
    assert "http" not in policy


def test_a_small_page_is_little_more_than_plotly(page_file):
    assert page_file.stat().st_size < 6_500_000


def test_names_cannot_close_the_script_they_are_in(hostile_file):
    html = own_text(hostile_file.read_text())
    assert "alert(2)</script>" not in html
    assert "<img" not in html
    held = re.search(r'<script type="application/json" id="payload">(.*?)</script>', html, flags=re.DOTALL)[1]
    assert not re.search("[<>\u2028]", held)
    assert json.loads(held)["title"] == "</script><script>alert(2)</script>"


def test_holes_in_names_are_not_filled(payload):
    from dataclasses import replace

    html = render(replace(payload, title="{{plotly}} {{script}}"))
    assert "<title>{{plotly}} {{script}}</title>" in html


def test_every_module_is_in_the_page_once(payload):
    from importlib.resources import files

    names = {path.name for path in files("divecast.page").joinpath("script").iterdir()}
    assert names == {f"{name}.js" for name in SCRIPTS}
    assert len(as_json(payload)) < 1_500_000


def test_a_page_that_cannot_be_written_leaves_the_former_one(hours_model, panel, payload, tmp_path, monkeypatch):
    monkeypatch.setattr(write, "payload_of", lambda *_: payload)
    with pytest.raises(ArtifactError):
        write_report(hours_model, panel, tmp_path / "absent" / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_without_plotly_the_error_says_what_to_install(hours_model, panel, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(ConfigError, match="pip install"):
        write_report(hours_model, panel, tmp_path / "page.html")


@pytest.mark.slow
def test_the_command_writes_a_page(hours_model, panel, tmp_path, capsys):
    from divecast.data import to_frame, write_frame

    hours_model.save(tmp_path / "model.safetensors")
    columns = {"time": panel.clock.stamps(), **dict(zip(panel.channels, panel.values.T, strict=True))}
    write_frame(to_frame(columns, "pyarrow"), tmp_path / "data.parquet")
    asked = ["report", str(tmp_path / "model.safetensors"), str(tmp_path / "data.parquet"), "--json"]
    assert main([*asked, "--out", str(tmp_path / "page.html")]) == 0
    assert json.loads(capsys.readouterr().out)["bytes"] == (tmp_path / "page.html").stat().st_size
    assert main([*asked, "--out", str(tmp_path / "page.pdf")]) == 2
    assert "ends in .html" in capsys.readouterr().err
