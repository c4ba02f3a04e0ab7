"""``pp.image_features``: features of the image around each spot, as a modality."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _checks, _keys
from spamca._logging import logger
from spamca.onto import spacing
from spamca.pictures import SQUIDPY, cut, features_of, squidpy_features
from spamca.pp._images import ALL, Shown, image_modality, images_of, with_modality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

LEAST_SIDE = 2
"""Pixels that the side of a patch has at least."""

COARSE = 8
"""Pixels of a side below which a patch shows little but its colour."""


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
        level co-occurrence, which takes fifty times longer).
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

    found = [
        _of_section(shown[name], np.flatnonzero(library == name), coords, size, pixels, computed) for name in sections
    ]
    values, names, rows = _together(found, coords, modality)
    record = {
        "extractor": extractor
        if isinstance(extractor, str)
        else getattr(extractor, "__name__", type(extractor).__name__),
        "sections": np.array(sections),
        "size": np.array([part.size for part in found]),
        "side": np.array([part.side for part in found]),
    }
    made = image_modality(mdata, modality, rows, values, names, record)
    made.obsm[spatial_key] = coords[rows]
    return with_modality(mdata, modality, made)


@dataclass(frozen=True)
class _Found:
    """Features (n, d) of the spots of one section that lie in its image, rows (n,) among all spots."""

    rows: np.ndarray
    values: np.ndarray
    names: list[str]
    size: float
    side: int


Computed = Callable[[np.ndarray], tuple[np.ndarray, list[str]]]


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
        msg = f"extractor {getattr(extractor, '__name__', extractor)!r}: {error}"
        raise ValueError(msg) from error


def _of_section(
    shown: Shown, rows: np.ndarray, coords: np.ndarray, size: float | None, pixels: int | None, computed: Computed
) -> _Found:
    picture = shown.picture
    size = float(size or shown.diameter or spacing(coords[rows]))
    side = round(size * picture.scale)
    if side < LEAST_SIDE:
        msg = (
            f"a patch of size {size:.4g} has a side of {size * picture.scale:.2g} pixels; pass a larger size, a finer image, or "
            "scale, the number of its pixels to a unit of the coordinates"
        )
        raise ValueError(msg)
    places = picture.places(coords[rows])
    inside = np.flatnonzero(picture.holds(places))
    half = [side / 2, side / 2]
    height, width = picture.pixels.shape[:2]
    over = ((places[inside] < half) | (places[inside] + half > [width, height])).any(axis=1).sum()
    if len(inside) < len(rows) or over:
        what = "%d of %d spots lie outside of the image and lack the modality; patches of %d reach over its edge, which repeats"
        logger.info(f"image_features: {what}", len(rows) - len(inside), len(rows), over)
    if side < COARSE:
        logger.warning(
            "image_features: patches of %d pixels show little but colour; pass a finer image or a larger size", side
        )
    names: list[str] = []
    found, position = [], []
    for part in cut(picture, places[inside], side, pixels):
        values, names = computed(part.patches)
        found.append(values)
        position.append(inside[part.spots])
    if not found:
        return _Found(rows[:0], np.zeros((0, 0), np.float32), [], size, side)
    logger.info("image_features: %d patches of %d x %d pixels", len(inside), side, side)
    return _Found(rows[np.concatenate(position)], np.vstack(found), names, size, side)


def _together(found: list[_Found], coords: np.ndarray, modality: str) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Features of all sections in the order of the spots, their names, and the rows of the spots."""
    parts = [part for part in found if len(part.rows)]
    if not parts:
        low, high = coords.min(axis=0), coords.max(axis=0)
        msg = (
            f"no spot lies in the image: coordinates reach from {low.round(1).tolist()} to {high.round(1).tolist()}; pass scale, "
            "the number of its pixels to a unit of the coordinates, or the coordinate_system of the coordinates"
        )
        raise ValueError(msg)
    if len(widths := {part.values.shape[1] for part in parts}) > 1:
        msg = (
            f"images of the sections give different numbers of features, {sorted(widths)}; they need the same channels"
        )
        raise ValueError(msg)
    values, rows = np.vstack([part.values for part in parts]), np.concatenate([part.rows for part in parts])
    names = parts[0].names or [f"{modality}_{i}" for i in range(values.shape[1])]
    order = np.argsort(rows)
    return values[order], names, rows[order]
