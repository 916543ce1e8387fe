"""Draw the network and the derivation of its loss for docs/method.md as SVG, each for a light and a dark page.

python scripts/draw_method.py [FOLDER]
"""

import sys
from collections.abc import Callable
from pathlib import Path

from scripts.draw_concepts import Sheet, write_drawings

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "figures" / "method"
HEIGHT = 380
Frame = tuple[float, float, float, float]


def boxed(sheet: Sheet, frame: Frame, colour: str, *lines: str) -> None:
    """Draw a box with lines of words; the first is the title."""
    left, top, width, height = frame
    sheet.box(frame, colour)
    first = top + height / 2 + 5 - 8.5 * (len(lines) - 1)
    for number, words in enumerate(lines):
        size, ink = (13, colour) if number == 0 else (11, "ink")
        sheet.text((left + width / 2, first + 17 * number), words, ink, size=size)


def network(sheet: Sheet) -> None:
    """The network: what each part reads, and which player trains it."""
    boxed(sheet, (4, 96, 106, 60), "blue", "window x", "values")
    boxed(sheet, (4, 262, 106, 72), "blue", "rows u", "calendar, labels,", "covariates")
    boxed(sheet, (146, 40, 110, 60), "orange", "q(b | x)", "encoder, reader")
    boxed(sheet, (146, 140, 110, 60), "violet", "q(a | x, b)", "reads x - T(u)")
    boxed(sheet, (146, 262, 110, 72), "green", "effects T(u)", "ridge, in", "closed form")
    boxed(sheet, (298, 40, 112, 60), "orange", "b", "a density per class")
    boxed(sheet, (298, 140, 112, 60), "violet", "a", "p(a | b) = N(0, 1)")
    boxed(sheet, (298, 262, 112, 72), "green", "linear path", "of x and x - T(u),", "closed form")
    boxed(sheet, (452, 100, 104, 60), "violet", "fusion", "cross-attention")
    boxed(sheet, (598, 20, 112, 50), "orange", "labels", "r(b), by Bayes' rule")
    boxed(sheet, (598, 104, 112, 56), "violet", "decoder", "p(x | a, b, u)")
    boxed(sheet, (598, 220, 112, 56), "violet", "forecaster", "p(y | b, x, u)")
    for start, end in (
        ((110, 116), (146, 78)),
        ((110, 134), (146, 164)),
        ((110, 298), (146, 298)),
        ((201, 100), (201, 140)),
        ((201, 262), (201, 200)),
        ((256, 70), (298, 70)),
        ((256, 170), (298, 170)),
        ((256, 298), (298, 298)),
        ((410, 62), (598, 46)),
        ((410, 80), (452, 118)),
        ((410, 170), (452, 146)),
        ((556, 130), (598, 132)),
        ((540, 160), (606, 220)),
        ((410, 290), (598, 256)),
    ):
        sheet.arrow(start, end)
    sheet.text((508, 190), "b alone", "faint", size=11)
    sheet.text((360, 364), "orange: marginal player", "orange", size=12, anchor="end")
    sheet.text((372, 364), "violet: conditional player", "violet", size=12, anchor="start")
    sheet.text((530, 364), "green: solved before", "green", size=12, anchor="start")


def loss(sheet: Sheet) -> None:
    """From the joint bound to the losses of the two players."""
    rows = (
        ("log p(x, y | u)  ≥  E log p(y | b, x, u)  +  E log p(x | a, b, u)  -  KL( q(a, b | x) || p(a, b) )", "ink"),
        ("KL( q(a, b | x) || p(a, b) )  =  KL( q(b | x) || p(b) )  +  E KL( q(a | x, b) || p(a | b) )", "ink"),
        ("KL( q(b | x) || p(b) )  =  Σ KL( qᵢ || pᵢ ),   pᵢ = Σ πₖ fₖ  a mixture over the classes", "ink"),
        ("labelled, class k:   KL( qᵢ || pᵢ )  =  KL( qᵢ || fₖ )  -  log πₖ  -  E[ -log rₖ(b) ]", "ink"),
    )
    why = ("the joint bound", "the chain rule", "naive Bayes; or a joint prior of pairs", "since pᵢ = πₖ fₖ / rₖ")
    for number, ((formula, colour), reason) in enumerate(zip(rows, why, strict=True)):
        top = 16 + 60 * number
        sheet.box((40, top, 640, 34), "back", opacity=0.7)
        sheet.text((360, top + 22), formula, colour, size=13)
        if number:
            sheet.arrow((360, top - 26), (360, top))
        sheet.text((372, top - 9 if number else top - 4), reason if number else "", "faint", size=11, anchor="start")
    sheet.arrow((200, 230), (200, 266))
    sheet.arrow((520, 230), (520, 266))
    boxed(
        sheet,
        (20, 266, 330, 84),
        "orange",
        "marginal player: disentanglement",
        "labelled: KL( qᵢ || fₖ ) - log πₖ, plus more cross-entropy",
        "not labelled: KL to the mixture, by one draw",
    )
    boxed(
        sheet,
        (370, 266, 330, 84),
        "violet",
        "conditional player: b given, its weights frozen",
        "forecast  -E log p(y | b, x, u)",
        "reconstruction  -E log p(x | a, b, u)  +  KL of a",
    )
    sheet.text((360, 372), "the players take turns on every batch", "faint", size=12)


DRAWINGS: dict[str, Callable[[Sheet], None]] = {"network": network, "loss": loss}


def write(folder: Path) -> list[Path]:
    """Write the drawings of the method."""
    return write_drawings(DRAWINGS, folder, HEIGHT)


if __name__ == "__main__":
    for path in write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER):
        print(path)
