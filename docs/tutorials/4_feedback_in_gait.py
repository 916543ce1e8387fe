# %% [markdown]
# # Feedback in the gait of people after stroke
#
# Twelve people who had a stroke walked on a treadmill with sensors at the back and at both feet, under five conditions:
# without feedback (`1Reg`, and again at the end, `2Reg`), with feedback on the first contact of the foot (`FBIC`), on
# push-off (`FBPO`), and on both (`2FB`). We start from what a lab has, a folder with one CSV file per trial and a table
# of labels, and ask: can the condition be read in people whom the model has never seen? Which trials are anomalous, and
# what differs between the conditions?
#
# Install the packages with `pip install "divecast[science]"`. The recordings are those of Ensink et al. (Sensors 24,
# 710, 2024; GitHub SintMaartenskliniek/MovingReality, MIT licence). They do not ship with divecast: the script reads
# `--data FOLDER` with `signals_int16.npz`, one array (row, channel) of integers per trial and the `scale` of each
# channel, and `trials.csv`.

# %%
import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd

from divecast import ByGroup, DeepDIVE, Recordings, TrainingConfig

QUICK = bool(os.environ.get("DIVECAST_QUICK"))  # a short fit, for tests of this script
FIGURES = Path("figures")
FIGURES.mkdir(exist_ok=True)
shared = Path(os.environ.get("DIVECAST_SHARED_DATA", "../shared/data"))
parser = argparse.ArgumentParser()
parser.add_argument("--data", type=Path, default=shared / "gait_stroke_movingreality")
data = parser.parse_known_args()[0].data

# %% [markdown]
# ## A folder of trials
#
# We write the files as a lab would have them: a clock in seconds and 18 channels, acceleration (m/s2) and rotation
# (rad/s) of each sensor. Means of two rows make 50 Hz of 100. The table says who walked, under which condition, and
# whether there was feedback on contact and on push-off.

