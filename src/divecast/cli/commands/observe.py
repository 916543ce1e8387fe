"""``divecast observe``."""

import shlex

from divecast.cli.console import number, print_json, print_lines, print_table, program, shown
from divecast.cli.inputs import load_with_data
from divecast.cli.options import Json, ModelOptions, NewerModelOut
from divecast.cli.outputs import check_writable

_SHOWN = 12


def observe(
    inputs: ModelOptions,
    out: NewerModelOut,
    as_json: Json = False,
) -> None:
    """Move the levels of the intervals by the newer rows, and write the model to one file.

    DATA are the older rows, at least a look-back, with the newer ones at their end. For use between updates.
    """
    check_writable(out)
    model, source = load_with_data(inputs)
    observation = model.observe(source)
    model.save(out)
    table = observation.table()
    if as_json:
        rows = [{name: column[row] for name, column in table.items()} for row in range(len(table["series"]))]
        facts = {"since": observation.since, "until": observation.until, "rows": observation.n_rows}
        print_json({"command": "observe", "model": out, **facts, "levels": rows})
        return
    order = sorted(range(len(table["series"])), key=lambda row: abs(table["held"][row] - 0.9), reverse=True)
    shown_rows: list[list[str] | None] = [
        [
            str(table["series"][row]),
            f"{table['first_step'][row]} to {table['last_step'][row]}",
            *(number(table[name][row]) for name in ("held", "lower", "upper")),
        ]
        for row in order[:_SHOWN]
    ]
    title = "Series and steps whose 90 % intervals held too few or too many values, the farthest first"
    print_table(title, ["series", "steps", "held", "level below", "level above"], shown_rows)
    next_command = [*program(), "forecast", str(out), inputs.data.path, *inputs.settings().reading_options()]
    print_lines(f"{observation}: {shown(out)}", f"Next: {shlex.join(next_command)}")
