"""Draw the terms of docs/concepts.md as SVG, each for a light and a dark page.

    python scripts/draw_concepts.py [FOLDER]

The curves are made up: they show what a term means, not what a model found.
"""

import math
import random
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "figures" / "concepts"
WIDTH, HEIGHT, TITLE = 720, 250, 14
Point = tuple[float, float]
PALETTES = {
    "light": {
        "ink": "#24292f",
        "faint": "#8c959f",
        "back": "#eef2f6",
        "blue": "#0969da",
        "orange": "#bc4c00",
        "green": "#1a7f37",
        "violet": "#8250df",
    },
    "dark": {
        "ink": "#e6edf3",
        "faint": "#7d8590",
        "back": "#1c2430",
        "blue": "#58a6ff",
        "orange": "#f0883e",
        "green": "#56d364",
        "violet": "#bc8cff",
    },
}


FONT = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"


def tag(name: str, words: str = "", **attributes: object) -> str:
    """Return an element of an SVG; an underscore in the name of an attribute is a hyphen there."""
    values = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in attributes.items() if value != "")
    return f"<{name}{values}>{words}</{name}>" if words else f"<{name}{values}/>"


def joined(points: Iterable[Point]) -> str:
    """Return points as an SVG lists them."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


class Sheet:
    """An SVG that is being drawn in the colours of one scheme."""

    def __init__(self, colours: dict[str, str], height: int = HEIGHT) -> None:
        self.colours, self.height = colours, height
        self.shapes: list[str] = []

    def line(self, points: Iterable[Point], colour: str = "ink", *, width: float = 1.8, dash: str = "") -> None:
        """Draw a line through points."""
        drawn = {"stroke": self.colours[colour], "stroke_width": width, "stroke_dasharray": dash}
        self.shapes.append(tag("polyline", points=joined(points), fill="none", stroke_linejoin="round", **drawn))

    def area(self, points: Iterable[Point], colour: str, opacity: float = 0.2) -> None:
        """Fill the area within points."""
        self.shapes.append(tag("polygon", points=joined(points), fill=self.colours[colour], fill_opacity=opacity))

    def box(self, frame: tuple[float, float, float, float], colour: str, *, opacity: float = 0.18) -> None:
        """Draw a box: left, top, width, height."""
        place = dict(zip(("x", "y", "width", "height"), (f"{value:.1f}" for value in frame), strict=True))
        edge = self.colours[colour] if colour != "back" else "none"
        self.shapes.append(tag("rect", **place, rx=4, fill=self.colours[colour], fill_opacity=opacity, stroke=edge))

    def dot(self, at: Point, colour: str, radius: float = 3.0, opacity: float = 0.8) -> None:
        """Draw a dot."""
        place = {"cx": f"{at[0]:.1f}", "cy": f"{at[1]:.1f}", "r": radius}
        self.shapes.append(tag("circle", **place, fill=self.colours[colour], fill_opacity=opacity))

    def text(self, at: Point, words: str, colour: str = "ink", *, size: int = 14, anchor: str = "middle") -> None:
        """Write words at a point of their baseline; a size of 14, that of titles, is bold."""
        place = {"x": f"{at[0]:.1f}", "y": f"{at[1]:.1f}", "font_size": size, "text_anchor": anchor}
        weight = 600 if size >= TITLE else ""
        self.shapes.append(tag("text", words, **place, fill=self.colours[colour], font_weight=weight))

    def arrow(self, start: Point, end: Point, colour: str = "faint") -> None:
        """Draw an arrow."""
        turn = math.atan2(end[1] - start[1], end[0] - start[0])
        left, right = (
            (end[0] - 8 * math.cos(turn + side), end[1] - 8 * math.sin(turn + side)) for side in (0.45, -0.45)
        )
        self.line([start, end], colour, width=1.6)
        self.line([left, end, right], colour, width=1.6)

    def svg(self, title: str) -> str:
        """Return the drawing."""
        words = "\n".join(["", tag("title", title), *self.shapes, ""])
        frame = f"0 0 {WIDTH} {self.height}"
        return tag("svg", words, xmlns="http://www.w3.org/2000/svg", viewBox=frame, role="img", font_family=FONT) + "\n"


def load(hour: float, kind: int = 0) -> float:
    """A load by the hour: three days that rise and fall, one shape for each kind."""
    day = hour / 24 * 2 * math.pi
    shapes = (
        -math.cos(day) + 0.35 * math.sin(2 * day),
        -0.8 * math.cos(day - 1) - 0.3 * math.cos(2 * day),
        0.6 * math.sin(day / 3) - 0.5 * math.cos(day),
    )
    return shapes[kind]


def curve(
    value: Callable[[float], float], hours: Sequence[float], frame: tuple[float, float, float, float]
) -> list[Point]:
    """Points of a function of the hour in a frame: left, right, middle and scale."""
    left, right, middle, scale = frame
    first, last = hours[0], hours[-1]
    return [(left + (right - left) * (hour - first) / (last - first), middle - scale * value(hour)) for hour in hours]


def span(first: float, last: float, step: float = 0.5) -> list[float]:
    """Hours from the first to the last."""
    return [first + step * at for at in range(int((last - first) / step) + 1)]


def window(sheet: Sheet) -> None:
    """The last rows of all series, and the rows to forecast."""
    sheet.box((70, 30, 430, 170), "blue", opacity=0.1)
    sheet.box((504, 30, 146, 170), "orange", opacity=0.1)
    for kind, colour in enumerate(("blue", "green", "violet")):
        middle = 62 + 52 * kind
        sheet.line(curve(lambda hour, kind=kind: load(hour, kind), span(0, 72), (70, 500, middle, 16)), colour)
        sheet.line(
            curve(lambda hour, kind=kind: load(hour, kind), span(72, 96), (500, 650, middle, 16)), colour, dash="4 4"
        )
        sheet.text((60, middle + 5), f"series {kind + 1}", "faint", size=12, anchor="end")
    sheet.text((285, 22), "window: the last lookback rows of all series", "blue")
    sheet.text((577, 22), "horizon", "orange")
    sheet.line([(502, 26), (502, 212)], "ink", dash="3 3")
    sheet.text((502, 228), "forecast origin", size=13)
    sheet.arrow((70, 214), (440, 214))
    sheet.text((250, 232), "time", "faint", size=12)


def code(sheet: Sheet) -> None:
    """From a window to a code, and from a code to a forecast and a reconstruction."""
    sheet.box((20, 70, 130, 100), "blue", opacity=0.1)
    for kind, colour in enumerate(("blue", "green", "violet")):
        sheet.line(
            curve(lambda hour, kind=kind: load(hour, kind), span(0, 48), (26, 144, 90 + 30 * kind, 9)),
            colour,
            width=1.5,
        )
    sheet.text((85, 60), "window")
    sheet.arrow((160, 120), (235, 120))
    sheet.text((197, 108), "infer", "faint", size=12)
    sheet.text((345, 24), "code: a short vector")
    for number, (words, colour) in enumerate(
        (("b of the hour", "orange"), ("b of the weekday", "green"), ("a: the rest", "violet"))
    ):
        top = 38 + 62 * number
        sheet.box((245, top, 200, 52), colour)
        sheet.text((345, top + 20), words, colour, size=13)
        for at in range(4 if number < 2 else 8):
            sheet.dot((345 + 20 * (at - (1.5 if number < 2 else 3.5)), top + 36), colour, radius=5)
    sheet.text((345, 240), "each number with a mean and a standard deviation", "faint", size=12)
    for top, words in ((60, "labels, by Bayes' rule"), (120, "forecast with intervals"), (180, "reconstruction")):
        sheet.arrow((455, top), (520, top))
        sheet.text((530, top + 5), words, size=13, anchor="start")


def a_and_b(sheet: Sheet) -> None:
    """In b each class has its place; in a the classes are mixed."""
    draw = random.Random(3)  # noqa: S311  a drawing
    sheet.text((190, 24), "b of the weekday", "green")
    sheet.text((540, 24), "a", "violet")
    sheet.box((60, 36, 260, 186), "back", opacity=0.6)
    sheet.box((410, 36, 260, 186), "back", opacity=0.6)
    colours = ("blue", "green", "violet", "orange", "ink", "faint", "blue")
    for number, day in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")):
        turn = 2 * math.pi * number / 7 - math.pi / 2
        centre = (190 + 85 * math.cos(turn), 131 + 56 * math.sin(turn))
        for _ in range(14):
            sheet.dot((draw.gauss(centre[0], 6), draw.gauss(centre[1], 6)), colours[number], radius=2.5, opacity=0.6)
            sheet.dot(
                (540 + draw.triangular(-118, 118), 129 + draw.triangular(-82, 82)),
                colours[number],
                radius=2.5,
                opacity=0.6,
            )
        sheet.text((190 + 116 * math.cos(turn), 136 + 82 * math.sin(turn)), day, size=12)
    sheet.text((190, 242), "one dot per window: each class has its place", "faint", size=12)
    sheet.text((540, 242), "what the labels do not explain: classes are mixed", "faint", size=12)


def effects(sheet: Sheet) -> None:
    """The effect of a covariate as a curve, and of a class as steps."""
    for left, title, colour in ((50, "effect of the temperature", "orange"), (410, "effect of a promotion", "green")):
        sheet.text((left + 130, 24), title, colour)
        sheet.line([(left, 40), (left, 205), (left + 260, 205)], "faint", width=1.2)
        sheet.line([(left, 150), (left + 260, 150)], "faint", width=1, dash="3 4")
        sheet.text((left - 6, 154), "0", "faint", size=12, anchor="end")
    curve_points = [
        (50 + 260 * at / 60, 150 - 90 * max(at / 60 - 0.62, 0) / 0.38 - 55 * max(0.45 - at / 60, 0) / 0.45)
        for at in range(61)
    ]
    sheet.line(curve_points, "orange", width=2.4)
    for at, words in ((50, "-10"), (180, "10"), (310, "30 degrees")):
        sheet.text((at, 222), words, "faint", size=12)
    for number, (day, height) in enumerate(
        (("day before", -8), ("Fri", 62), ("Sat", 74), ("Sun", 40), ("day after", -18))
    ):
        x = 422 + 50 * number
        sheet.box((x, 150 - max(height, 0), 36, abs(height)), "green", opacity=0.5)
        sheet.text((x + 18, 222), day, "faint", size=11)
    sheet.text((360, 244), "what the column adds to the values of a row, in the unit of the series", "faint", size=12)


def parts(sheet: Sheet) -> None:
    """The parts of a forecast add up to its mean."""
    names = (
        ("level", 70, "faint"),
        ("hour", 34, "blue"),
        ("weekday", -14, "violet"),
        ("promotion", 30, "green"),
        ("temperature", 22, "orange"),
        ("carry-over", -12, "ink"),
        ("network", 6, "blue"),
    )
    base, x = 205.0, 40.0
    for name, height, colour in names:
        top = base - max(height, 0)
        sheet.box((x, top, 58, abs(height)), colour, opacity=0.45)
        sheet.text((x + 29, top - 7), name, size=12)
        base -= height
        sheet.line([(x + 58, base), (x + 84, base)], "faint", width=1, dash="3 3")
        x += 84
    sheet.box((x, base, 58, 205 - base), "orange", opacity=0.25)
    sheet.text((x + 29, base - 7), "mean", size=13)
    sheet.line([(30, 205), (700, 205)], "faint", width=1.2)
    sheet.text((365, 234), "the parts of one forecast step add up to its mean", "faint", size=12)


def paths(sheet: Sheet) -> None:
    """Sample paths are scenarios; quantiles say how they spread at each step."""
    draw = random.Random(5)  # noqa: S311  a drawing
    hours = span(0, 24, 1.0)
    many = []
    for _ in range(60):
        level, drift = draw.gauss(0, 0.25), draw.gauss(0, 0.35)
        noise = 0.0
        path = []
        for hour in hours:
            noise = 0.7 * noise + draw.gauss(0, 0.08)
            path.append(load(hour) + (level + drift * hour / 24) * min(1.0, 0.25 + hour / 10) + noise)
        many.append(path)
    frame = (250.0, 650.0, 126.0, 38.0)

    def drawn(values: Sequence[float]) -> list[Point]:
        return curve(lambda hour: values[int(hour)], hours, frame)

    ranked = [sorted(path[at] for path in many) for at in range(len(hours))]
    low, middle, high = ([row[at] for row in ranked] for at in (3, 30, 56))
    sheet.line(curve(load, span(0, 24), (50, 250, 126, 38)), "ink")
    sheet.area([*drawn(low), *reversed(drawn(high))], "blue", 0.18)
    for path in many[:7]:
        sheet.line(drawn(path), "orange", width=1)
    sheet.line(drawn(middle), "blue", width=2.6)
    sheet.line([(250, 30), (250, 205)], "ink", dash="3 3")
    sheet.text((150, 24), "window")
    sheet.text((450, 24), "horizon")
    sheet.text((655, 76), "90 %", "blue", size=12, anchor="start")
    sheet.text(
        (360, 234),
        "band: 5 % to 95 % quantile at each step; thin lines: paths, of which sums and peaks can be taken",
        "faint",
        size=12,
    )


DRAWINGS: dict[str, Callable[[Sheet], None]] = {
    "window": window,
    "code": code,
    "a_and_b": a_and_b,
    "effects": effects,
    "parts": parts,
    "paths": paths,
}


def write_drawings(drawings: Mapping[str, Callable[[Sheet], None]], folder: Path, height: int = HEIGHT) -> list[Path]:
    """Write every drawing in both schemes, the same bytes each time."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, draw in drawings.items():
        for scheme, colours in PALETTES.items():
            sheet = Sheet(colours, height)
            draw(sheet)
            path = folder / f"{name}-{scheme}.svg"
            path.write_text(sheet.svg((draw.__doc__ or name).rstrip(".")), encoding="utf-8")
            written.append(path)
    return written


def write(folder: Path) -> list[Path]:
    """Write the drawings of the concepts."""
    return write_drawings(DRAWINGS, folder)


if __name__ == "__main__":
    for path in write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER):
        print(path)