# %%
signals, trials = np.load(data / "signals_int16.npz"), pd.read_csv(data / "trials.csv", dtype=str)
folder = Path("trials")
folder.mkdir(exist_ok=True)
for trial in trials["key"].dropna():
    values = signals[trial] / signals["scale"]
    halved = values[: len(values) // 2 * 2].reshape(-1, 2, values.shape[1]).mean(axis=1)
    table = pd.DataFrame(halved.round(3), columns=signals["channels"])
    table.insert(0, "time", np.arange(len(table)) / 50)
    table.to_csv(folder / f"{trial}.csv", index=False)
words = {"0.0": "off", "1.0": "on"}
labels = pd.DataFrame(
    {
        "trial": trials["key"],
        "participant": trials["participant"],
        "condition": trials["condition"],
        "contact": trials["fb_initial_contact"].map(words),
        "push_off": trials["fb_push_off"].map(words),
    }
)
labels.dropna(subset="trial").to_csv("labels.csv", index=False)
recordings = Recordings.from_folder(folder, labels="labels.csv")
print(recordings)
print({name: sorted(set(column)) for name, column in recordings.labels.items() if name != "trial"})

# %% [markdown]
# The names of the recordings, their rate and their labels were detected automatically. At the shell, these commands do
# what follows, on one split of the people:
#
# ```sh
# divecast fit trials --known labels.csv --factor condition --factor contact --factor push_off \
#     --group participant --horizon 5 --lookback 150
# divecast recordings model.safetensors trials --known labels.csv --out recordings.csv
# divecast compare model.safetensors trials --known labels.csv --by condition --reference 1Reg --out comparison.csv
# divecast report model.safetensors trials --known labels.csv --compare condition=1Reg --part all --out report.html
# ```
#
# ## Read labels of people whom the model has not seen
#
# Four models, each without three of the people, read windows of 3 seconds. Two more people stop the training.
# `recordings` gives each trial of the three its labels as read, and says what is anomalous about it.

# %%
people = sorted(set(recordings.labels["participant"]))
stride, every, epochs = (900, 300, 1) if QUICK else (150, None, 2)
training = TrainingConfig(epochs=epochs, window_stride=stride, batch_size=64, monitor="labels")
summaries = []
for fold in range(1 if QUICK else 4):
    held_out = people[fold::4]
    others = [person for person in people if person not in held_out]
    model = DeepDIVE(horizon=5, lookback=150, factors=["condition", "contact", "push_off"], training=training)
    model.fit(recordings, ByGroup("participant", tuple(others[fold::5][:2]), tuple(held_out)), progress=False)
    summaries.append(model.recordings(recordings, "test", every))
read = pd.concat([summary.frame(backend="pandas") for summary in summaries], ignore_index=True)
read["participant"] = read["recording"].str[1:3]
columns = ["recording", "condition", "condition_probability", "condition_given", "condition_given_probability", "score"]
print(read[columns].head(5).to_string(index=False, float_format="%.2f"))

# %% [markdown]
# How many are right, and how many would be by chance? People differ in their gait far more than conditions do, so the
# chance that counts is this: the labels of each person are exchanged among the trials of that person, 10,000 times. The
# interval of the share is over people, drawn with replacement, as trials of a person are alike.

# %%
rng = np.random.default_rng(0)
rows = [np.flatnonzero(read["participant"] == person) for person in sorted(set(read["participant"]))]
for factor in ("condition", "contact", "push_off"):
    given, inferred = read[f"{factor}_given"].to_numpy(), read[factor].to_numpy()
    right = np.array([(given[own] == inferred[own]).sum() for own in rows])
    counts = np.array([len(own) for own in rows])
    drawn = rng.integers(0, len(rows), (10_000, len(rows)))
    low, high = np.quantile(right[drawn].sum(1) / counts[drawn].sum(1), [0.025, 0.975])
    by_chance = np.zeros(10_000)
    for own in rows:
        exchanged = rng.permuted(np.tile(given[own], (10_000, 1)), axis=1)
        by_chance += (exchanged == inferred[own]).sum(axis=1) / len(read)
    share, usual = right.sum() / len(read), pd.Series(given).value_counts(normalize=True)
    p = (1 + (by_chance >= share - 1e-9).sum()) / 10_001
    print(
        f"{factor}: {share:.0%} of {len(read)} trials are right ({low:.0%} to {high:.0%}); "
        f"{by_chance.mean():.0%} by exchange (p = {p:.4f}), {usual.iloc[0]:.0%} by always saying {usual.index[0]}"
    )

# %% [markdown]
# The condition is read somewhat better than by chance, and neither kind of feedback for certain. That is far from what
# a lab could rely on, and the probabilities say so: hardly any trial is read with certainty.

# %%
for factor in ("condition", "contact", "push_off"):
    shown = read[f"{factor}_probability"]
    print(f"{factor}: probability of the class that is read {shown.median():.2f} (median), {shown.max():.2f} (largest)")

# %% [markdown]
# Trials of three people: the darker, the more probable; rings mark the given class, orange bars anomalous trials.

# %%
from divecast.plots import write_picture

write_picture(summaries[0].plot(), FIGURES / "gait_recordings.png")

# %% [markdown]
# ## Anomalous trials
#
# A trial is anomalous if a sensor of it does not change, if it or its person is unlike all of the training part, or if
# its windows have very high scores, or far higher ones than those of the other trials.

# %%
for summary in summaries:
    for line in summary.anomalies():
        print(f"{line[:230]} ..." if len(line) > 230 else line)

# %% [markdown]
# One person walks far more slowly than the others, and is unlike all of them. Of another one the sensor at the back
# jumps in most trials: its data should be looked at.
#
# ## What differs between the conditions?
#
# Here we want no model that was fitted to tell the conditions: a model without factors learns a from no label. Each
# condition is compared with `1Reg` within the people who did both. All intervals of a hold together, for all
# conditions, and so do those of the movement; [recordings of people](../recordings.md) says how.

# %%
training = TrainingConfig(epochs=epochs, window_stride=stride, batch_size=64)
plain = DeepDIVE(horizon=5, lookback=150, training=training)
plain.fit(recordings, ByGroup("participant", tuple(people[:2])), progress=False)
comparison = plain.compare(recordings, "condition", reference="1Reg", every=every)
print(comparison)
write_picture(comparison.plot(), FIGURES / "gait_conditions.png")

# %% [markdown]
# And with and without each kind of feedback, whatever the other:

# %%
for factor in ("contact", "push_off"):
    table = plain.compare(recordings, factor, reference="off", every=every).frame(backend="pandas")
    movement = table[table["block"] == "movement"]
    print(factor)
    columns = ["quantity", "people", "reference_mean", "to_mean", "difference", "low", "high", "p"]
    print(movement[columns].to_string(index=False, float_format="%.3f"))

# %% [markdown]
# With feedback, strides take longer; the size of the movement does not differ. A dimension of a differs with feedback
# on both, but also between the two conditions without feedback: it follows the time since the start or the place of
# the sensors, not only feedback. The stride time was not given to any model.
#
# The order of the conditions was not told here, so that habituation and feedback cannot be told apart; the second walk
# without feedback, with strides as short as in the first, speaks for feedback.
#
# ## Next steps
#
# - [Recordings of people](../recordings.md): the same at the shell, and how intervals are computed.
# - [Anomalies](../anomalies.md) and [few labels](../few_labels.md): what was measured on other recordings.
