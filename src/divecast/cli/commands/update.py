"""``divecast update``."""

import shlex
from time import monotonic

from divecast._text import plural
from divecast.cli.console import print_json, print_lines, program, shown
from divecast.cli.inputs import load_with_data
from divecast.cli.options import Json, ModelOptions, NewerModelOut
from divecast.cli.outputs import check_writable


def update(
    inputs: ModelOptions,
    out: NewerModelOut,
    as_json: Json = False,
) -> None:
    """Take newer rows into a model, in a fraction of the time of a fit, and write it to one file.

    DATA are the older rows with the newer ones at their end.
    """
    check_writable(out)
    began = monotonic()
    model, source = load_with_data(inputs)
    model.update(source, progress=not as_json)
    model.save(out)
    seconds = monotonic() - began
    record = model.fitted_model.provenance.updates[-1]
    if as_json:
        print_json({"command": "update", "model": out, "seconds": seconds, "info": model.info()})
    else:
        next_command = [*program(), "forecast", str(out), inputs.data.path, *inputs.settings().reading_options()]
        print_lines(
            f"Updated from {record.since} to {record.until} UTC ({plural(record.n_rows, 'row')} in all) in "
            f"{seconds:.0f} s: {shown(out)}",
            f"Next: {shlex.join(next_command)}",
        )
