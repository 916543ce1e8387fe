"""Render the recipe of conda without a network or a channel.

    python scripts/render_recipe.py

It needs `pip install py-rattler-build`; the last rendering was with version 0.73.0. Prints the package with its
requirements, and ends with an error if the recipe does not render.
"""

import json
from pathlib import Path

from rattler_build import Stage0Recipe, VariantConfig

FOLDER = Path(__file__).resolve().parents[1] / "conda"


def main() -> None:
    recipe = Stage0Recipe.from_file(FOLDER / "recipe.yaml")
    rendered = recipe.render(VariantConfig.from_file(FOLDER / "variants.yaml"))
    for variant in rendered:
        print(json.dumps(variant.recipe.to_dict(), indent=2, default=str))


if __name__ == "__main__":
    main()
