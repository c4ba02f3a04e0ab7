"""Two processes on the CPU against one."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from sklearn.metrics import adjusted_rand_score

SCRIPT = """
import sys
import torch
from spamca import datasets, pp
from spamca.nn import PRESETS
from spamca.tl._gather import follow, gather, positions, root_mean_squares
from spamca.tl._guide import find_guide, trusts
from spamca.train import fit

if __name__ == "__main__":
    strategy, preset, out = sys.argv[1:]
    mdata = datasets.simulated(n_spots=400, n_domains=4, random_state=0)
    pp.neighbors(mdata)
    settings = PRESETS[preset].changed(n_steps=30, early_stopping=False)
    tissue = gather(mdata, root_mean_squares(mdata))
    if settings.guided:
        guide = find_guide(mdata, 4, trusts(mdata, None), n_runs=1)
        tissue = follow(tissue, guide, mdata.obsp["spatial_connectivities"], domain_graph=True)
    given = {} if strategy == "one" else {"devices": 2, "strategy": strategy}
    result = fit(
        tissue, 4, settings, position=positions(mdata), batch_size=200, accelerator="cpu", progress_bar=False, **given
    )
    if int(__import__("os").environ.get("LOCAL_RANK", 0)) == 0:
        torch.save({"history": result.history, "fused": result.latents.fused}, out)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("devices")
    script = folder / "train.py"
    script.write_text(SCRIPT)

    def result(strategy, preset):
        out = folder / f"{strategy}-{preset}.pt"
        if not out.exists():
            done = subprocess.run(
                [sys.executable, "-W", "ignore", script, strategy, preset, out],
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr[-3000:]
        return torch.load(out)

    return result


@pytest.mark.parametrize(("strategy", "preset"), [("ddp", "default"), ("ddp_spawn", "paper")])
def test_two_processes_learn_what_one_does(run, strategy, preset):
    two, one = run(strategy, preset), run("one", preset)
    for name, losses in one["history"].items():
        torch.testing.assert_close(two["history"][name], losses, rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(two["fused"], one["fused"], rtol=1e-2, atol=5e-3)
    if preset == "default":
        from spamca.cluster import mixture

        labels = [mixture(x["fused"].numpy(), 4, random_state=0, selection="likelihood").labels for x in (one, two)]
        assert adjusted_rand_score(*labels) >= 0.98
