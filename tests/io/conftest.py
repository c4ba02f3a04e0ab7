"""Folders as each version of Space Ranger writes them, and SpatialData of one tissue."""

from __future__ import annotations

import gzip
import importlib.util
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import io, sparse

SCALEFACTORS = {
    "spot_diameter_fullres": 8.0,
    "fiducial_diameter_fullres": 12.0,
    "tissue_hires_scalef": 0.5,
    "tissue_lowres_scalef": 0.15,
}
GENES = [f"GENE{i}" for i in range(30)] + ["CD4", "CD8A"]
ANTIBODIES = ["CD4", "CD19", "PTPRC", "EPCAM", "mouse_IgG2a", "rat_IgG1"]


@dataclass
class Run:
    """What a folder of Space Ranger's is written from."""

    counts: np.ndarray
    barcodes: list[str]
    names: list[str]
    ids: list[str]
    types: list[str]
    positions: pd.DataFrame

    @property
    def coords(self):
        return self.positions.loc[self.barcodes, ["pxl_col_in_fullres", "pxl_row_in_fullres"]].to_numpy()


def make_run(types=("Gene Expression", "Antibody Capture"), side=12, barcode="BC{:03d}-1"):
    rng = np.random.default_rng(0)
    names, ids, kinds = [], [], []
    for kind in types:
        new = {"Gene Expression": GENES, "Antibody Capture": ANTIBODIES}.get(kind, [f"{kind} {i}" for i in range(5)])
        names += new
        ids += [f"{kind[:2]}{i:04d}" for i in range(len(new))]
        kinds += [kind] * len(new)
    row, column = (index.ravel() for index in np.indices((side, side)))
    rate = np.where(column[:, None] < side // 2, 1.0, rng.gamma(1, 4, len(names)))
    counts = rng.poisson(rate)
    barcodes = [barcode.format(i) for i in range(side**2)]
    positions = pd.DataFrame(
        {
            "in_tissue": 1,
            "array_row": row,
            "array_col": column,
            "pxl_row_in_fullres": 10.0 * row + 5,
            "pxl_col_in_fullres": 13.0 * column + 7,
        },
        index=pd.Index(barcodes, name="barcode"),
    )
    outside = positions.iloc[:8].set_axis([f"X{name}" for name in barcodes[:8]]).assign(in_tissue=0)
    # in an order of its own, and with spots that no tissue covers
    positions = pd.concat([outside, positions]).sample(frac=1, random_state=1).rename_axis("barcode")
    return Run(counts, barcodes, names, ids, kinds, positions)


def write_h5(run, file, *, library="V10-A1", isotype=None):
    matrix = sparse.csc_matrix(run.counts.T.astype(np.int32))
    with h5py.File(file, "w") as f:
        f.attrs["software_version"] = "spaceranger-2.1.0"
        f.attrs["chemistry_description"] = np.bytes_(b"Visium")
        if library is not None:
            f.attrs["library_ids"] = np.array([library.encode()])
        group = f.create_group("matrix")
        group["barcodes"] = np.array(run.barcodes, dtype="S")
        for name in ("data", "indices", "indptr"):
            group[name] = getattr(matrix, name)
        group["shape"] = np.array(matrix.shape, dtype=np.int32)
        features = group.create_group("features")
        features["_all_tag_keys"] = np.array([b"genome"])
        features["id"] = np.array(run.ids, dtype="S")
        features["name"] = np.array(run.names, dtype="S")
        features["feature_type"] = np.array(run.types, dtype="S")
        features["genome"] = np.array(["GRCh38"] * len(run.ids), dtype="S")
        if isotype is not None:
            features["isotype_control"] = np.array(isotype, dtype="S")


def write_mtx(run, folder):
    folder.mkdir()
    with gzip.open(folder / "matrix.mtx.gz", "wb") as file:
        io.mmwrite(file, sparse.coo_matrix(run.counts.T))
    features = pd.DataFrame([run.ids, run.names, run.types]).T
    features.to_csv(folder / "features.tsv.gz", sep="\t", header=False, index=False)
    pd.Series(run.barcodes).to_csv(folder / "barcodes.tsv.gz", header=False, index=False)


def write_positions(run, spatial, version):
    if version == "1":
        whole = run.positions.astype(int)
        whole.to_csv(spatial / "tissue_positions_list.csv", header=False)
    elif version == "2":
        run.positions.to_csv(spatial / "tissue_positions.csv")
    else:
        run.positions.reset_index().to_parquet(spatial / "tissue_positions.parquet")


def write_images(spatial, resolutions=("hires", "lowres")):
    rng = np.random.default_rng(2)
    for name in resolutions:
        size = {"hires": (60, 80, 3), "lowres": (18, 24, 3)}[name]
        Image.fromarray(rng.integers(0, 256, size, dtype=np.uint8)).save(spatial / f"tissue_{name}_image.png")


@pytest.fixture
def run():
    return make_run()


@pytest.fixture
def outs(run, tmp_path):
    """A folder of Space Ranger 2 with everything in it."""
    return write_outs(run, tmp_path / "sample" / "outs")


def write_outs(run, path, *, version="2", matrix="h5", images=("hires", "lowres"), **options):
    shutil.rmtree(path, ignore_errors=True)
    (path / "spatial").mkdir(parents=True)
    if matrix == "h5":
        write_h5(run, path / "filtered_feature_bc_matrix.h5", **options)
    else:
        write_mtx(run, path / "filtered_feature_bc_matrix")
    write_positions(run, path / "spatial", version)
    (path / "spatial" / "scalefactors_json.json").write_text(json.dumps(SCALEFACTORS))
    write_images(path / "spatial", images)
    return path


@pytest.fixture
def writers():
    """The functions above, for tests that write folders of their own."""

    class Writers:
        make_run, write_h5, write_mtx = map(staticmethod, (make_run, write_h5, write_mtx))
        write_positions, write_images, write_outs = map(staticmethod, (write_positions, write_images, write_outs))

    return Writers


@pytest.fixture(scope="session")
def folders():
    """The functions of ``folders.py``, which write the folder of a platform."""
    spec = importlib.util.spec_from_file_location("folders", Path(__file__).parent / "folders.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def logged(caplog):
    """What the package logged."""
    caplog.set_level("INFO", logger="spamca")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "spamca"]


@pytest.fixture
def pair(tissue):
    """Two tables of one tissue as users have them: no feature types, rows in different orders, some in one only."""
    rna, protein = tissue["rna"][:200].copy(), tissue["protein"][::-1][:215].copy()
    for adata in (rna, protein):
        del adata.var["feature_types"]
    return rna, protein


@pytest.fixture
def circles():
    from spatialdata.models import ShapesModel
    from spatialdata.transformations import Identity

    def made(coords, index, **transformations):
        transformations = transformations or {"global": Identity()}
        return ShapesModel.parse(coords, geometry=0, radius=0.4, index=pd.Index(index), transformations=transformations)

    return made


@pytest.fixture
def annotating():
    """A function that makes a table annotate circles; its coordinates are then those of the circles."""
    from spatialdata.models import TableModel

    def parsed(adata, instances, region="spots", *, keep_spatial=False, names=None):
        adata = adata.copy()
        if names is not None:
            adata.obs_names = names
        adata.obs["region"] = pd.Categorical(np.broadcast_to(region, adata.n_obs))
        adata.obs["instance_id"] = list(instances)
        if not keep_spatial:
            del adata.obsm["spatial"]
        regions = adata.obs["region"].cat.categories.tolist()
        region = regions if len(regions) > 1 else regions[0]
        return TableModel.parse(adata, region=region, region_key="region", instance_key="instance_id")

    return parsed


@pytest.fixture
def two_tables(tissue, circles, annotating):
    """A table for each omics, rows in different orders, some in one only, names and instances alike."""
    from spatialdata import SpatialData

    n = np.arange(tissue.n_obs)
    rna = annotating(tissue["rna"][:200], n[:200])
    protein = annotating(tissue["protein"][::-1][:215], n[::-1][:215])
    shapes = {"spots": circles(tissue.obsm["spatial"], n)}
    return SpatialData(shapes=shapes, tables={"rna": rna, "protein": protein}, attrs={"who": "me"})


@pytest.fixture
def mixed(tissue, circles, annotating):
    """One table with all omics."""
    from spatialdata import SpatialData

    table = annotating(ad.concat([tissue["rna"], tissue["protein"]], axis="var", merge="same"), range(225))
    return SpatialData(shapes={"spots": circles(tissue.obsm["spatial"], range(225))}, tables={"table": table})
