# %% [markdown]
# # The paper in an hour
#
# DeepDIVE is the model of Wong, Cheu, Chiam and Srinivasan, *Disentangled Interleaving Variational Encoding*
# ([arXiv 2501.08710](https://arxiv.org/abs/2501.08710), 2025). This page goes from its idea to its tables on data that
# ship with divecast, in the quick form; the full form is the same command without `--quick`.
#
# `pip install "divecast[science]"` has all that is needed. The first cell says so where a package is absent.
#
# ## The theory in three sentences
#
# 1. A window's code has a part b, which a label owns block by block, and a part a, which holds the rest; forecast,
#    reconstruction and the KL of both parts are one lower bound of log p(x, y)
#    ([sections 1 and 2](../theory.md#1-the-joint-bound-p-prop-1)).
# 2. Each block of b has a mixture with a component a class as its prior, so the class posterior is Bayes' rule on the
#    code, and KL and cross-entropy have a closed form together ([section 4 and on](../theory.md)).
# 3. Two players with weights of their own take turns, so that forecasting does not undo what the labels mean
#    ([the method](../method.md#training); [do the losses conflict?](../conflict.md)).

# %%
import json
import os
import subprocess
import sys
from pathlib import Path

from divecast._optional import need

for package in ("pandas", "matplotlib", "scipy", "sklearn"):
    need(package)

REPOSITORY = Path(__file__).resolve().parents[2]  # a clone: research/ is not in the installed package
QUICK = bool(os.environ.get("DIVECAST_QUICK"))  # fewer runs, only to see that all works

# %% [markdown]
# ## Make the runs
#
# One command fits every arm of the paper's tables with several seeds, compares them and draws the figures. An arm is
# the same code with other settings: `full` is DeepDIVE, `a` its conditional part alone, `beta-tcvae` a rival without
# labels, `given` one that is handed the labels as covariates. What this script runs is what you would type:

# %%
command = ["-m", "research.paper", "motion", "--quick", "--out", "reproduction"]
if QUICK:
    command += ["--runs", "1", "--arm", "full"]
print("$ python", *command)
path = os.pathsep.join([str(REPOSITORY), *sys.path])
environment = os.environ | {"PYTHONPATH": path}
done = subprocess.run([sys.executable, *command], env=environment, check=True, capture_output=True, text=True)
print(done.stdout)

# %% [markdown]
# Each run is a line of JSON, kept as it ends: after Ctrl-C the same command goes on with what is missing.

# %%
lines = Path("reproduction/runs.jsonl").read_text(encoding="utf-8").splitlines()
record = json.loads(lines[0])
print(f"{len(lines)} runs; each has {', '.join(record)}")

# %% [markdown]
# ## Read the table
#
# `report.md` has all that the runs say. Its first table has a row an arm:

# %%
report = Path("reproduction/report.md").read_text(encoding="utf-8")
rows = [line for line in report.splitlines() if line.startswith("|")]
end = next((at for at, row in enumerate(rows[1:], start=1) if row.count("|") != rows[0].count("|")), len(rows))
print("\n".join(rows[:end]))

# %% [markdown]
# - *Reconstruction RRSE*: the window given back through the code alone; 1 is as good as the mean, lower is better. The
#   paper compares `full` with `a` and `b`: does it cost anything that labels own a part of the code?
# - *Forecast RRSE*, with labels inferred from the window as in the paper, or known, as a planner has them.
# - *MIG* (mutual information gap): is a label found in one unit of the code, and nowhere else? Near 0 for a code that
#   knows nothing of labels. [All measures and their bias](../measures.md).
#
# The tables after it hold each arm against `full` on the same seeds, with the paper's expectations and whether they
# *hold* here, are *not decided*, or fail. From a quick run nothing is decided: data, passes and seeds are cut down.
#
# ## The figures
#
# Correlation of the labels, the code, and the densities along b are the paper's Figs. 2 to 4, from the first full run:

# %%
import shutil

Path("figures").mkdir(exist_ok=True)
for name in ("code", "density"):
    shutil.copyfile(f"reproduction/figures/motion-{name}.png", f"figures/paper_{name}.png")

# %% [markdown]
# ## One ablation, by settings
#
# An ablation needs no code. The paper gives each factor one dimension of b; here a factor has a block of its kind.
# Which is better can be asked by one setting, `CodeConfig(block="line")`; all the others are in
# [`config.py`](../../src/divecast/config.py).

# %%
from divecast import ByGroup, CodeConfig, DeepDIVE, Label, ModelConfig, TrainingConfig, datasets

motion = datasets.load("motion")
split = ByGroup("subject", valid=("07", "08"), test=("09", "10"))
training = TrainingConfig(epochs=1 if QUICK else 4, window_stride=400 if QUICK else 25, batch_size=64)
for block in ("line",) if QUICK else ("kind", "line"):
    settings = ModelConfig(code=CodeConfig(block=block))
    model = DeepDIVE(25, 150, [Label("exercise"), Label("side")], model=settings, training=training)
    model.fit(motion, split, progress=False)
    every = 200 if QUICK else 25
    read = model.infer_labels(motion, "test", every=every).accuracy()
    error = model.evaluate(motion, baselines=False, every=every).scores["DeepDIVE"].overall()["rrse"]
    said = ", ".join(f"{name} {share:.0%}" for name, share in read.items())
    print(f"{block}: read right in windows of people never met: {said}; forecast RRSE {error:.3f}")

# %% [markdown]
# One seed says little: `python -m research.paper motion --arm full --arm line --runs 10` asks ten times, with tests.
#
# ## In full
#
# ```sh
# python -m research.paper motion --runs 10 --ablations --workers 2    # what ships
# python -m research.paper eia --data PATH --runs 10 --ablations       # hourly US demand
# python -m research.paper electricity --data PATH                     # the paper's panel
# python -m research.paper gait-people --data PATH                     # the paper's recordings
# ```
#
# The time left is said after each run, and a run that is stopped goes on where it was. Our runs of all cases, beside
# the paper's numbers: [reproduction](../reproduction.md), with [figures](../figures). What the theory says, statement
# by statement, each with the test that checks it: [theory](../theory.md).
