"""The benchmarks are scripts beside the package, imported from their folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
