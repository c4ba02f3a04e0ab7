"""``preset="paper"`` against one forward and backward pass of the published implementation."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from spamca.graph import feature_graph, normalize, spatial_graph
from spamca.nn import PRESETS, Inputs, SpaMCA, losses
from spamca.nn.batch import draw
from spamca.nn.objective import published_target
from spamca.nn.sparse import Adjacency

LIMIT = 1e-4
BEFORE_BATCH_NORM = ("projector_1_linear_bias", "projector_2_linear_bias", "cluster_linear1_bias")


@pytest.fixture(scope="module")
def published():
    folder = os.environ.get("SPAMCA_TEST_DATA")
    path = Path(folder or ".") / "parity" / "spamca_forward.npz"
    if not folder or not path.exists():
        pytest.skip("SPAMCA_TEST_DATA does not name a folder with parity/spamca_forward.npz")
    with np.load(path) as file:
        return dict(file)


def relative_error(ours, theirs):
    ours, theirs = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


def named_parameters(model):
    """The model's parameters under the names of the published file, and whether they are stored transposed."""
    found = {}
    for m in (0, 1):
        found |= {
            f"encoder_{m + 1}": model.spatial_encoders[m].weight,
            f"decoder_{m + 1}": model.decoder.weights[m],
            f"attention_{m + 1}_w": model.attentions[m].weight,
            f"attention_{m + 1}_u": model.attentions[m].context,
        }
        linear, norm, _ = model.projectors[m]
        found |= {f"projector_{m + 1}_linear_{p}": getattr(linear, p) for p in ("weight", "bias")}
        found |= {f"projector_{m + 1}_bn_{p}": getattr(norm, p) for p in ("weight", "bias")}
    layers = {"fusion_fc1": model.fusion.first, "fusion_fc2": model.fusion.second}
    layers |= dict(zip(("cluster_linear1", "cluster_bn", "_", "cluster_linear2"), model.cluster_head, strict=False))
    layers.pop("_")
    return found | {f"{name}_{p}": getattr(layer, p) for name, layer in layers.items() for p in ("weight", "bias")}


@pytest.fixture(scope="module")
def run(published):
    return pass_through(published)


def pass_through(published):
    """One forward and backward pass with the published parameters and masks, on graphs of our own."""
    spatial = normalize(spatial_graph(published["coords"], n_neighbors=3).connectivities)
    features = [published["X1"], published["X2"]]
    graphs = [normalize(feature_graph(x, n_neighbors=20, metric="correlation").connectivities) for x in features]
    tissue = Inputs(
        features=tuple(torch.from_numpy(x) for x in features),
        spatial=Adjacency.from_scipy(spatial),
        feature_graphs=tuple(Adjacency.from_scipy(graph) for graph in graphs),
    )
    weights = published["loss_weights"]
    settings = PRESETS["paper"].changed(
        n_latent=16,
        reconstruction_weight=weights[0],
        contrast_weight=weights[1],
        cluster_weight=weights[2],
        alignment_weight=weights[3],
    )
    model = SpaMCA(tissue.n_features, 4, settings)
    parameters = named_parameters(model)
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(torch.from_numpy(published[f"param_{name}"]))
    masks = []
    for m in (1, 2):
        pair = []
        for view in ("spatial", "feature"):
            mask = torch.zeros(144, dtype=torch.bool)
            mask[published[f"mask_{view}_{m}"]] = True
            pair.append(mask)
        masks.append(tuple(pair))
    batch = draw(tissue, settings, masks, torch.Generator())
    output = model(batch)
    whole = model.decoder(batch.spatial, output.latents.fused, [slice(None)] * 2)  # not of the hidden spots alone
    terms = losses(batch, output, settings)
    terms["total"].backward()
    return {
        "output": output,
        "restored": whole,
        "losses": terms,
        "parameters": parameters,
        "graphs": [spatial, *graphs],
    }


@pytest.mark.parametrize(("index", "name"), list(enumerate(["adj_spatial", "adj_feature_1", "adj_feature_2"])))
def test_graphs(run, published, index, name):
    assert relative_error(run["graphs"][index].toarray(), published[name]) < LIMIT


def intermediates(run):
    """The model's intermediates under the names of the published file."""
    output = run["output"]
    return {
        "z1": output.latents.modalities[0],
        "z2": output.latents.modalities[1],
        "z_fused": output.latents.fused,
        "recon_1": run["restored"][0],
        "recon_2": run["restored"][1],
        "y1": output.assignments[0],
        "y2": output.assignments[1],
        "y_fused": output.assignments[2],
        "proj_1": output.projections[0],
        "proj_2": output.projections[1],
        "target": published_target(output.assignments),
    }


@pytest.mark.parametrize(
    "name", ["z1", "z2", "z_fused", "recon_1", "recon_2", "y1", "y2", "y_fused", "proj_1", "proj_2", "target"]
)
def test_intermediates(run, published, name):
    assert relative_error(intermediates(run)[name].detach(), published[name]) < LIMIT


def test_losses(run, published):
    terms = {name: float(value.detach()) for name, value in run["losses"].items()}
    reconstruction = published["loss_recon_1"] + published["loss_recon_2"]
    assert terms["reconstruction"] == pytest.approx(reconstruction, rel=LIMIT)
    assert terms["contrast"] == pytest.approx(published["loss_contrast"], rel=LIMIT)
    assert terms["cluster"] == pytest.approx(published["loss_cluster"], rel=LIMIT)
    assert terms["alignment"] == pytest.approx(published["loss_kl"], rel=LIMIT)
    assert terms["total"] == pytest.approx(published["loss_total"], rel=LIMIT)


def test_gradients(run, published):
    names = [name.removeprefix("param_") for name in published if name.startswith("param_")]
    assert set(names) == set(run["parameters"])
    for name in names:
        ours, theirs = run["parameters"][name].grad.numpy(), published[f"grad_{name}"]
        if name in BEFORE_BATCH_NORM:  # zero up to rounding: batch norm takes the mean away again
            np.testing.assert_allclose(ours, theirs, atol=1e-6)
        else:
            assert relative_error(ours, theirs) < LIMIT, name
