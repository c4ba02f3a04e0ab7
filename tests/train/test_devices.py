"""Two processes on the CPU against one."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from sklearn.metrics import adjusted_rand_score

from spamca import datasets, pp
from spamca.cluster import mixture
from spamca.nn import PRESETS
from spamca.tl._gather import follow, gather, positions, root_mean_squares
from spamca.tl._guide import find_guide, trusts
from spamca.train import fit

SCRIPT = """
import os
import sys
import torch
from spamca.train import fit

if __name__ == "__main__":
    given, strategy, out = sys.argv[1:]
    result = fit(**torch.load(given, weights_only=False), devices=2, strategy=strategy)
    if int(os.environ.get("LOCAL_RANK", 0)) == 0:
        torch.save({"history": result.history, "fused": result.latents.fused}, out)
"""


@pytest.fixture(scope="module")
def mdata():
    mdata = datasets.simulated(n_spots=400, n_domains=4, random_state=0)
    pp.neighbors(mdata)
    return mdata


def arguments(mdata, preset):
    settings = PRESETS[preset].changed(n_steps=30, max_epochs=15, early_stopping=False)
    tissue = gather(mdata, root_mean_squares(mdata))
    if settings.guided:
        guide = find_guide(mdata, 4, trusts(mdata, None), n_runs=1)
        tissue = follow(tissue, guide, mdata.obsp["spatial_connectivities"], domain_graph=True)
    given = {"position": positions(mdata), "batch_size": 200, "accelerator": "cpu", "progress_bar": False}
    return {"tissue": tissue, "n_clusters": 4, "settings": settings, **given}


@pytest.mark.parametrize(("strategy", "preset"), [("ddp", "default"), ("ddp_spawn", "paper")])
def test_two_processes_learn_what_one_does(mdata, tmp_path, strategy, preset):
    given = arguments(mdata, preset)
    script, stored, out = (tmp_path / name for name in ("train.py", "given.pt", "result.pt"))
    script.write_text(SCRIPT)
    torch.save(given, stored)
    command = [sys.executable, "-W", "ignore", script, stored, strategy, out]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    one, two = fit(**given), torch.load(out)
    for name, losses in one.history.items():
        torch.testing.assert_close(two["history"][name], losses, rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(two["fused"], one.latents.fused, rtol=1e-2, atol=5e-3)
    if preset == "default":
        embeddings = (one.latents.fused, two["fused"])
        labels = [mixture(x.numpy(), 4, random_state=0, selection="likelihood").labels for x in embeddings]
        assert adjusted_rand_score(*labels) >= 0.98
