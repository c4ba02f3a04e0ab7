"""Images and scale factors, and broken ones."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import spamca
from spamca.io import read_spaceranger


@pytest.mark.parametrize("there", [("hires",), ("lowres",), ()])
def test_some_images(writers, run, tmp_path, there, told):
    path = writers.write_outs(run, tmp_path / "outs", images=there)
    mdata = read_spaceranger(path)
    record = mdata.uns["spatial"]["V10-A1"]
    assert set(record["images"]) == set(there)
    assert record["scalefactors"]["tissue_hires_scalef"] == 0.5
    assert any("holds no tissue_hires_image.png" in line for line in told()) == (not there)


def test_not_asked_for(outs):
    record = read_spaceranger(outs, images=False).uns["spatial"]["V10-A1"]
    assert record["images"] == {}
    assert record["scalefactors"]["spot_diameter_fullres"] == 8


def test_no_scalefactors(outs, told):
    (outs / "spatial" / "scalefactors_json.json").unlink()
    mdata = read_spaceranger(outs)
    assert "spatial" not in mdata.uns
    assert "spatial" not in mdata["rna"].uns
    assert "scalefactors_json.json is missing, so images and sizes of spots are left out" in told()[0]
    spamca.pp.neighbors(mdata)


@pytest.mark.parametrize("content", [b"", b'{"tissue_hires_scalef": 0.', b"\xff\xfe"])
def test_broken_scalefactors(outs, content):
    (outs / "spatial" / "scalefactors_json.json").write_bytes(content)
    with pytest.raises(ValueError, match="scalefactors_json.json cannot be read as JSON"):
        read_spaceranger(outs)


def test_scalefactors_without_names(outs):
    (outs / "spatial" / "scalefactors_json.json").write_text("[0.5]")
    with pytest.raises(ValueError, match=r"scalefactors_json.json must hold scale factors by name.*got \[0.5\]"):
        read_spaceranger(outs)


@pytest.mark.parametrize("size", [0, 10, 400])
def test_broken_image(outs, size):
    file = outs / "spatial" / "tissue_hires_image.png"
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(ValueError, match="tissue_hires_image.png cannot be read as an image .* or pass images=False"):
        read_spaceranger(outs)
    assert read_spaceranger(outs, images=False).n_obs == 144


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "1", "LA", "I;16"])
def test_kinds_of_pixels(outs, mode):
    whole = Image.fromarray(np.full((60, 80), 200, dtype=np.uint8))
    image = Image.fromarray(np.full((60, 80), 200 * 256, dtype=np.uint16)) if mode == "I;16" else whole.convert(mode)
    image.save(outs / "spatial" / "tissue_hires_image.png")
    pixels = read_spaceranger(outs).uns["spatial"]["V10-A1"]["images"]["hires"]
    assert pixels.dtype == np.uint8
    assert pixels.shape[:2] == (60, 80)
    assert pixels.max() == {"1": 255, "RGBA": 255}.get(mode, 200)


def test_gray_image(outs):
    gray = np.arange(4800, dtype=np.uint8).reshape(60, 80)
    Image.fromarray(gray).save(outs / "spatial" / "tissue_hires_image.png")
    np.testing.assert_array_equal(read_spaceranger(outs).uns["spatial"]["V10-A1"]["images"]["hires"], gray)
