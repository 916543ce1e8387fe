# %% [markdown]
# # The paper in an hour
#
# DeepDIVE is the model of Wong, Cheu, Chiam and Srinivasan, *Disentangled Interleaving Variational Encoding*
# ([arXiv 2501.08710](https://arxiv.org/abs/2501.08710), 2025). This tutorial summarises its idea and repeats its main
# comparison in small, on data that ship with divecast: does it cost accuracy if labels own a part of the code, and does
# this part show the labels?
#
# Install the packages with `pip install "divecast[science]"`.
#
# ## The theory in three sentences
#
# 1. The code of a window has a part b, with one block per label, and a part a for the remaining variation; the losses
#    of forecast and reconstruction and the KL divergences of both parts form one lower bound of log p(x, y) ([theory,
#    sections 1 and 2](../theory.md#1-the-joint-bound-p-prop-1)).
# 2. The prior of each block is a mixture with one component per class, so the class probabilities follow from the code
#    by Bayes' rule, and the KL divergence and the cross-entropy together have a closed form ([theory, from section
#    4](../theory.md)).
# 3. Two players with separate weights take turns in training, so that the forecast loss does not change what the labels
#    mean in the code ([the method](../method.md#training); [do the losses conflict?](../conflict.md)).

# %%
import os
from pathlib import Path

import numpy as np

from divecast import ByGroup, CodeConfig, DeepDIVE, Label, ModelConfig, TrainingConfig, datasets

QUICK = bool(os.environ.get("DIVECAST_QUICK"))  # a short fit, for tests of this script
FIGURES = Path("figures")
FIGURES.mkdir(exist_ok=True)

# %% [markdown]
# ## Three models
#
# The data are smart watch recordings of ten people. The test part holds two people whom no model sees in training. We
# fit three models that differ in their settings only:
#
# - *DeepDIVE*: the factors are the exercise and the side, and each has a block of the code;
# - *one dimension per factor*: as in the paper, where a block is a line;
# - *plain VAE*: without factors, so the whole code is a.

# %%
motion = datasets.load("motion")
split = ByGroup("subject", valid=("07", "08"), test=("09", "10"))
training = TrainingConfig(epochs=1 if QUICK else 4, window_stride=400 if QUICK else 25, batch_size=64)
factors = [Label("exercise"), Label("side")]
models = {
    "DeepDIVE": DeepDIVE(25, 150, factors, training=training),
    "one dimension per factor": DeepDIVE(
        25, 150, factors, model=ModelConfig(code=CodeConfig(block="line")), training=training
    ),
    "plain VAE": DeepDIVE(25, 150, training=training),
}
for model in models.values():
    model.fit(motion, split, progress=False)

# %% [markdown]
# ## Does it cost accuracy?
#
# RRSE is the root relative squared error: 1 is as good as the mean of the data, lower is better. The reconstruction is
# computed from the code alone.

# %%
every = 100 if QUICK else 25
print(f"{'':26}forecast RRSE   reconstruction RRSE")
for name, model in models.items():
    forecast = model.evaluate(motion, baselines=False, every=every).scores["DeepDIVE"].overall()["rrse"]
    windows = model.reconstruct(motion, "test", every=every)
    error = np.nanmean((windows.truth - windows.mean) ** 2, axis=(0, 1))
    variance = np.nanvar(windows.truth, axis=(0, 1))
    print(f"{name:26}{forecast:13.3f}{np.sqrt((error / variance).mean()):22.3f}")

# %% [markdown]
# ## Does the code show the labels?
#
# - *accuracy*: share of test windows whose label is inferred correctly; the plain VAE infers no labels.
# - *MIG* (mutual information gap): is a label found in one unit of the code, and in no other? It is 0 if every unit
#   knows the label equally well, or not at all.
# - *leakage*: accuracy with which the label can be predicted from the dimensions of a, scaled such that 0 is chance. In
#   an ideal code a knows nothing of the labels.
#
# [All measures and their bias](../measures.md) explains how they are estimated.

# %%
from divecast.metrics import FactorLabels, MeasureConfig, Units, disentanglement

inferred = {name: model.infer_labels(motion, "test", every=every) for name, model in models.items() if model.factors}
labels = inferred["DeepDIVE"]
truth = FactorLabels(labels.factors, labels.classes, labels.given)
print(f"{'':26}accuracy: exercise, side    MIG   leakage")
for name, model in models.items():
    codes = model.encode(motion, "test", every=every)
    units = Units.of_code(codes.a_mean, dict(zip(codes.factors, codes.b_mean, strict=True)))
    measures = disentanglement(units, truth, MeasureConfig(n_boot=0), groups=labels.keys.recordings).summary()
    accuracy = ", ".join(f"{share:.0%}" for share in inferred[name].accuracy().values()) if name in inferred else "-"
    leakage = measures["leakage_a_skill"].value
    print(f"{name:26}{accuracy:>24}{measures['mig'].value:7.2f}{leakage:10.2f}")

# %% [markdown]
# This is one seed, four epochs and two test people: read the order of magnitude, not the ranking. The full comparison
# has more arms, five seeds (three of the ablations) and tests of the differences (below).
#
# ## The figures
#
# The paper's Fig. 3 shows the code, coloured by label, and Fig. 4 the densities along b:

# %%
from divecast.plots import CodeDisplay, DensityDisplay, write_picture

line = models["one dimension per factor"]
write_picture(CodeDisplay.from_estimator(line, motion, "test", every).plot(), FIGURES / "paper_code.png")
write_picture(DensityDisplay.from_estimator(line, motion, "test", every).plot(), FIGURES / "paper_density.png")

# %% [markdown]
# ## The full comparison
#
# A clone of the repository has the study of the paper. One command fits all arms with several seeds, compares them and
# draws the figures; after an interruption it resumes with the runs that are missing:
#
# ```sh
# make reproduce CASE=motion                              # the data that ship with divecast
# make reproduce CASE=motion REPRODUCE_FLAGS=--quick      # a short version
# make reproduce CASE=eia DATA=PATH                       # hourly US demand
# ```
#
# Our results for all data sets, beside the numbers of the paper: [reproduction](../reproduction.md). Each statement of
# the theory, with the test that checks it: [theory](../theory.md).
