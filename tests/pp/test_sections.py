"""Sections whose column nobody named."""

from __future__ import annotations

import logging

import mudata
import numpy as np
import pandas as pd
import pytest
import squidpy as sq
from anndata import AnnData
from mudata import MuData
from scipy.spatial import KDTree

import spamca
from spamca.pp._sections import section_key

LATTICE = np.stack(np.meshgrid(np.arange(15.0), np.arange(15.0)), axis=-1).reshape(-1, 2)
RANDOM = np.random.default_rng(0).uniform(0, 15, size=(225, 2))


def tissue_of(*places, **obs):
    """A MuData of two modalities on places that follow each other, with columns of ``obs``."""
    coords = np.vstack(places)
    names = [f"spot{i}" for i in range(len(coords))]
    values = np.random.default_rng(0).normal(size=(len(coords), 2))
    mod = {name: AnnData(values, obs=pd.DataFrame(index=names)) for name in ("a", "b")}
    for name, modality in mod.items():
        modality.var_names = [f"{name}{i}" for i in range(2)]
    mdata = MuData(mod)
    mdata.obsm["spatial"] = coords
    for name, values in obs.items():
        mdata.obs[name] = values
    return mdata


def found(mdata, **options):
    return section_key(mdata, mdata.obsm["spatial"], "auto", "neighbors", **options)


def halves(n=225, names=("s1", "s2")):
    return np.repeat(names, n)


OVERLAPS = {
    "a seventh": [LATTICE, LATTICE + 1 / 7],
    "mirrored": [LATTICE, [14, 0] - LATTICE * [1, -1] + 1 / 7],
    "denser": [LATTICE, LATTICE * 0.7 + 2],
    "three": [LATTICE, LATTICE + 1 / 7, LATTICE + 2 / 7],
    "the same": [LATTICE, LATTICE],
    "in part": [LATTICE, np.add(LATTICE, [8 + 1 / 7, 0])],
    "cells": [RANDOM, RANDOM[:, ::-1] + 0.1],
}


@pytest.mark.parametrize("places", OVERLAPS.values(), ids=OVERLAPS)
@pytest.mark.parametrize("column", ["library_id", "batch"])
def test_the_column_of_sections_that_overlap_is_used(caplog, places, column):
    section = halves(names=[f"s{i}" for i in range(len(places))])
    with caplog.at_level(logging.WARNING, logger="spamca"):
        assert found(tissue_of(*places, **{column: section})) == column
    assert f"neighbors: obs['{column}'] names {len(places)} sections whose coordinates overlap" in caplog.text
    assert caplog.text.count("\n") == 1


@pytest.mark.parametrize(
    "values",
    [halves(), pd.Categorical(halves()), halves(names=(1, 2)), halves(names=(True, False)), halves().astype(object)],
    ids=["strings", "categories", "numbers", "booleans", "objects"],
)
def test_columns_of_any_kind(values):
    assert found(tissue_of(LATTICE, LATTICE + 1 / 7, sample=values)) == "sample"


@pytest.mark.parametrize(
    "name", ["library_id", "Sample ID", "orig.ident", "section", "slide", "donor", "fov", "puck_name"]
)
def test_usual_names(name):
    assert found(tissue_of(LATTICE, LATTICE + 1 / 7, **{name: halves()})) == name


@pytest.mark.parametrize("holder", ["a", "b"])
def test_a_column_of_one_modality(holder):
    mdata = tissue_of(LATTICE, LATTICE + 1 / 7)
    mdata[holder].obs["library_id"] = halves()
    assert found(mdata) == "library_id"
    # mudata 0.3 copies columns of modalities
    mdata.obs[f"{holder}:library_id"] = halves()
    assert found(mdata) == "library_id"


def test_rows_in_any_order():
    order = np.random.default_rng(0).permutation(450)
    coords = np.vstack([LATTICE, LATTICE + 1 / 7])[order]
    assert found(tissue_of(coords, sample=halves()[order])) == "sample"


def test_columns_that_part_alike_are_one():
    named = {"donor": halves(names=("d1", "d2")), "library_id": halves(), "label": np.tile(["x", "y", "z"], 150)}
    assert found(tissue_of(LATTICE, LATTICE + 1 / 7, **named)) == "donor"


def test_the_finest_column_of_sections_counts():
    places = [LATTICE + i / 7 for i in range(4)]
    donor = np.repeat(["d1", "d2"], 450)
    assert found(tissue_of(*places, donor=donor, sample=np.repeat(list("abcd"), 225))) == "sample"


def test_fields_of_view_within_overlapping_samples_stay_together():
    coords = np.vstack([LATTICE, LATTICE + 1 / 7])
    fov = [f"{s}{int(x // 5)}{int(y // 5)}" for s, (x, y) in zip(halves(), coords, strict=True)]
    assert found(tissue_of(coords, fov=fov, sample=halves())) == "sample"
    assert found(tissue_of(coords, fov=fov, batch=halves())) == "batch"


