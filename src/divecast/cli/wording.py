"""Errors of the library in the words of the command line."""

# The library speaks to callers of Python; these are its mends that a person at a shell makes with an option.
_MENDS = {
    "leave them out with select(channels)": "leave them out with --channels, which names those to use",
    "name it with time=, or give an array with Panel.from_array(values, start, step)": "name it with --time",
    "name another one with time=": "name another one with --time",
    "fit again with resume=True to go on from": "the same command with --resume goes on from",
}


def in_options(message: str) -> str:
    """Say a mend by options where the library says it by arguments."""
    for spoken, meant in _MENDS.items():
        message = message.replace(spoken, meant)
    return message
