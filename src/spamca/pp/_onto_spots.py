"""``pp.onto_spots``: modalities that were measured at places of their own brought onto the spots of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spamca import _checks, _edge, _keys
from spamca.onto import LANDMARKS, joined
from spamca.pp._apart import (
    check_transform,
    choices_of,
    maps_of,
    on_the_same_spots,
    own_coordinates,
    section_column,
    sections_of,
)
from spamca.pp._carried import METHOD, assembled, carried_modality, kept_modality, points_of, record_of, ways_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from mudata import MuData


def onto_spots(
    mdata: MuData,
    *,
    reference: str,
    transform: Mapping[str, Any] | None = None,
    landmarks: str = "affine",
    method: str | Mapping[str, str] | None = None,
    aggregate: str | Mapping[str, str] | None = None,
    max_distance: float | Mapping[str, float] | None = None,
    spatial_key: str = _keys.SPATIAL,
    library_key: str | None = "auto",
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
) -> MuData:
    r"""Bring modalities that were measured at places of their own onto the spots of one of them.

    For modalities of one section, or of adjacent ones, in the same space: Visium and mass spectrometry imaging above all. Each
    point of a modality stands for the tissue around it. Counts are divided: each goes to one of the spots that overlap with its
    point, drawn with the overlap for chance, so that they stay counts, none is counted twice, and neighbouring spots do not
    share noise. Intensities and other values are averaged over the points that a spot is nearest to; a spot that is nearest to
    none takes the nearest point, unless points are sparser than spots. Spots lack the modality that have no point near enough
    which holds something, as rows of zeros and NaN do not (``empty_rows`` of :func:`spamca.pp.prepare`). Time and memory grow with
    the numbers of spots and points.

    Where values are averaged, take for reference the modality with the fewest spots: others would lack the modality
    in most spots. Finding the alignment is left to tools for it, such as MAGPIE, STalign, PASTE2, moscot, or
    landmarks in napari-spatialdata; their result goes into ``transform``, or as coordinates into ``obsm``.

    Parameters
    ----------
    mdata
        Modalities with coordinates in ``obsm`` of each. They need no spot in common. A modality whose spots have names of the
        reference's spots, at the same places or without coordinates of its own, is on its spots already and stays as it is.
    reference
        Modality whose spots are kept, with their values, names and coordinates.
    transform
        By modality, what brings its coordinates to those of the reference: a matrix of shape (2, 3) or (3, 3) for columns
        (x, y, 1); a pair of landmarks, both of shape (n_landmarks, 2), in the coordinates of the modality and in those of the
        reference; a transformation of spatialdata or scikit-image; or a mapping of these by section. None: coordinates are
        in one space already, as :func:`spamca.io.from_spatialdata` gives them with ``coordinate_system``.
    landmarks
        Map that is fitted to landmarks by least squares: ``"affine"`` (from three pairs) or ``"similarity"`` (from two; rotation,
        scale and shift, with a reflection where that fits better).
    method
        How points are divided among spots, for all or by modality: ``"area"`` (overlap of discs with the area that each point
        and each spot have for themselves), ``"kernel"`` (a Gaussian of the distance) or ``"nearest"`` (each point to the nearest spot).
        None: ``"area"`` where counts are summed, ``"nearest"`` where values are averaged.
    aggregate
        ``"mean"`` or ``"sum"``, for all or by modality. None: sums of counts, means of anything else, metabolites whatever they hold.
    max_distance
        Distance in the reference's coordinates beyond which a point gives nothing to a spot, for all or by modality. A spot
        with no point within it lacks the modality. None: the spacing of the points plus half that of the spots.
    spatial_key
        Name of the coordinates in ``obsm``.
    library_key
        Column of ``obs`` with the section of each spot, of all modalities: only points and spots of one section are joined.
        ``"auto"`` finds sections of the reference that overlap, as in :func:`spamca.pp.neighbors`; None: there is one section.
    random_state
        Seed of the division of counts.

    Returns
    -------
    A new MuData with the spots of the reference; ``mdata`` is unchanged. It holds the reference and what is on its spots as they
    were, ``X`` and layers of the others carried to the spots (float32), and columns of ``mdata.obs``. ``obs``, ``obsm`` and ``uns`` of the
    others describe their points and are left out. Written are

    ``obsm["spatial"]``
        Coordinates of the reference, in all modalities and on the MuData.
    ``mdata[modality].obs["onto_spots_points"]``, ``mdata[modality].obs["onto_spots_distance"]``
        Number of points that gave to the spot, and distance to the nearest.
    ``uns["onto_spots"]``
        The reference, and by modality ``"method"``, ``"aggregate"``, ``"sections"`` (a DataFrame: spacings, ``max_distance``, numbers
        of spots and points, root mean square ``residual`` of landmarks), ``"transform"`` (n_sections, 3, 3), ``"points"`` after it,
        (n_points, 2), and ``"section_of_point"``, the row of each in ``"sections"``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or out of its range, landmarks do not determine the map, or no spot has a modality.
    KeyError
        If a modality has no coordinates, or an argument names a modality or section that does not exist.

    See Also
    --------
    spamca.pl.overlay : draws spots and points, to check the map.

    Notes
    -----
    Others take the mean or sum of the pixels that a spot is nearest to (MAGPIE), or the mean of pixels that overlap with it by more than a
    fifth of their area (SpaMTP). Equations are in :mod:`spamca.onto`.

    Examples
    --------
    >>> import numpy as np, spamca
    >>> from mudata import MuData
    >>> tissue = spamca.datasets.simulated(n_spots=400, n_domains=3)
    >>> rna, protein = tissue["rna"][::2].copy(), tissue["protein"][1::2].copy()
    >>> protein.obsm["spatial"] = protein.obsm["spatial"] / 20  # another unit
    >>> apart = MuData({"rna": rna, "protein": protein})
    >>> mdata = spamca.pp.onto_spots(apart, reference="rna", transform={"protein": [[20, 0, 0], [0, 20, 0]]})
    >>> mdata.n_obs, mdata["protein"].n_obs
    (200, 200)
    >>> spamca.pp.neighbors(mdata)
    """
    _checks.check_readable(mdata, apart=True)
    _checks.check_choice("reference", reference, list(mdata.mod))
    _checks.check_name("spatial_key", spatial_key)
    _checks.check_choice("landmarks", landmarks, LANDMARKS)
    random_state = _checks.check_seed(random_state)
    choices = choices_of(mdata, reference, method, aggregate, max_distance)
    transform = check_transform(mdata, reference, transform)
    spots = own_coordinates(mdata, reference, spatial_key)
    library_key = section_column(mdata, reference, spots, library_key)
    _checks.check_library(mdata, library_key)

    def place(name: str) -> tuple[np.ndarray, np.ndarray]:
        coords, section = own_coordinates(mdata, name, spatial_key), sections_of(mdata, name, library_key)
        return _checks.flat(coords, section, "points are joined in the plane"), section

    spots, spot_section = place(reference)

    mod, records = {}, {}
    for name in mdata.mod:
        if name == reference:
            mod[name] = _edge.in_memory(mdata[name])
        elif name not in transform and on_the_same_spots(mdata, name, reference, spatial_key):
            mod[name] = kept_modality(mdata, name, reference)
        else:
            chosen, (points, section), held = choices[name], place(name), points_of(mdata[name], name)
            maps = maps_of(name, transform.get(name), section, landmarks, library_key)
            ways = ways_of(held, name, chosen.aggregate)
            how = chosen.method or METHOD[ways["X"]]
            options: dict[str, Any] = {"max_distance": chosen.max_distance, "measured": held.measured}
            found = joined(spots, points, spot_section, section, maps, method=how, **options)
            mod[name] = carried_modality(
                mdata, name, reference, held, found, ways, spatial_key=spatial_key, random_state=random_state
            )
            records[name] = record_of(found, section, how, ways["X"])
    keys = {"spatial_key": spatial_key, **({} if library_key is None else {"library_key": library_key})}
    return assembled(mdata, mod, reference, spots, {"reference": reference, **keys, "modalities": records})