def test_fields_of_view_with_coordinates_of_their_own():
    assert found(tissue_of(*[RANDOM + i for i in range(3)], fov=np.repeat(["1", "2", "3"], 225))) == "fov"


def test_columns_that_part_otherwise_are_refused():
    places = [LATTICE, LATTICE + 1 / 7, np.add(LATTICE, [40, 0]), np.add(LATTICE, [40 + 1 / 7, 0])]
    columns = {"batch": np.repeat(list("xyxy"), 225), "run": np.repeat(list("xyyx"), 225)}
    says = (
        r"coordinates of several sections overlap.*not clear: \['batch', 'run'\]; name it, such as library_key='batch'"
    )
    with pytest.raises(ValueError, match=says):
        found(tissue_of(*places, **columns))


def test_a_column_strewn_over_sections_is_not_one_of_them():
    strewn = np.tile(["x", "y", "y"], 150)
    assert found(tissue_of(LATTICE, LATTICE + 1 / 7, library_id=halves(), sample=strewn)) == "library_id"


def test_a_column_of_another_name_is_only_named():
    with pytest.raises(
        ValueError, match=r"a column that may name them is there: \['who'\]; name it, such as library_key='who'"
    ):
        found(tissue_of(LATTICE, LATTICE + 1 / 7, who=halves(), label=np.tile(["x", "y", "z"], 150)))


def test_names_of_spots_are_only_named():
    mdata = tissue_of(*OVERLAPS["denser"])
    names = [f"spot{i}-{s}" for i, s in zip(range(450), halves(names=(1, 2)), strict=True)]
    mdata = MuData(
        {
            "a": AnnData(
                np.ones((450, 2), dtype=np.float32),
                obs=pd.DataFrame(index=names),
                obsm={"spatial": mdata.obsm["spatial"]},
            )
        }
    )
    mdata.obsm["spatial"] = mdata["a"].obsm["spatial"]
    with pytest.raises(ValueError, match="only the ends of obs_names such as 'spot0-1'") as caught:
        found(mdata)
    code = str(caught.value).partition("column, ")[2].partition(", and name it")[0]
    exec(code, {"mdata": mdata})
    assert mdata.obs["library_id"].tolist() == halves(names=("1", "2")).tolist()
    assert found(mdata) == "library_id"


@pytest.mark.parametrize("places", ["a seventh", "mirrored", "three", "the same", "denser", "cells"])
def test_sections_that_only_uns_names_are_refused(places):
    mdata = tissue_of(*OVERLAPS[places])
    mdata["a"].uns["spatial"] = {"s1": {}, "s2": {}}
    with pytest.raises(
        ValueError, match=r"uns\['spatial'\] has \['s1', 's2'\].*mdata.obs\['library_id'\].*library_key=None"
    ):
        found(mdata)


@pytest.mark.parametrize("places", ["a seventh", "three", "the same"])
def test_sections_that_nothing_names_are_refused(places):
    mdata = tissue_of(*OVERLAPS[places])
    with pytest.raises(ValueError, match="spots lie on nearly one point almost everywhere"):
        spamca.pp.neighbors(mdata)
    assert not mdata.obsp


@pytest.mark.parametrize("where", ["mdata", "a"])
def test_names_of_uns_tell_the_column(caplog, where):
    mdata = tissue_of(LATTICE, np.add(LATTICE, [40, 0]), who=halves(), sample=np.repeat("one", 450))
    (mdata if where == "mdata" else mdata[where]).uns["spatial"] = {"s1": {}, "s2": {}, "s3": {}}
    assert found(mdata) == "who"
    assert "obs['who'] names the 2 sections of uns" in caplog.text


def test_regions_of_spatialdata_tell_the_column():
    mdata = tissue_of(LATTICE, np.add(LATTICE, [40, 0]))
    mdata["b"].obs["region"] = halves()
    assert found(mdata) is None
    mdata["b"].uns["spatialdata_attrs"] = {"region": ["s1", "s2"], "region_key": "region", "instance_key": "id"}
    assert found(mdata) == "region"


def test_sections_side_by_side_stay_in_one_graph(caplog):
    with caplog.at_level(logging.INFO, logger="spamca"):
        assert found(tissue_of(LATTICE, np.add(LATTICE, [40, 0]), sample=halves())) is None
    assert "obs['sample'] names 2 parts that lie apart; if they are sections, library_key='sample'" in caplog.text


def dense(n_centres, spread, apart, seed=0):
    """Cells that crowd around centres, none nearer to another than some distance."""
    rng = np.random.default_rng(seed)
    place = rng.uniform(0, 40, size=(n_centres, 2))[rng.integers(n_centres, size=4000)]
    place += rng.normal(scale=spread, size=(4000, 2))
    near = KDTree(place).query_pairs(apart, output_type="ndarray")
    return np.delete(place, np.unique(near[:, 1]), axis=0)


