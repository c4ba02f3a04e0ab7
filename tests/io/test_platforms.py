"""Which platform a folder is of, and what is said where it is of none or of several."""

from __future__ import annotations

import pytest

from spamca.io._platforms import PLATFORMS, recognised


@pytest.mark.parametrize(
    ("files", "name"),
    [
        (["experiment.xenium", "cell_feature_matrix.h5", "cells.parquet"], "Xenium"),
        (["GSM1_cell_feature_matrix.h5", "GSM1_cells.csv.gz"], "Xenium"),
        (["S1_exprMat_file.csv", "S1_metadata_file.csv"], "CosMx"),
        (["RNA/S1_exprMat_file.csv.gz", "Protein/S1_exprMat_file.csv.gz"], "CosMx"),
        (["cell_by_gene.csv", "cell_metadata.csv"], "MERSCOPE"),
        (["binned_outputs/square_008um/filtered_feature_bc_matrix.h5", "feature_slice.h5"], "Visium HD"),
        (["square_008um/filtered_feature_bc_matrix.h5", "square_002um/filtered_feature_bc_matrix.h5"], "Visium HD"),
        (["segmented_outputs/filtered_feature_cell_matrix.h5", "spatial/tissue_lowres_image.png"], "Visium HD"),
        (["filtered_feature_cell_matrix.h5", "cell_segmentations.geojson"], "Visium HD"),
        (["filtered_feature_bc_matrix.h5", "spatial/tissue_positions.parquet"], "Visium"),
        (["GSM1_filtered_feature_bc_matrix.h5", "spatial/tissue_positions_list.csv"], "Visium"),
        (["filtered_feature_bc_matrix/matrix.mtx.gz"], "Visium"),
        (["matrix.h5", "spatial/tissue_positions.csv"], "Visium"),
    ],
)
def test_known_by_its_files(files, name, tmp_path):
    for file in files:
        (tmp_path / "run" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "run" / file).touch()
    for path in (tmp_path / "run", tmp_path):
        platform, folder = recognised(path)
        assert platform.name == name
        assert folder == tmp_path / "run" or name == "CosMx"


def test_an_unknown_folder_lists_what_is_known_and_what_is_there(tmp_path):
    with pytest.raises(ValueError, match="It holds nothing"):
        recognised(tmp_path)
    (tmp_path / "notes.txt").touch()
    (tmp_path / "images").mkdir()
    with pytest.raises(
        ValueError, match="of no platform that is known. It holds images/, notes.txt. Known are"
    ) as error:
        recognised(tmp_path)
    assert all(f"{platform.name}: {platform.known_by}" in str(error.value) for platform in PLATFORMS)


def test_several_folders_of_platforms(tmp_path):
    for name in ("region_0", "region_1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cell_by_gene.csv").touch()
    with pytest.raises(
        ValueError, match=r"holds several folders of platforms; pass one of '.*region_0' \(MERSCOPE\), "
    ):
        recognised(tmp_path)
