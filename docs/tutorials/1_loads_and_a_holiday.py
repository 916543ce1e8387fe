# %% [markdown]
# # Forecast a panel of loads, and explain a holiday
#
# divecast ships a year of hourly loads of German consumer classes. In this tutorial we forecast the last weeks of the
# year, find the most anomalous days, check which of them are public holidays, and ask for the forecast of a holiday as
# if it were a Sunday. The model knows the hour and the weekday, but no holidays.
#
# Install the packages with `pip install "divecast[science,holidays]"`.

# %%
import os
from pathlib import Path

import numpy as np

from divecast import DeepDIVE, TrainingConfig, datasets

QUICK = bool(os.environ.get("DIVECAST_QUICK"))  # a short fit, for tests of this script
FIGURES = Path("figures")
FIGURES.mkdir(exist_ok=True)

# %% [markdown]
# ## The data
#
# A panel is a table of series on one clock: one row per hour, one column per consumer class (H0 households, G0 to G6
# commerce, L0 to L2 farms, and others). Its time stamps are in UTC; hours and weekdays are those of Berlin.

# %%
panel = datasets.load("loads")
print(f"{len(panel.values)} hours, {len(panel.channels)} series: {', '.join(panel.channels)}")
print(panel.clock)

# %% [markdown]
# ## Fit and forecast
#
# We choose the factors `hour` and `weekday`: the code of a window should show both. The first three fifths of the year
# are the training part. The next fifth is the validation part, used for early stopping and to calibrate the prediction
# intervals. The last fifth is the test part, which the model does not see during training.

# %%
training = TrainingConfig(epochs=1, window_stride=5) if QUICK else TrainingConfig(epochs=8)
model = DeepDIVE(horizon=24, lookback=168, factors=["hour", "weekday"], training=training)
model.fit(panel, progress=False)

print(model.evaluate(panel, every=5))

# %% [markdown]
# `every=5` scores every fifth window, to save time. Next, a week of forecasts, each made at midnight for the next day:

# %%
from divecast.plots import plot, write_picture

week = model.forecast(panel, start="2016-11-21", stop="2016-11-27", every=24)
write_picture(plot(week, data=panel, series=["G0-A", "H0-A"]), FIGURES / "loads_forecasts.png")
print(week.frame().head(3).to_string(index=False, float_format="%.3f"))

# %% [markdown]
# ## Anomalous days
#
# `anomalies` scores every window: by its distance from the forecast, by repeated values, and by whether its inferred
# labels agree with the calendar. A score of 2 means that one window in a hundred of the validation part is at least as
# anomalous. `top` returns the most anomalous windows with reasons; with `apart=24` each day appears once.

# %%
anomalies = model.anomalies(panel, "test")
print(*anomalies.top(6, apart=24), sep="\n\n")

# %% [markdown]
# One of these days is the last Sunday of October, when the clocks change: some profiles stay in standard time all year,
# so they shift by an hour relative to the others. This is anomalous, but not a holiday. A holiday is a day that *looks
# like a Sunday* although it is another weekday. The model infers the weekday from the values of a window alone, so the
# inferred weekday can be compared with the calendar. `label_disagreements` lists the windows that are inferred as
# Sunday although the calendar says otherwise, the most certain first:

# %%
like_a_sunday = anomalies.label_disagreements("weekday", "Sunday", n=8, apart=24)
print(*like_a_sunday, sep="\n")

# %% [markdown]
# ## Compare with the calendar of holidays
#
# We compare this list with the public holidays of all Germany. A holiday that falls on a Sunday cannot be found this
# way, and one seed may miss others: [anomalies](../anomalies.md) measures how many are found. A day in the list that is
# no public holiday is not necessarily an error: businesses also close on other days.

# %%
import holidays

calendar = holidays.country_holidays("DE", years=2016, language="en_US")
tested = sorted(day for day in calendar if day >= anomalies.keys.stamps[0, -1].item().date())
listed = [window.end.item().date() for window in like_a_sunday]
for day in tested:
    place = f"number {listed.index(day) + 1}" if day in listed else "not"
    print(f"{day:%a %Y-%m-%d} {calendar[day]}: {place} in the list")

day = next((day for day in listed if day in calendar), tested[-1])
print(f"\nTo explain: {day:%A %Y-%m-%d}, {calendar[day]}")

# %% [markdown]
# ## What if it were a Sunday?
#
# The forecast of the holiday assumed an ordinary day of its weekday. `what_if` moves the weekday's block of the code to
# another class and keeps everything else, including the observed window. The weekday of a forecast is that of the last
# row of its window. We therefore start at 1:00, so that the last row, at midnight, belongs to the holiday itself.

# %%
start = f"{day}T01:00"
answer = model.what_if(panel, factor="weekday", to="Sun", at=start)
first = int(answer.factual.keys.origins[0])
observed = panel.values[first : first + 24]
spread = np.std(panel.values, axis=0)
error_as_is = (np.abs(answer.factual.mean[0] - observed) / spread).mean(axis=0)
error_as_sunday = (np.abs(answer.counterfactual.mean[0] - observed) / spread).mean(axis=0)
better = (error_as_sunday < error_as_is).sum()
print("Mean absolute error of the day, in standard deviations of each series:")
print(f"  {error_as_is.mean():.2f} as is, {error_as_sunday.mean():.2f} as if it were a Sunday")
print(f"The forecast of a Sunday is better for {better} of {len(panel.channels)} series. Largest improvements:")
for channel in np.argsort(error_as_sunday - error_as_is)[:5]:
    print(f"  {panel.channels[channel]}: {error_as_is[channel]:.2f} -> {error_as_sunday[channel]:.2f}")

# %%
series = ["G0-A", "G6-A", "H0-A"]
figure = plot(answer, series=series)
for row, name in enumerate(series):
    times, values = answer.factual.keys.stamps[0, 1:], observed[:, panel.channels.index(name)]
    figure.axes[2 * row].plot(times, values, color="black", linewidth=0.9)
write_picture(figure, FIGURES / "loads_what_if.png")

# %% [markdown]
# The black line is the observed load. A planner would do the same by hand: *treat the holiday as a Sunday*. The answer
# describes the model: its forecast of the same window under another label. It does not claim that the weekday causes
# the load. For a series without a weekly cycle the forecast does not change.
#
# ## Which factors does a forecast depend on?
#
# `why` sets each part of the code to its prior mean in turn and measures how much the forecast changes. It also reports
# the attention weights if they agree with this measurement.

# %%
print(model.why(panel, at=start))

# %% [markdown]
# The same for every fifth window of the test part: how much of the forecasts depends on the window itself, and how much
# on the code?

# %%
print(model.why(panel, "test", every=5))

# %% [markdown]
# ## Next steps
#
# - The same from a shell: `divecast fit`, `forecast`, `anomalies`, `what-if`, `why`, each with `--help`.
# - With the factor `holiday:DE` the model knows the holidays from the start. It needs more than one year of data to
#   learn them.
# - [How well holidays and faults are found](../anomalies.md), with measurements.
# - [The method](../method.md), and the next tutorial: [half-labelled recordings](2_half_labelled_motion.md).