TISSUES = {
    "lattice": LATTICE,
    "cells": RANDOM,
    "stretched": RANDOM * [1, 0.1],
    "follicles": dense(40, 1.5, 0.2),
    "dense": dense(400, 4, 0.4),
    "nests": dense(600, 0.3, 0.1),
}


@pytest.mark.parametrize("coords", TISSUES.values(), ids=TISSUES)
def test_one_tissue_is_one_section(caplog, coords):
    rng, n = np.random.default_rng(0), len(coords)
    drawn = {name: rng.choice(["x", "y", "z"], n) for name in ("batch", "fov", "cell_type", "condition")}
    regions = {
        "leiden": KDTree(coords[:9]).query(coords)[1].astype(str),
        "slide": (coords[:, 0] > np.median(coords[:, 0])).astype(str),
        "tile": [f"{x // 4}{y // 2}" for x, y in coords],
    }
    others = {"in_tissue": rng.integers(2, size=n), "area": rng.uniform(size=n), "replicate": np.repeat("r1", n)}
    mdata = tissue_of(coords, **drawn, **regions, **others)
    mdata.uns["spatial"] = {"tissue": {}}
    with caplog.at_level(logging.INFO, logger="spamca"):
        assert found(mdata) is None
    assert not caplog.text


def test_fields_of_view_of_one_tissue_stay_together_though_uns_names_them():
    mdata = tissue_of(LATTICE, fov=[f"{int(x // 5)}{int(y // 5)}" for x, y in LATTICE])
    mdata.uns["spatial"] = {name: {} for name in set(mdata.obs["fov"])}
    assert found(mdata) is None


def test_one_section_on_request(tissue):
    place = tissue.obsm["spatial"].copy()
    place[1::2] = place[::2][:112] + 1 / 7
    tissue.obs["sample"] = np.where(np.arange(225) % 2, "s1", "s2")
    for holder in (tissue, *tissue.mod.values()):
        holder.obsm["spatial"] = place
    named, auto, one = (spamca.pp.neighbors(tissue, library_key=key, copy=True) for key in ("sample", "auto", None))
    assert auto.uns["spatial_neighbors"]["params"] == named.uns["spatial_neighbors"]["params"]
    assert (auto.obsp["spatial_connectivities"] != named.obsp["spatial_connectivities"]).nnz == 0
    assert one.uns["spatial_neighbors"]["params"]["one_section"]
    edges = one.obsp["spatial_connectivities"].tocoo()
    assert (edges.row % 2 != edges.col % 2).any()
    with pytest.raises(TypeError, match="library_key must be a string, got 3"):
        spamca.pp.neighbors(tissue, library_key=3)


@pytest.mark.parametrize("joins", [True, False])
def test_a_graph_that_is_there_does_not_join_sections(caplog, joins):
    mdata = tissue_of(LATTICE, LATTICE + 1 / 7, sample=pd.Categorical(halves()))
    sq.gr.spatial_neighbors_knn(mdata, n_neighs=4, **({} if joins else {"library_key": "sample"}))
    mdata.uns["spatial_neighbors"]["params"].pop("library_key", None)
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.neighbors(mdata)
    edges = mdata.obsp["spatial_connectivities"].tocoo()
    assert (edges.row // 225 == edges.col // 225).all()
    assert mdata.uns["spatial_neighbors"]["params"]["library_key"] == "sample"
    assert ("edges between sections of 'sample'" in caplog.text) == joins
    del mdata.obs["sample"], mdata.uns["spatial_neighbors"]["params"]["library_key"]
    spamca.pp.neighbors(mdata)  # nothing to refuse: it joins none


def test_a_graph_that_joins_sections_that_nothing_names_is_refused():
    mdata = tissue_of(LATTICE, LATTICE + 1 / 7)
    sq.gr.spatial_neighbors_knn(mdata, n_neighs=4)
    with pytest.raises(ValueError, match="spots lie on nearly one point"):
        spamca.pp.neighbors(mdata)
    spamca.pp.neighbors(mdata, library_key=None)
    assert mdata.uns["spatial_neighbors"]["params"]["one_section"]


def test_tissue_of_few_spots():
    assert found(tissue_of(LATTICE[:3], LATTICE[:3], sample=halves(3))) is None


REAL = [
    "dlpfc_151673",
    "her2st_a1",
    "her2st_e1",
    "hln_a1_panel_split",
    "mob_rep12",
    "osmfish_sscortex",
    "p22_atac",
    "starmap_mpfc_bz9",
]


@pytest.mark.parametrize("name", REAL)
def test_no_false_alarm_on_real_tissue(data_dir, caplog, name):
    mdata = mudata.read_h5mu(data_dir / f"{name}.h5mu")
    coords = spamca._checks.check_coordinates(mdata)
    with caplog.at_level(logging.INFO, logger="spamca"):
        assert section_key(mdata, coords, "auto", "neighbors") is None
    assert not caplog.text
