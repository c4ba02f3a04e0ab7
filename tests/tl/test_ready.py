from __future__ import annotations

import logging

import numpy as np
import pytest
import squidpy as sq

import spamca
from spamca.tl._ready import check_trust, ready


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"atac": 1.0}, KeyError, "modality_trust names modality 'atac'.*rna"),
        ({"rna": 1.5}, ValueError, r"modality_trust\['rna'\] must lie between 0 and 1, got 1.5"),
        ({"rna": -0.1}, ValueError, r"modality_trust\['rna'\] must lie between 0 and 1, got -0.1"),
        ({"rna": float("nan")}, ValueError, r"modality_trust\['rna'\].*nan"),
        ({"rna": "much"}, TypeError, r"modality_trust\['rna'\] must be a number, got 'much'"),
        ({"rna": None}, TypeError, r"modality_trust\['rna'\] must be a number, got None"),
        ({"rna": 0, "protein": 0.0}, ValueError, "modality_trust must trust at least one modality"),
        (0.5, TypeError, "modality_trust must be a mapping.*got 0.5"),
        (["rna"], TypeError, "modality_trust must be a mapping"),
    ],
)
def test_trust_is_checked(tissue, given, error, says):
    with pytest.raises(error, match=says):
        check_trust(tissue, given)


@pytest.mark.parametrize("given", [None, {}, {"rna": 0}, {"rna": 0, "protein": 1}, {"rna": np.float32(0.5)}])
def test_trust_that_will_do(tissue, given):
    check_trust(tissue, given)


def joined(tissue):
    """Two samples on one another, with the graph of squidpy and features of their own."""
    place = tissue.obsm["spatial"].copy()
    place[1::2] = place[::2][:112] + 1 / 7
    tissue.obsm["spatial"] = place
    for modality in tissue.mod.values():
        modality.obsm["spatial"] = place
        modality.obs["library_id"] = np.where(np.arange(225) % 2, "s1", "s2")
    spamca.pp.prepare(tissue)
    sq.gr.spatial_neighbors_knn(tissue, n_neighs=4)
    return tissue


@pytest.mark.parametrize("said", [True, False])
def test_a_graph_that_neighbors_has_not_seen_joins_no_sections(tissue, caplog, said):
    mdata = joined(tissue)
    if said:
        spamca.pp.neighbors(mdata, library_key=None)
    with caplog.at_level(logging.WARNING, logger="spamca"):
        found = ready(mdata, 0, "integrate", batch_correction=True)
    edges = found.graph.tocoo()
    assert (edges.row % 2 != edges.col % 2).any() == said
    assert (found.sections is None) == said
    assert ("integrate: obs['library_id'] names 2 sections" in caplog.text) != said


def test_a_graph_that_may_join_sections_is_refused(tissue):
    mdata = joined(tissue)
    for modality in mdata.mod.values():
        del modality.obs["library_id"]
    mdata.obs = mdata.obs[[name for name in mdata.obs if "library_id" not in name]]
    with pytest.raises(ValueError, match="spots lie on nearly one point almost everywhere"):
        ready(mdata, 0, "integrate", batch_correction=True)


def test_a_small_weight_is_explained(caplog):
    from spamca.tl._ready import log_small_weights

    found = {
        "weights": {"rna": 1.0, "atac": 0.05, "noise": 0.0},
        "inflation": {"rna": 6.4, "atac": 8.6, "noise": np.nan},
    }
    log_small_weights(found, {})
    first, second = (record.getMessage() for record in caplog.records)
    assert "weight of 'atac' in the search for domains: 0.05, because its evidence repeats itself" in first
    assert (
        "8.6 times (6.4 in 'rna', the least, which counts in full); see https://spamca.readthedocs.io/en/latest/understand/weights.html"
        in first
    )
    assert "'noise' in the search for domains: 0, because neighbours share nothing in it" in second
    caplog.clear()
    log_small_weights(found, {"atac": 0.05, "noise": 0.0})
    assert not caplog.records
