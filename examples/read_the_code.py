"""Infer exercise and side of watch recordings of people the model has never seen, with most labels hidden.

python examples/read_the_code.py
"""

from dataclasses import replace

import numpy as np

from divecast import ByGroup, DeepDIVE, Label, TrainingConfig, datasets


def main() -> None:
    motion = datasets.load("motion")
    held_out = ByGroup("subject", valid=("07", "08"), test=("09", "10"))
    factors = [Label("exercise"), Label("side")]

    # Keep the exercise of every third recording only: labels may be missing in any amount.
    exercise = np.where(np.arange(len(motion.names)) % 3 == 0, motion.labels["exercise"], None)
    partly = replace(motion, labels={**motion.labels, "exercise": exercise})

    training = TrainingConfig(epochs=3, window_stride=25, monitor="labels")
    model = DeepDIVE(horizon=25, lookback=150, factors=factors, training=training).fit(partly, held_out)

    held = model.infer_labels(partly, part="test", by="recording")
    right = [
        name
        for name, found in zip(held.keys.recordings, held.inferred[:, 0], strict=True)
        if held.classes[0][found] == motion.labels["exercise"][motion.names.index(name)]
    ]
    print(f"exercise read right in {len(right)} of {len(held.inferred)} recordings of people never seen")


if __name__ == "__main__":
    main()
