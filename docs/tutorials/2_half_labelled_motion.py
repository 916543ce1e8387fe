# %% [markdown]
# # Recordings of which half have no label
#
# Ten people did seven exercises with either arm, a watch on the wrist; the recordings ship with divecast. We hide the
# labels of half of them, fit, let the model read what is missing, and hold that against the hidden truth. Then we look
# at the code, and ask how a recording of the right arm would look, were it of the left.
#
# `pip install "divecast[science]"` has all that is needed. The first cell says so where a package is absent.

# %%
import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from divecast import ByGroup, DeepDIVE, Label, TrainingConfig, datasets
from divecast._optional import need

for package in ("pandas", "matplotlib"):
    need(package)

QUICK = bool(os.environ.get("DIVECAST_QUICK"))  # a short fit, only to see that all works
FIGURES = Path("figures")
FIGURES.mkdir(exist_ok=True)

# %% [markdown]
# ## The data, and half of the labels hidden
#
# `Recordings` are separate stretches of different lengths on the same channels, each with labels. A label that is
# missing is `None`. Here whole recordings lose both of theirs, drawn by chance.

# %%
motion = datasets.load("motion")
truth = {name: motion.labels[name] for name in ("exercise", "side")}
people = motion.labels["subject"]
hidden = np.random.default_rng(0).permutation(len(motion.names)) % 2 == 0
told = {name: np.where(hidden, None, labels) for name, labels in truth.items()}
half = replace(motion, labels={**motion.labels, **told})
print(f"{len(motion.names)} recordings of {', '.join(motion.channels)}; {hidden.sum()} have no label now")
print(f"exercises: {', '.join(sorted(set(truth['exercise'])))}; sides: {', '.join(sorted(set(truth['side'])))}")

# %% [markdown]
# ## Fit
#
# Two people are held out to test, and two to say when to stop: what counts is to read people the model has never met.
# Windows without a label are learned from, too: they forecast and reconstruct as any other, and their code has to fit
# the mixture of all classes.

# %%
split = ByGroup("subject", valid=("07", "08"), test=("09", "10"))
training = TrainingConfig(epochs=1 if QUICK else 6, window_stride=100 if QUICK else 25, batch_size=64, monitor="labels")
model = DeepDIVE(horizon=25, lookback=150, factors=[Label("exercise"), Label("side")], training=training)
model.fit(half, split, progress=False)

# %% [markdown]
# ## Read the missing labels
#
# `by="recording"` pools the windows of a recording. Three groups are to be told apart: training recordings whose label
# was told, training recordings whose label was hidden, and people never met, of whom no label was used at all.

# %%
every = 50 if QUICK else 5
read = model.infer_labels(half, by="recording", every=every)
in_training = ~np.isin(people, ("07", "08", "09", "10"))
groups = {
    "training, label told": in_training & ~hidden,
    "training, label hidden": in_training & hidden,
    "people never met": np.isin(people, ("09", "10")),
}
for at, (name, classes) in enumerate(zip(read.factors, read.classes, strict=True)):
    right = np.array(classes)[read.inferred[:, at]] == truth[name]
    print(f"{name}, by chance {1 / len(classes):.0%}:")
    for group, member in groups.items():
        print(f"  {group}: {right[member].sum()} of {member.sum()} recordings read right ({right[member].mean():.0%})")

# %% [markdown]
# The table a user would go on with has the label read, its probability, and the one given, if any:

# %%
print(read.frame().head(6).to_string(index=False, float_format="%.2f"))

# %% [markdown]
# The groups are small, and people differ: with other people held out, or another seed, the shares are others.
# [What is learned where labels are few](../few_labels.md) has many runs.
#
# ## Which exercises are mixed up?
#
# The truth put in place of the labels given, where none was used, gives the confusion: a row an exercise, a column what
# it was read as.

# %%
from divecast.plots import CodeDisplay, ConfusionDisplay, write_picture

unused = hidden | groups["people never met"]
known = [[names.index(label) for label in truth[of]] for of, names in zip(read.factors, read.classes, strict=True)]
judged = replace(read, given=np.where(unused[:, None], np.array(known).T, -1))
print(judged.confusion("exercise").to_string(index=False))
write_picture(ConfusionDisplay.from_labels(judged, "exercise").plot(), FIGURES / "motion_confusion.png")

# %% [markdown]
# ## The code
#
# `encode` gives the numbers behind: b, a block for each factor, and a for all the rest, each with mean and standard
# deviation. Below the windows of all people, coloured by the truth; crosses are the centres of the classes.

# %%
table = model.encode(half, every=every).frame()
print(f"{len(table)} windows; columns {', '.join(table.columns[:6])} ... {', '.join(table.columns[-4:])}")
write_picture(CodeDisplay.from_estimator(model, motion, "all", every).plot(), FIGURES / "motion_code.png")

# %% [markdown]
# Look whether the lower row, a, is mixed by colour. Where it is not, a still knows something of the label, and
# `model.check(half)` says how much.
#
# ## Were it the other arm
#
# A watch on the other wrist is turned about, which shows in the sign of some channels. We take the right-arm recordings
# of a person never met, and ask what their last window would look like, were the side `left`. Whether that is right can
# be checked here: the same person did the same exercise with the left arm.

# %%
person = people == "09"
right_arm = np.flatnonzero(person & (truth["side"] == "right"))
answer = model.what_if(motion, factor="side", to="left", at=[motion.names[i] for i in right_arm])
as_it_is, other = (
    answer.factual_window.mean[..., 0].mean(axis=1),
    answer.counterfactual_window.mean[..., 0].mean(axis=1),
)
print(f"mean of {motion.channels[0]}, g:    given back   were it left | recorded right   recorded left")
for at, i in enumerate(right_arm):
    exercise = truth["exercise"][i]
    twin = int(np.flatnonzero(person & (truth["side"] == "left") & (truth["exercise"] == exercise))[0])
    recorded = [motion.values[motion.offsets[j] : motion.offsets[j + 1], 0].mean() for j in (i, twin)]
    print(f"  {exercise:16}{as_it_is[at]:12.2f}{other[at]:15.2f} |{recorded[0]:15.2f}{recorded[1]:16.2f}")

# %% [markdown]
# The forecast changes with the side as well, but less: the forecaster reads the window itself, which stays as it was.
# `answer.frame()` and `answer.window_frame()` are the tables, `divecast what-if` is the command.
#
# ## From here
#
# - [The method](../method.md), *Few labels*: what is done so that a few labels are enough.
# - [`examples/read_the_code.py`](../../examples/read_the_code.py): the same in a few lines.
# - The next tutorial: [the paper in an hour](3_the_paper.md).
