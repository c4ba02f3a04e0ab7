"""Two processes on the CPU against one."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from sklearn.metrics import adjusted_rand_score

from spamca import datasets, pp
from spamca.cluster import mixture
from spamca.model.network import for_network
from spamca.nn import PRESETS
from spamca.tissue import read
from spamca.train import fit

STRATEGIES = {"ddp_spawn": "paper", "ddp": "default"}

SCRIPT = """
import os
import sys
from pathlib import Path
import torch
from spamca.train import fit

if __name__ == "__main__":
    place, strategies = Path(sys.argv[1]), sys.argv[2:]
    # ddp runs this script again in its second process, which has no part in what comes before
    for strategy in strategies[-1:] if "LOCAL_RANK" in os.environ else strategies:
        given = torch.load(place / f"{strategy} given.pt", weights_only=False)
        result = fit(**given, devices=2, strategy=strategy)
        if int(os.environ.get("LOCAL_RANK", 0)) == 0:
            torch.save({"history": result.history, "fused": result.latents.fused}, place / f"{strategy}.pt")
"""


@pytest.fixture(scope="module")
def mdata():
    mdata = datasets.simulated(n_spots=400, n_domains=4, random_state=0)
    pp.neighbors(mdata, feature_graphs=True)
    return mdata


def arguments(mdata, preset):
    settings = PRESETS[preset].changed(n_steps=30, max_epochs=15, early_stopping=False)
    arrays = read(mdata, feature_graphs="feature" in settings.views, position=True)
    tissue = for_network(arrays, arrays.root_mean_squares())
    given = {"position": arrays.position, "batch_size": 200, "accelerator": "cpu", "progress_bar": False}
    return {"tissue": tissue, "n_clusters": 4, "settings": settings, **given}


@pytest.fixture(scope="module")
def trained(mdata, tmp_path_factory):
    """By strategy, what is to be learnt and what two processes learnt."""
    place = tmp_path_factory.mktemp("devices")
    given = {strategy: arguments(mdata, preset) for strategy, preset in STRATEGIES.items()}
    for strategy in given:
        torch.save(given[strategy], place / f"{strategy} given.pt")
    (place / "train.py").write_text(SCRIPT)
    command = [sys.executable, "-W", "ignore", place / "train.py", place, *STRATEGIES]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return {strategy: (given[strategy], torch.load(place / f"{strategy}.pt")) for strategy in STRATEGIES}


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.slow
def test_two_processes_learn_what_one_does(trained, strategy):
    given, two = trained[strategy]
    one = fit(**given)
    for name, losses in one.history.items():
        torch.testing.assert_close(two["history"][name], losses, rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(two["fused"], one.latents.fused, rtol=1e-2, atol=5e-3)
    if STRATEGIES[strategy] == "default":
        embeddings = (one.latents.fused, two["fused"])
        labels = [mixture(x.numpy(), 4, random_state=0, selection="likelihood").labels for x in embeddings]
        assert adjusted_rand_score(*labels) >= 0.98
