"""What is drawn of a figure, and the columns of its table."""

import numpy as np
from matplotlib.text import Text

ODD_NAME = "$x_1$ <b>"


def columns(display):
    """The table as arrays by name."""
    table = display.frame()
    return {name: np.array(table.column(name).to_pylist()) for name in table.column_names}


def only(table, **wanted):
    """The rows where columns have these values."""
    kept = np.logical_and.reduce([table[name] == value for name, value in wanted.items()])
    return {name: column[kept] for name, column in table.items()}


def lines(axes):
    """The y data of the lines, as float64."""
    return [np.asarray(line.get_ydata(), dtype=np.float64) for line in axes.lines]


def texts(figure):
    """All texts as they are shown, after the whole figure was drawn; not laid out, which takes most of the time."""
    figure.set_layout_engine("none")
    figure.draw_without_rendering()
    return shown(figure)


def shown(figure):
    """All texts of a figure that was drawn, as they are shown."""
    found = [text._preprocess_math(text.get_text()) for text in figure.findobj(Text) if text.get_visible()]
    assert not any(is_math for _, is_math in found)
    return [text for text, _ in found]


def says(figure, wanted):
    """Whether a text shows ``wanted``."""
    return any(wanted in text for text in texts(figure))
