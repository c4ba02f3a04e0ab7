"""``pp.image_features``: features of the image around each spot, as a modality."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _checks, _keys
from spamca.onto import ALL, spacing
from spamca.pictures import LEAST_SIDE, SQUIDPY, around, features_of, squidpy_features, together
from spamca.pp._images import image_modality, images_of, with_modality

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mudata import MuData

    from spamca.pictures import Computed


def image_features(
    mdata: MuData,
    *,
    image: Any = None,
    extractor: str | Callable[[np.ndarray], Any] = "squidpy",
    features: str | Sequence[str] = ("summary",),
    size: float | None = None,
    pixels: int | None = None,
    scale: float | None = None,
    coordinate_system: str = "global",
    modality: str = "image",
    spatial_key: str = _keys.SPATIAL,
    library_key: str | None = None,
) -> MuData:
    r"""Compute features of the image around each spot, and give the tissue with them as a modality.

    A square patch around each spot is cut out of the image, in blocks, and turned into numbers by squidpy or by a function of
    yours, such as a foundation model for histology. The patch of a spot near the edge repeats the edge; a spot outside of the image
    lacks the modality. It is of kind ``"image"`` to :func:`spamca.pp.prepare`.

    Parameters
    ----------
    mdata
        Tissue with coordinates in ``obsm``.
    image
        Image of the tissue: an array of shape (height, width), (height, width, channels) or (channels, height, width), with 8 or 16
        bits or real numbers, in memory or of dask; or an image of a SpatialData, ``sdata["he"]``, whose finest resolution is used; or a
        mapping of these by section. Alpha is put on white. None: the finest image in ``uns["spatial"]``, with its scale
        factor, by section where there are several.
    extractor
        ``"squidpy"``, or a function from patches, float32 from 0 to 1 of shape (n, side, side, channels), to features, an array or
        tensor of shape (n, d). It is called block by block.
    features
        Features of squidpy: ``"summary"`` (mean, deviation and quantiles of each channel), ``"histogram"`` and ``"texture"`` (grey
        level co-occurrence, which takes far longer).
    size
        Side of the patches in units of the coordinates. None: the diameter of spots that ``uns["spatial"]`` records, else the
        spacing of the spots. Larger patches see more of the surroundings, and share it with neighbours.
    pixels
        Side in pixels that patches are resized to, such as 224 for many models. None: as they are.
    scale
        Pixels of an array to a unit of the coordinates; None: 1.
    coordinate_system
        Coordinate system of a SpatialData that the coordinates are in.
    modality
        Name of the modality.
    spatial_key
        Name of the coordinates in ``obsm``.
    library_key
        Column of ``obs`` with the section of each spot, where each has an image. By default the one given to
        :func:`spamca.pp.neighbors`, if any.

    Returns
    -------
    A new MuData, a copy of ``mdata`` in memory with one more modality, in place of an earlier one of this function; ``mdata`` is
    unchanged, since mudata cannot add a modality to what it holds without a risk to the rest.

    ``mdata["image"].X``
        Features of the spots in the image, float32 of shape (n_spots, n_features).
    ``mdata["image"].obsm["spatial"]``, ``mdata["image"].var["feature_types"]``
        Coordinates, and ``"Image"``.
    ``mdata["image"].uns["spamca_image"]``
        ``"extractor"``, and for each of ``"sections"`` the ``"size"`` of its patches and their ``"side"`` in pixels of the image.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or out of its range, no spot lies in the image, a patch is smaller than two pixels, or the
        extractor gives anything but finite numbers for each patch.
    KeyError
        If there are no coordinates, no image of a section, or no such column.

    See Also
    --------
    squidpy.im.calculate_image_features : the same features of a :class:`squidpy.im.ImageContainer`.

    Examples
    --------
    >>> import numpy as np, spamca
    >>> mdata = spamca.datasets.simulated(n_spots=100, n_domains=3)
    >>> image = np.random.default_rng(0).integers(0, 256, size=(100, 100, 3), dtype=np.uint8)
    >>> mdata = spamca.pp.image_features(
    ...     mdata, image=image, scale=10, extractor=lambda patches: patches.mean(axis=(1, 2))
    ... )
    >>> mdata["image"].shape
    (100, 3)
    >>> spamca.pp.neighbors(mdata)
    """
    _checks.check_readable(mdata)
    _check_modality(mdata, modality)
    computed = _extractor(extractor, features)
    for name, length in {"size": size, "scale": scale}.items():
        if length is not None:
            _checks.check_length(name, length)
    if pixels is not None:
        _checks.check_count("pixels", pixels, least=LEAST_SIDE)
    _checks.check_name("coordinate_system", coordinate_system)
    coords = _checks.check_coordinates(mdata, spatial_key)[:, :2]
    library_key = _checks.find_library_key(mdata, library_key, "image_features")
    library = _checks.check_library(mdata, library_key)
    library = np.full(mdata.n_obs, ALL) if library is None else library
    sections = [str(name) for name in np.unique(library)]
    shown = images_of(mdata, image, sections, scale, coordinate_system, library_key)

    found = []
    for name in sections:
        rows, (picture, diameter) = np.flatnonzero(library == name), shown[name]
        own = float(size or diameter or spacing(coords[rows]))
        found.append(around(picture, rows, coords[rows], own, pixels, computed))
    values, names, rows = together(found, coords)
    record = {
        "extractor": extractor if isinstance(extractor, str) else _name(extractor),
        "sections": np.array(sections),
        "size": np.array([part.size for part in found]),
        "side": np.array([part.side for part in found]),
    }
    made = image_modality(mdata, modality, rows, values, names, record)
    made.obsm[spatial_key] = coords[rows]
    return with_modality(mdata, modality, made)


def _check_modality(mdata: MuData, modality: str) -> None:
    _checks.check_name("modality", modality)
    if not modality or "/" in modality:
        msg = f"modality must be a name without '/', got {modality!r}"
        raise ValueError(msg)
    if modality in mdata.mod and _keys.IMAGE_RECORD not in mdata[modality].uns:
        msg = f"modality={modality!r} would replace one that image_features did not write; choose another name"
        raise ValueError(msg)
    if modality in mdata.obsm and modality not in mdata.mod:
        msg = f"modality={modality!r} would replace mdata.obsm[{modality!r}]; choose another name"
        raise ValueError(msg)


def _extractor(extractor: str | Callable[[np.ndarray], Any], features: str | Sequence[str]) -> Computed:
    """A function from patches to features and their names, none where they have none."""
    if callable(extractor):
        return partial(_called, extractor=extractor)
    if extractor != "squidpy":
        msg = f"extractor must be 'squidpy' or a function from patches to features, got {extractor!r}"
        raise ValueError(msg)
    wanted = [features] if isinstance(features, str) else list(features)
    for feature in wanted:
        _checks.check_choice("features", feature, SQUIDPY)
    if not wanted:
        msg = f"features must name one of {list(SQUIDPY)} at least, got {features!r}"
        raise ValueError(msg)
    return partial(squidpy_features, features=wanted)


def _called(patches: np.ndarray, extractor: Callable[[np.ndarray], Any]) -> tuple[np.ndarray, list[str]]:
    try:
        return features_of(patches, extractor), []
    except ValueError as error:
        msg = f"extractor {_name(extractor)!r}: {error}"
        raise ValueError(msg) from error


def _name(extractor: Callable[[np.ndarray], Any]) -> str:
    return str(getattr(extractor, "__name__", type(extractor).__name__))
