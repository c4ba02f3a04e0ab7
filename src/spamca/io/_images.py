"""Images of the tissue in a Space Ranger folder, as squidpy keeps them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca._logging import logger

if TYPE_CHECKING:
    from pathlib import Path

RESOLUTIONS = ("hires", "lowres")
MODES = ("L", "RGB", "RGBA")
"""What Pillow calls pixels of 8 bits a channel."""

SCALEFACTORS = "scalefactors_json.json"


def read_images(folder: Path, *, images: bool) -> dict[str, Any] | None:
    """Read images and scale factors.

    Parameters
    ----------
    folder
        Space Ranger's folder ``spatial``.
    images
        Whether to read images too.

    Returns
    -------
    ``"images"``, arrays uint8 (height, width, channels) by resolution, as many as there are; and ``"scalefactors"``. None
    where there are no scale factors, without which no image can be placed.

    Raises
    ------
    ValueError
        If a file cannot be read.
    """
    file = folder / SCALEFACTORS
    if not file.is_file():
        logger.info("read_spaceranger: %s is missing, so images and sizes of spots are left out", file)
        return None
    try:
        factors = json.loads(file.read_bytes())
    except ValueError as error:
        msg = f"{file} cannot be read as JSON ({error}); copy it anew"
        raise ValueError(msg) from error
    if not isinstance(factors, dict):
        msg = f"{file} must hold scale factors by name, such as 'tissue_hires_scalef', got {factors!r}"
        raise ValueError(msg)
    files = {name: folder / f"tissue_{name}_image.png" for name in RESOLUTIONS} if images else {}
    pixels = {name: _pixels(image) for name, image in files.items() if image.is_file()}
    if images and not pixels:
        logger.info("read_spaceranger: %s holds no tissue_hires_image.png or tissue_lowres_image.png", folder)
    return {"images": pixels, "scalefactors": factors}


def _pixels(file: Path) -> np.ndarray:
    from PIL import Image

    try:
        with Image.open(file) as image:
            if image.mode.startswith("I"):  # 16 bits
                return (np.asarray(image) >> 8).astype(np.uint8)
            return np.asarray(image if image.mode in MODES else image.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow raises on files that are broken
        msg = f"{file} cannot be read as an image ({type(error).__name__}: {error}); copy it anew, or pass images=False"
        raise ValueError(msg) from error
