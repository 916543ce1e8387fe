# %% [markdown]
# # Forecast a panel of loads, and explain a holiday
#
# A year of hourly loads of German consumer classes ships with divecast. We forecast its last weeks, ask which of their
# days the model found odd, see which of them the calendar knows as a holiday, and ask what the forecast of that day
# would have been, were it a Sunday. No one tells the model of holidays.
#
# `pip install "divecast[science,holidays]"` has all that is needed. The first cell says so where a package is absent.

# %%
import os
from pathlib import Path

import numpy as np

from divecast import DeepDIVE, TrainingConfig, datasets
from divecast._optional import need

for package in ("pandas", "matplotlib", "holidays"):
    need(package)

QUICK = bool(os.environ.get("DIVECAST_QUICK"))  # a short fit, only to see that all works
FIGURES = Path("figures")
FIGURES.mkdir(exist_ok=True)

# %% [markdown]
# ## The data
#
# A panel is a table on one clock: a row an hour, a column a consumer class (H0 households, G0 to G6 commerce, L0 to L2
# farms, and others). The clock runs in UTC, people live by that of Berlin, and the panel knows both.

# %%
panel = datasets.load("loads")
print(f"{len(panel.values)} hours, {len(panel.channels)} series: {', '.join(panel.channels)}")
print(panel.clock)

# %% [markdown]
# ## Fit and forecast
#
# The code shall be readable by `hour` and `weekday`. The first three fifths of the year are for training, the next for
# validation (it says when to stop, and calibrates the intervals), the last is the test part: the model has not seen it.

# %%
training = TrainingConfig(epochs=1, window_stride=5) if QUICK else TrainingConfig(epochs=8)
model = DeepDIVE(horizon=24, lookback=168, factors=["hour", "weekday"], training=training)
model.fit(panel, progress=False)

print(model.evaluate(panel, every=5))

# %% [markdown]
# `every=5` scores every fifth origin, for speed. A week of forecasts, each made at midnight for the day that follows:

# %%
from divecast.plots import ForecastDisplay, write_picture

week = model.forecast(panel, start="2016-11-21", stop="2016-11-27", every=24)
display = ForecastDisplay.from_forecast(week, panel, ["G0-A", "H0-A"])
write_picture(display.plot(), FIGURES / "loads_forecasts.png")
print(week.frame().head(3).to_string(index=False, float_format="%.3f"))

# %% [markdown]
# ## Which days are odd?
#
# `anomalies` scores every window: how far it is from its forecast, whether values repeat, and whether its labels are
# read as they were given. A score is a rarity: 2 is one window in a hundred of the validation part. `top` gives the
# oddest in words; `apart=24` lets a day show up once.

# %%
found = model.anomalies(panel, "test")
print(*found.top(6, apart=24), sep="\n\n")

# %% [markdown]
# Look for the last Sunday of October: the clocks are put back, and profiles that keep to standard time all year move by
# an hour against the others. That is odd indeed, but no holiday. A holiday is a day that *looks like a Sunday* and is
# not called so. The weekday is read from the values of a window alone, so reading and calendar can be compared.
# `label_disagreements` lists the windows that look like a Sunday although the calendar has another day, clearest first:

# %%
like_a_sunday = found.label_disagreements("weekday", "Sunday", n=8, apart=24)
print(*like_a_sunday, sep="\n")

# %% [markdown]
# ## Which holiday is it?
#
# Now the calendar may speak. Only public holidays in all of Germany are counted; those that fall on a Sunday cannot be
# found this way, for they are called a Sunday and look like one. A day that is in the list but not in the calendar need
# not be a mistake: people do not ask the law before they stay at home.

# %%
import holidays

calendar = holidays.country_holidays("DE", years=2016, language="en_US")
tested = sorted(day for day in calendar if day >= found.keys.stamps[0, -1].item().date())
listed = [each.end.item().date() for each in like_a_sunday]
for day in tested:
    place = f"number {listed.index(day) + 1}" if day in listed else "not"
    print(f"{day:%a %Y-%m-%d} {calendar[day]}: {place} in the list")

day = next((day for day in listed if day in calendar), tested[-1])
print(f"\nTo be explained: {day:%A %Y-%m-%d}, {calendar[day]}")

# %% [markdown]
# ## Were it a Sunday
#
# The forecast of that day was made as for any day of its weekday. `what_if` moves the weekday's block of the code to
# another class and keeps the rest; the window stays what was observed. A forecast's weekday is that of its window's
# last row, so we start at one o'clock: then the last row, midnight, belongs to the day itself.

# %%
start = f"{day}T01:00"
answer = model.what_if(panel, factor="weekday", to="Sun", at=start)
first = int(answer.factual.keys.origins[0])
truth = panel.values[first : first + 24]
spread = np.std(panel.values, axis=0)
as_it_is = (np.abs(answer.factual.mean[0] - truth) / spread).mean(axis=0)
as_sunday = (np.abs(answer.counterfactual.mean[0] - truth) / spread).mean(axis=0)
print(f"Mean absolute error over the day, all series, in their standard deviations: {as_it_is.mean():.2f} as it is,")
print(f"{as_sunday.mean():.2f} were it a Sunday, which is nearer to what came in {(as_sunday < as_it_is).sum()} of")
print(f"{len(panel.channels)} series. Most is gained in:")
for channel in np.argsort(as_sunday - as_it_is)[:5]:
    print(f"  {panel.channels[channel]}: {as_it_is[channel]:.2f} -> {as_sunday[channel]:.2f}")

# %%
from divecast.plots import WhatIfDisplay

display = WhatIfDisplay.from_counterfactual(answer, ["G0-A", "G6-A", "H0-A"])
figure = display.plot()
for row, name in enumerate(display.found.factual.channels):
    times, series = answer.factual.keys.stamps[0, 1:], truth[:, panel.channels.index(name)]
    figure.axes[2 * row].plot(times, series, color="black", linewidth=0.9)  # what came
write_picture(figure, FIGURES / "loads_what_if.png")

# %% [markdown]
# Black is what came. This is what a planner would do by hand: *treat the holiday as a Sunday*. It is an answer of the
# model about the same window under another label, not a claim about what causes the load. And where a forecast does not
# change, as in a series that does not care for the weekday, that is an answer, too.

# %% [markdown]
# ## Why
#
# What did the forecast of that day rest on? Each part of the code in turn is set to its prior mean, and the change of
# the forecast is measured; what is said of attention is held against that, and left out where the two disagree.

# %%
print(model.why(panel, at=start))

# %% [markdown]
# The same over every fifth window of the test part says how much of the forecasts is in the window and how much comes
# by the code:

# %%
print(model.why(panel, "test", every=5))

# %% [markdown]
# ## From here
#
# - The same from a shell: `divecast fit`, `forecast`, `anomalies`, `what-if`, `why`, each with `--help`.
# - To tell the model of holidays from the start, name the factor `holiday:DE` beside the others. It needs more than one
#   year of them to learn from.
# - [How well holidays and faults are found](../anomalies.md), measured, also where they are not.
# - [The method](../method.md), and the next tutorial: [half-labelled recordings](2_half_labelled_motion.md).
