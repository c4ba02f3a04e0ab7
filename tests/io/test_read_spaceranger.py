"""Folders of every version of Space Ranger, and broken ones."""

from __future__ import annotations

import mudata
import numpy as np
import pytest
import squidpy as sq
from PIL import Image

import spamca
from spamca import _edge
from spamca.io import read_spaceranger


@pytest.mark.parametrize("matrix", ["h5", "mtx"])
@pytest.mark.parametrize("version", ["1", "2", "hd"])
def test_every_version(writers, run, tmp_path, version, matrix):
    path = writers.write_outs(run, tmp_path / "outs", version=version, matrix=matrix)
    mdata = read_spaceranger(path)
    assert list(mdata.mod) == ["rna", "protein"]
    assert list(mdata.obs_names) == run.barcodes
    types = np.array(run.types)
    for name, kind in (("rna", "Gene Expression"), ("protein", "Antibody Capture")):
        modality = mdata[name]
        np.testing.assert_array_equal(modality.X.toarray(), run.counts[:, types == kind])
        assert modality.X.format == "csr"
        assert modality.X.dtype == np.float32
        np.testing.assert_array_equal(modality.obsm["spatial"], run.coords)
        grid = run.positions.loc[run.barcodes, ["in_tissue", "array_row", "array_col"]]
        np.testing.assert_array_equal(modality.obs[list(grid)], grid)
        assert set(modality.var["feature_types"]) == {kind}
        assert list(modality.var["gene_ids"]) == [i for i, t in zip(run.ids, run.types, strict=True) if t == kind]
    np.testing.assert_array_equal(mdata.obsm["spatial"], run.coords)
    assert mdata.obsm["spatial"].dtype == np.float64


def test_neighbors_works_on_it(outs):
    mdata = read_spaceranger(outs)
    spamca.pp.neighbors(mdata)
    assert mdata.obsp["spatial_connectivities"].shape == (144, 144)
    assert mdata["rna"].uns["spamca"]["kind"] == "rna"
    assert mdata["protein"].uns["spamca"]["kind"] == "protein"


def test_image(outs):
    mdata = read_spaceranger(outs)
    for holder in (mdata, mdata["rna"], mdata["protein"]):
        record = holder.uns["spatial"]["V10-A1"]
        assert record["images"]["hires"].shape == (60, 80, 3)
        assert record["images"]["lowres"].shape == (18, 24, 3)
        assert record["images"]["hires"].dtype == np.uint8
        assert record["scalefactors"]["spot_diameter_fullres"] == 8
        assert record["metadata"] == {"software_version": "spaceranger-2.1.0", "chemistry_description": "Visium"}
        assert record["images"]["hires"] is mdata.uns["spatial"]["V10-A1"]["images"]["hires"]
    mdata["rna"].obs["side"] = np.where(mdata["rna"].obs["array_col"] < 6, "left", "right")
    mdata["rna"].obs["side"] = mdata["rna"].obs["side"].astype("category")
    sq.pl.spatial_scatter(mdata["rna"], color="side")
    spamca.pl.spatial_clusters(mdata, color="rna:side")


def test_pixels_are_those_of_the_file(outs):
    pixels = read_spaceranger(outs, library_id="a").uns["spatial"]["a"]["images"]["hires"]
    np.testing.assert_array_equal(pixels, np.asarray(Image.open(outs / "spatial" / "tissue_hires_image.png")))


@pytest.mark.parametrize("file", ["tissue.h5mu", "tissue.zarr"])
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_written_and_read(outs, tmp_path, assert_same, file):
    mdata = read_spaceranger(outs)
    with _edge.without_pull():
        if file.endswith("zarr"):
            mdata.write_zarr(tmp_path / file)
            again = mudata.read_zarr(tmp_path / file)
        else:
            mdata.write(tmp_path / file)
            again = mudata.read_h5mu(tmp_path / file)
    assert_same(mdata, again)


def test_without_antibodies(writers, tmp_path):
    path = writers.write_outs(writers.make_run(["Gene Expression"]), tmp_path / "outs")
    mdata = read_spaceranger(path)
    assert list(mdata.mod) == ["rna"]
    spamca.pp.neighbors(mdata)


def test_other_features(writers, tmp_path):
    types = ["CRISPR Guide Capture", "Peaks", "Custom", "Gene Expression"]
    path = writers.write_outs(writers.make_run(types), tmp_path / "outs")
    with pytest.raises(ValueError, match="features of type 'Custom' are of no type that is known"):
        read_spaceranger(path)
    assert list(read_spaceranger(path, feature_types={"Custom": "extra"}).mod) == ["rna", "atac", "extra"]


def test_protein_called_as_a_gene(outs, logged):
    mdata = read_spaceranger(outs)
    assert mdata.var_names.is_unique
    assert "CD4" in mdata["rna"].var_names
    assert list(mdata["protein"].var_names[:2]) == ["protein:CD4", "CD19"]
    assert any("'CD4' is now 'protein:CD4'" in line for line in logged())


