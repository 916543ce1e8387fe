"""Infer exercise and side from watch recordings of people not seen in training, with most labels hidden.

python examples/read_the_code.py
"""

from dataclasses import replace

import numpy as np

from divecast import ByGroup, DeepDIVE, Label, TrainingConfig, datasets


def main() -> None:
    motion = datasets.load("motion")
    held_out = ByGroup("subject", valid=("07", "08"), test=("09", "10"))
    factors = [Label("exercise"), Label("side")]

    # Keep the exercise of every third recording only: any number of labels may be missing.
    exercise = np.where(np.arange(len(motion.names)) % 3 == 0, motion.labels["exercise"], None)
    partly_labelled = replace(motion, labels={**motion.labels, "exercise": exercise})

    training = TrainingConfig(epochs=3, window_stride=25, monitor="labels")
    model = DeepDIVE(horizon=25, lookback=150, factors=factors, training=training).fit(partly_labelled, held_out)

    labels = model.infer_labels(partly_labelled, part="test", by="recording")
    correct = [
        name
        for name, index in zip(labels.keys.recordings, labels.inferred[:, 0], strict=True)
        if labels.classes[0][index] == motion.labels["exercise"][motion.names.index(name)]
    ]
    print(f"exercise correct for {len(correct)} of {len(labels.inferred)} recordings of people not seen before")


if __name__ == "__main__":
    main()
