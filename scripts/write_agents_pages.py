"""Write the glossary that the tools for language models serve, and the examples of answers of docs/agents.md.

    python scripts/write_agents_pages.py

The glossary is docs/glossary.md without the column of places in the code. The examples are answers of a small model of
the shipped loads, which is fitted here; long tables and lists are cut.
"""

import json
import re
import sys
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
GLOSSARY, SERVED, PAGE = (
    ROOT / "docs" / "glossary.md",
    ROOT / "src" / "divecast" / "agents" / "glossary.md",
    ROOT / "docs" / "agents.md",
)
BEGIN, END = "<!-- answers: scripts/write_agents_pages.py -->", "<!-- end of answers -->"
_SHOWN_ROWS, _SHOWN_ITEMS, _MOST_ITEMS, _SHOWN_TEXT = 2, 4, 12, 160
CALLS: dict[str, dict[str, Any]] = {
    "describe": {},
    "forecast": {"at": "2016-12-26T00:00", "series": ["G1-A"]},
    "parts": {"at": "2016-12-26T00:00", "series": ["G1-A"]},
    "scenario": {"at": "2016-12-26T00:00", "series": ["G1-A"], "changes": [{"name": "closed", "value": "yes"}]},
    "what_if": {"at": "2016-12-14T00:00", "series": ["G1-A"], "to": {"weekday": "Sun"}},
    "why": {"at": "2016-12-26T00:00"},
    "anomalies": {"start": "2016-12-01", "top": 1},
    "read_labels": {"at": "2016-12-27T00:00"},
    "paths": {"at": "2016-12-26T00:00", "series": ["G1-A", "G1-B"], "what": "peak", "by": "day", "together": True},
    "score": {},
    "propose_factor": {
        "name": "bridge_day",
        "spans": [{"start": day} for day in ("2016-05-06", "2016-10-31", "2016-11-02", "2016-12-23")],
    },
    "narrate": {"at": "2016-12-26T00:00", "series": "G1-A"},
}
"""A call of each tool."""
REFUSED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("forecast", {"series": ["G1"]}),
    ("forecast", {"levels": [1.5]}),
    ("forecast", {"at": "2030-01-01"}),
    ("scenario", {"changes": [{"name": "temperature", "add": 3}]}),
    ("what_if", {"to": {"weekday": "Caturday"}}),
    ("paths", {"what": "exceeds"}),
)


def served_glossary(text: str) -> str:
    """Return the glossary without where the code defines a term, and without links."""
    kept = [line for line in text.splitlines() if not re.search(r"defines it|src/divecast|^See \[", line)]
    rows = [f"|{'|'.join(line.strip('|').split('|')[:2])}|" if line.startswith("|") else line for line in kept]
    lines = [re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", line) for line in rows]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def shortened(value: Any) -> Any:
    """Return JSON values with long lists, tables and texts cut."""
    if isinstance(value, dict):
        shown = {name: _rows(each) if name == "rows" else shortened(each) for name, each in value.items()}
        kept = dict([*shown.items()][:_MOST_ITEMS])
        return {**kept, "...": "..."} if len(kept) < len(shown) else kept
    if isinstance(value, list):
        return (
            [*map(shortened, value[:_SHOWN_ITEMS]), *(["..."] if len(value) > _SHOWN_ITEMS + 8 else [])]
            if len(value) > _SHOWN_ITEMS + 8
            else [*map(shortened, value)]
        )
    if isinstance(value, str) and len(value) > _SHOWN_TEXT:
        return f"{value[:_SHOWN_TEXT]} ..."
    return value


def _rows(rows: Any) -> Any:
    if not isinstance(rows, list):
        return rows
    return [*map(shortened, rows[:_SHOWN_ROWS]), *(["..."] if len(rows) > _SHOWN_ROWS else [])]


def lines_of(answer: dict[str, Any]) -> str:
    """Return an answer as JSON with one line per name."""
    lines = [f"  {json.dumps(name)}: {json.dumps(shortened(value))}" for name, value in answer.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def answers() -> str:
    """Return the examples of the page."""
    from dataclasses import replace

    import numpy as np

    from divecast import DeepDIVE, Label, TrainingConfig, datasets
    from divecast.agents.desk import Desk
    from divecast.agents.toolbox import TOOLS, RefusedCallError, call

    panel = datasets.load("loads")
    days = panel.clock.local(np.arange(len(panel.values))).astype("datetime64[D]").astype(str)
    closed = np.isin(days, ["2016-01-01", "2016-03-25", "2016-03-28", "2016-05-16", "2016-12-25", "2016-12-26"])
    panel = replace(panel, labels={"closed": np.where(closed, "yes", "no").astype(object)})
    training = TrainingConfig(epochs=2)
    model = DeepDIVE(24, 168, ["hour", "weekday", Label("closed")], training=training).fit(panel, progress=False)
    desk, parts = Desk.of(model, panel, "MW"), []
    for tool in TOOLS:
        asked = json.dumps(CALLS[tool.name])
        answer = lines_of(call(desk, tool.name, CALLS[tool.name]))
        parts.append(f"### {tool.name}\n\n{tool.description}\n\n`{asked}`\n\n```json\n{answer}\n```\n")
    refusals = []
    for name, arguments in REFUSED:
        try:
            call(desk, name, arguments)
        except RefusedCallError as error:
            refusals.append(f"| `{name}` `{json.dumps(arguments)}` | {error} |")
    table = "\n".join(["| call | refusal |", "|---|---|", *refusals])
    return "\n".join([*parts, f"### Refusals\n\n{table}\n"])


def main() -> int:
    """Write both files."""
    SERVED.write_text(served_glossary(GLOSSARY.read_text(encoding="utf-8")), encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shown = answers()
    before, after = page.partition(BEGIN)[0], page.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{shown}\n{END}{after}", encoding="utf-8")
    print(PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