def test_isotype_controls_by_name(outs, logged):
    mdata = read_spaceranger(outs)
    assert list(mdata["protein"].var_names[mdata["protein"].var["control"]]) == ["mouse_IgG2a", "rat_IgG1"]
    assert "control" not in mdata["rna"].var
    assert logged()[0] == "read_spaceranger: 144 spots, 32 features of 'rna', 6 features of 'protein'"
    assert logged()[1].endswith("not used by pp.prepare: 2 of 'protein' (2 isotype)")


def test_isotype_controls_by_the_file(writers, run, tmp_path):
    known = {"CD19": "True", "CD4": "False", "mouse_IgG2a": "False"}
    flags = [known.get(name, "") for name in run.names]
    path = writers.write_outs(run, tmp_path / "outs", isotype=flags)
    protein = read_spaceranger(path)["protein"]
    assert list(protein.var_names[protein.var["control"]]) == ["CD19", "rat_IgG1"]  # which the file leaves open
    assert list(protein.var["isotype_control"]) == flags[-6:]


def test_raw(writers, run, outs):
    whole = writers.make_run()
    whole.barcodes = [*run.barcodes, *(f"X{name}" for name in run.barcodes[:8])]
    whole.counts = np.concatenate([run.counts, np.zeros((8, len(run.names)), dtype=int)])
    writers.write_h5(whole, outs / "raw_feature_bc_matrix.h5")
    mdata = read_spaceranger(outs, raw=True)
    assert mdata.n_obs == 152
    assert mdata["rna"].obs["in_tissue"].sum() == 144
    assert read_spaceranger(outs).n_obs == 144


def test_name_of_a_sample_in_front(outs):
    (outs / "filtered_feature_bc_matrix.h5").rename(outs / "GSM1_filtered_feature_bc_matrix.h5")
    assert read_spaceranger(outs).n_obs == 144
    (outs / "GSM2_filtered_feature_bc_matrix.h5").touch()
    with pytest.raises(ValueError, match=r"holds several matrices, \['GSM1_.*name one with counts_file"):
        read_spaceranger(outs)
    assert read_spaceranger(outs, counts_file="GSM1_filtered_feature_bc_matrix.h5").n_obs == 144


def test_library_id(writers, run, tmp_path):
    path = writers.write_outs(run, tmp_path / "sample" / "outs", library=None)
    assert list(read_spaceranger(path).uns["spatial"]) == ["sample"]
    assert list(read_spaceranger(path, library_id="mine").uns["spatial"]) == ["mine"]
    path = writers.write_outs(run, tmp_path / "flat", library="a/b")
    assert list(read_spaceranger(path).uns["spatial"]) == ["a_b"]
    path = writers.write_outs(run, tmp_path / "flat", matrix="mtx")
    assert list(read_spaceranger(path).uns["spatial"]) == ["flat"]


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"raw": 1}, TypeError, "raw must be True or False, got 1"),
        ({"images": "no"}, TypeError, "images must be True or False"),
        ({"counts_file": 3}, TypeError, "counts_file must be a string, got 3"),
        ({"library_id": 3}, TypeError, "library_id must be a string"),
        ({"library_id": "a/b"}, ValueError, "library_id must not be empty or hold '/'.*got 'a/b'"),
        ({"library_id": ""}, ValueError, "library_id must not be empty"),
        ({"raw": True, "counts_file": "a.h5"}, ValueError, "raw=True .*counts_file='a.h5'.* leave one of them out"),
        (
            {"counts_file": "a.h5"},
            FileNotFoundError,
            "counts_file='a.h5' is not in .* holds filtered_feature_bc_matrix.h5",
        ),
        ({"raw": True}, FileNotFoundError, "holds neither raw_feature_bc_matrix.h5 nor a folder raw_feature_bc_matrix"),
    ],
)
def test_arguments(outs, options, error, match):
    with pytest.raises(error, match=match):
        read_spaceranger(outs, **options)


def test_no_folder(outs):
    with pytest.raises(FileNotFoundError, match="path='.*nowhere' does not exist; pass the folder 'outs'"):
        read_spaceranger(outs / "nowhere")
    with pytest.raises(NotADirectoryError, match="is a file; pass the folder 'outs' that it lies in"):
        read_spaceranger(outs / "filtered_feature_bc_matrix.h5")


def test_matrix_and_positions_of_two_runs(writers, outs):
    writers.write_h5(writers.make_run(barcode="s_008um_{:05d}-1"), outs / "filtered_feature_bc_matrix.h5")
    with pytest.raises(
        ValueError, match="tissue_positions.csv lacks 144 of the 144 barcodes of the matrix, e.g. 's_008um_0"
    ):
        read_spaceranger(outs)
