# %% [markdown]
# # Recordings of which half have no label
#
# Ten people did seven exercises with each arm, wearing a smart watch; the recordings ship with divecast. We hide the
# labels of half of the recordings, fit a model, let it infer the missing labels, and compare them with the hidden
# truth. Then we look at the code, and ask how a recording of the right arm would look if it were of the left arm.
#
# Install the packages with `pip install "divecast[science]"`.

# %%
import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from divecast import ByGroup, DeepDIVE, Label, TrainingConfig, datasets

QUICK = bool(os.environ.get("DIVECAST_QUICK"))  # a short fit, for tests of this script
FIGURES = Path("figures")
FIGURES.mkdir(exist_ok=True)

# %% [markdown]
# ## Hide half of the labels
#
# `Recordings` are separate series of different lengths with the same channels, and labels for each recording. A missing
# label is `None`. Here randomly chosen recordings lose both labels.

# %%
motion = datasets.load("motion")
truth = {name: motion.labels[name] for name in ("exercise", "side")}
people = motion.labels["subject"]
hidden = np.random.default_rng(0).permutation(len(motion.names)) % 2 == 0
kept = {name: np.where(hidden, None, labels) for name, labels in truth.items()}
half = replace(motion, labels={**motion.labels, **kept})
print(f"{len(motion.names)} recordings of {', '.join(motion.channels)}; {hidden.sum()} without labels")
print(f"exercises: {', '.join(sorted(set(truth['exercise'])))}; sides: {', '.join(sorted(set(truth['side'])))}")

# %% [markdown]
# ## Fit
#
# Two people form the test part, and two the validation part for early stopping, because the model should work for new
# people. Windows without a label contribute to training as well: they have a forecast and a reconstruction loss, and
# their code has to fit the mixture of all classes.

# %%
split = ByGroup("subject", valid=("07", "08"), test=("09", "10"))
training = TrainingConfig(epochs=1 if QUICK else 6, window_stride=100 if QUICK else 25, batch_size=64, monitor="labels")
model = DeepDIVE(horizon=25, lookback=150, factors=[Label("exercise"), Label("side")], training=training)
model.fit(half, split, progress=False)

# %% [markdown]
# ## Infer the missing labels
#
# With `by="recording"` the windows of a recording are pooled. We compare three groups: training recordings with their
# label, training recordings whose label was hidden, and new people, of whom no label was used.

# %%
every = 50 if QUICK else 5
labels = model.infer_labels(half, by="recording", every=every)
in_training = ~np.isin(people, ("07", "08", "09", "10"))
groups = {
    "training, with label": in_training & ~hidden,
    "training, label hidden": in_training & hidden,
    "new people": np.isin(people, ("09", "10")),
}
for column, (name, classes) in enumerate(zip(labels.factors, labels.classes, strict=True)):
    correct = np.array(classes)[labels.inferred[:, column]] == truth[name]
    print(f"{name} ({1 / len(classes):.0%} by chance):")
    for group, member in groups.items():
        print(f"  {group}: {correct[member].sum()} of {member.sum()} recordings correct ({correct[member].mean():.0%})")

# %% [markdown]
# The table has, for each recording, the inferred label, its probability, and the label in the data, if any:

# %%
print(labels.frame().head(6).to_string(index=False, float_format="%.2f"))

# %% [markdown]
# The groups are small and people differ, so other test people or another seed give other shares.
# [Learning from few labels](../few_labels.md) has many runs.
#
# ## Which exercises are confused?
#
# We fill in the true labels where none was used, and count true labels (rows) by inferred label (columns):

# %%
from divecast.plots import CodeDisplay, plot, write_picture

unused = hidden | groups["new people"]
indices = [
    [names.index(label) for label in truth[of]] for of, names in zip(labels.factors, labels.classes, strict=True)
]
judged = replace(labels, given=np.where(unused[:, None], np.array(indices).T, -1))
print(judged.confusion("exercise").to_string(index=False))
write_picture(plot(judged, factor="exercise"), FIGURES / "motion_confusion.png")

# %% [markdown]
# ## The code
#
# `encode` returns the code of every window, with mean and standard deviation: b, with one block per factor, and a, for
# the remaining variation. The figure shows the windows of all people, coloured by true label; crosses are the centres
# of the classes.

# %%
table = model.encode(half, every=every).frame()
print(f"{len(table)} windows; columns {', '.join(table.columns[:6])} ... {', '.join(table.columns[-4:])}")
write_picture(CodeDisplay.from_estimator(model, motion, "all", every).plot(), FIGURES / "motion_code.png")

# %% [markdown]
# In the lower row, a, the colours should be mixed. Where they are not, a still depends on the label;
# `model.check(half)` measures how much.
#
# ## What if it were the other arm?
#
# A watch on the other wrist is turned around, so some channels change sign. We take the right-arm recordings of a
# person from the test part and ask for their last window as if the side were `left`. The data contain the answer: the
# same person did the same exercise with the left arm.

# %%
person = people == "09"
right_arm = np.flatnonzero(person & (truth["side"] == "right"))
answer = model.what_if(motion, factor="side", to="left", at=[motion.names[i] for i in right_arm])
as_right = answer.factual_window.mean[..., 0].mean(axis=1)
as_left = answer.counterfactual_window.mean[..., 0].mean(axis=1)
print(f"Mean of {motion.channels[0]} (g)      model: right    if left | recorded: right     left")
for row, recording in enumerate(right_arm):
    exercise = truth["exercise"][recording]
    twin = int(np.flatnonzero(person & (truth["side"] == "left") & (truth["exercise"] == exercise))[0])
    right, left = (motion.values[motion.offsets[i] : motion.offsets[i + 1], 0].mean() for i in (recording, twin))
    print(f"  {exercise:16}{as_right[row]:15.2f}{as_left[row]:11.2f} |{right:16.2f}{left:9.2f}")

# %% [markdown]
# The forecast changes with the side as well, but less, because the forecaster also reads the observed window.
# `answer.frame()` and `answer.window_frame()` return the tables; the command is `divecast what-if`.
#
# ## Next steps
#
# - [The method](../method.md), *Few labels*: how the model learns from a few labels.
# - [`examples/read_the_code.py`](../../examples/read_the_code.py): the same in a few lines.
# - The next tutorial: [the paper in an hour](3_the_paper.md).
