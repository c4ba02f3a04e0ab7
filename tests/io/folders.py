"""Folders in the layout in which each platform publishes them, of a simulated tissue with RNA and protein."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pandas as pd
from PIL import Image
from scipy import sparse

SCALE = {
    "spot_diameter_fullres": 8.0,
    "tissue_hires_scalef": 0.5,
    "tissue_lowres_scalef": 0.15,
    "microns_per_pixel": 0.27,
}
XENIUM_CONTROLS = {
    "NegControlProbe_00042": "Negative Control Probe",
    "NegControlCodeword_0500": "Negative Control Codeword",
    "UnassignedCodeword_0001": "Unassigned Codeword",
    "DeprecatedCodeword_0321": "Deprecated Codeword",
    "Intergenic_Region_1": "Genomic Control",
}


def dense(X):
    return np.asarray(X.toarray() if sparse.issparse(X) else X)


def write_10x(file, counts, names, types, barcodes, dtype=np.int32):
    """An HDF5 file as Space Ranger and Xenium write it: features by cells, in columns."""
    matrix = sparse.csc_matrix(np.asarray(counts).T.astype(dtype))
    with h5py.File(file, "w") as f:
        group = f.create_group("matrix")
        group["barcodes"] = np.array(barcodes, dtype="S")
        for name in ("data", "indices", "indptr"):
            group[name] = getattr(matrix, name)
        group["shape"] = np.array(matrix.shape, dtype=np.int32)
        features = group.create_group("features")
        features["_all_tag_keys"] = np.array([b"genome"])
        features["id"] = np.array([f"id_{name}" for name in names], dtype="S")
        features["name"] = np.array(names, dtype="S")
        features["feature_type"] = np.array(types, dtype="S")
        features["genome"] = np.array(["GRCh38"] * len(names), dtype="S")


def features_of(tissue, modalities):
    kinds = {"rna": "Gene Expression", "protein": "Antibody Capture"}
    counts = np.hstack([dense(tissue[name].X) for name in modalities])
    names = [name for modality in modalities for name in tissue[modality].var_names]
    types = [kinds[modality] for modality in modalities for _ in tissue[modality].var_names]
    return counts, names, types


def xenium(path, tissue, *, protein=True, cells="parquet"):
    """Of Xenium Onboard Analysis 2 to 4: experiment.xenium, cell_feature_matrix.h5, cells.parquet or cells.csv.gz."""
    path.mkdir(parents=True)
    modalities = ["rna", "protein"] if protein else ["rna"]
    counts, names, types = features_of(tissue, modalities)
    types = ["Protein Expression" if kind == "Antibody Capture" else kind for kind in types]
    counts = np.hstack([counts, np.ones((len(counts), len(XENIUM_CONTROLS)))])
    if protein:
        counts[:, types.index("Protein Expression") :] *= 1.5  # mean intensities are no whole numbers
    ids = [f"aaaa{i:04d}-1" for i in range(tissue.n_obs)]
    names, types = [*names, *XENIUM_CONTROLS], [*types, *XENIUM_CONTROLS.values()]
    write_10x(path / "cell_feature_matrix.h5", counts, names, types, ids, dtype=np.float32 if protein else np.int32)
    place = tissue.obsm["spatial"]
    table = pd.DataFrame({"cell_id": ids, "x_centroid": place[:, 0], "y_centroid": place[:, 1], "cell_area": 30.0})
    table = table.assign(transcript_counts=100, nucleus_area=np.nan, segmentation_method="Nucleus expansion")
    table = table.sample(frac=1, random_state=0)
    if cells == "parquet":
        table.to_parquet(path / "cells.parquet", index=False)
    elif cells == "bytes":
        table.assign(cell_id=[one.encode() for one in table["cell_id"]]).to_parquet(path / "cells.parquet", index=False)
    else:
        table.to_csv(path / "cells.csv.gz", index=False)
    (path / "experiment.xenium").write_text(json.dumps({"analysis_sw_version": "xenium-4.0.0", "run_name": "x"}))
    return path


def cosmx(path, tissue, *, modalities=("rna", "protein"), ending=".csv.gz", layout="files", placed=True, slide="S1"):
    """Flat files of AtoMx (compressed, with cell_id) and of the first release (.csv): matrix, metadata, positions of fields."""
    path.mkdir(parents=True, exist_ok=True)
    place = tissue.obsm["spatial"]
    fov = 1 + (place[:, 0] > np.median(place[:, 0])).astype(int)
    cell = np.arange(tissue.n_obs) + 1
    offset = np.array([[0.0, 0.0], [0.0, 0.0], [np.median(place[:, 0]), 10.0]])[fov]
    for name in modalities:
        controls = {"rna": ["NegPrb1", "SystemControl12"], "protein": ["Ms IgG1", "Rb IgG"]}[name]
        values = np.hstack([dense(tissue[name].X), np.ones((tissue.n_obs, 2))])
        matrix = pd.DataFrame(values, columns=[*tissue[name].var_names, *controls])
        if name == "rna":
            matrix = matrix.astype(int)
        matrix.insert(0, "fov", fov)
        matrix.insert(1, "cell_ID", cell)
        background = matrix.iloc[:2].assign(cell_ID=0, fov=[1, 2])  # what lies in no cell
        matrix = pd.concat([background, matrix])
        metadata = pd.DataFrame({"fov": fov, "cell_ID": cell, "Area": 99, "Mean.CD298/B2M": 1.5})
        if placed:
            metadata[["CenterX_global_px", "CenterY_global_px"]] = place
        metadata[["CenterX_local_px", "CenterY_local_px"]] = place - offset
        if ending == ".csv.gz":
            metadata.insert(0, "cell_id", [f"c_1_{a}_{b}" for a, b in zip(fov, cell, strict=True)])
            matrix = matrix.rename(columns={})
        field = "FOV" if ending == ".csv.gz" else "fov"
        positions = pd.DataFrame({field: [1, 2], "x_global_px": offset[[fov.argmin(), fov.argmax()], 0]})
        positions["y_global_px"] = [0.0, 10.0]
        folder = path / name.upper() if layout == "folders" else path
        folder.mkdir(exist_ok=True)
        stem = slide if layout == "folders" or len(modalities) == 1 else f"{slide}_{name}"
        metadata = metadata.sample(frac=1, random_state=1)
        for table, what in ((matrix, "exprMat"), (metadata, "metadata"), (positions, "fov_positions")):
            table.to_csv(folder / f"{stem}_{what}_file{ending}", index=False)
    return path


def merscope(path, tissue):
    """Of a region: cell_by_gene.csv and cell_metadata.csv, whose cells have numbers of 19 digits."""
    path.mkdir(parents=True)
    ids = [str(1_112_567_100_000_000_001 + i) for i in range(tissue.n_obs)]
    counts = pd.DataFrame(dense(tissue["rna"].X).astype(int), columns=tissue["rna"].var_names)
    counts = counts.assign(**{"Blank-1": 0, "Blank-50": 1})
    counts.insert(0, "cell", ids)
    counts.to_csv(path / "cell_by_gene.csv", index=False)
    place = tissue.obsm["spatial"]
    cells = pd.DataFrame({"EntityID": ids, "fov": 3, "volume": 500.0, "center_x": place[:, 0], "center_y": place[:, 1]})
    cells.sample(frac=1, random_state=1).to_csv(path / "cell_metadata.csv", index=False)
    return path


def spatial(path):
    (path / "spatial").mkdir(parents=True)
    (path / "spatial" / "scalefactors_json.json").write_text(json.dumps(SCALE))
    Image.fromarray(np.zeros((20, 30, 3), dtype=np.uint8)).save(path / "spatial" / "tissue_lowres_image.png")


def bins(path, tissue, size=8):
    """One size of bins of Visium HD: matrix, and spatial with tissue_positions.parquet."""
    folder = path / "binned_outputs" / f"square_{size:03d}um"
    spatial(folder)
    barcodes = [f"s_{size:03d}um_{i:05d}_00000-1" for i in range(tissue.n_obs)]
    write_10x(folder / "filtered_feature_bc_matrix.h5", *features_of(tissue, ["rna", "protein"]), barcodes)
    place = tissue.obsm["spatial"]
    row = pd.DataFrame({"barcode": barcodes, "in_tissue": 1, "array_row": 0, "array_col": 0})
    row[["pxl_row_in_fullres", "pxl_col_in_fullres"]] = place[:, ::-1]
    row.to_parquet(folder / "spatial" / "tissue_positions.parquet", index=False)
    return path


def segmented(path, tissue):
    """segmented_outputs of Space Ranger 4: matrix of cells, polygons of cells, spatial without positions."""
    folder = path / "segmented_outputs"
    spatial(folder)
    barcodes = [f"cellid_{i + 1:09d}-1" for i in range(tissue.n_obs)]
    write_10x(folder / "filtered_feature_cell_matrix.h5", *features_of(tissue, ["rna"]), barcodes)
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * 0.5
    cells = [
        {
            "type": "Feature",
            "properties": {"cell_id": i + 1},
            "geometry": {"type": "Polygon", "coordinates": [(square + centre).tolist()]},
        }
        for i, centre in enumerate(tissue.obsm["spatial"])
    ]
    rest = {"type": "Feature", "properties": {"cell_id": 99999}, "geometry": cells[0]["geometry"]}  # without counts
    for name in ("cell_segmentations.geojson", "graphclust_annotated_cell_segmentations.geojson"):
        (folder / name).write_text(json.dumps({"type": "FeatureCollection", "features": [rest, *cells[::-1]]}))
    return path
