"""Several sections: where their spots lie, and how their counts differ."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spamca.datasets._layout import LAYOUTS
from spamca.datasets._shapes import draw_domains

if TYPE_CHECKING:
    from spamca.datasets._counts import Modality

_STREAM = 2**31  # of random numbers, beyond those of the blocks of counts


def draw_sections(
    n_spots: int, n_sections: int, n_domains: int, layout: str, pattern: str, random_state: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the spots of each section and their domains.

    Parameters
    ----------
    n_spots
        Number of spots of all sections.
    n_sections
        Number of sections, which have as many spots as one another, or one less.
    n_domains
        Number of domains, all of them in each section.
    layout, pattern
        As in :func:`spamca.datasets.simulated`.
    random_state
        Seed.

    Returns
    -------
    Section of each spot (n_spots,), rising; coordinates (n_spots, 2), in each section from its own origin; domains (n_spots,).
    """
    place, shape = (np.random.default_rng([random_state, stream]) for stream in range(2))
    section = np.arange(n_spots) * n_sections // n_spots
    spatial = [LAYOUTS[layout](n, place) for n in np.bincount(section)]
    domain = [draw_domains(at, n_domains, pattern, shape) for at in spatial]
    return section, np.concatenate(spatial), np.concatenate(domain)


def in_sections(modality: Modality, n_sections: int, batch_effect: float, seed: list[int]) -> Modality:
    """The modality in several sections, in each of which every feature is shifted.

    Parameters
    ----------
    modality
        What :func:`spamca.datasets._counts.draw_modality` gives.
    n_sections
        Number of sections S.
    batch_effect
        Standard deviation of the shifts of the log mean.
    seed
        Seed of the modality.

    Returns
    -------
    The same with log means (S * n_domains, n_features): row ``n_domains * s + c`` is domain c in section s.
    """
    rng = np.random.default_rng([*seed, _STREAM])
    shift = batch_effect * rng.normal(size=(n_sections, 1, modality.log_mean.shape[1]))
    log_mean = (modality.log_mean + shift).reshape(-1, modality.log_mean.shape[1])
    return replace(modality, log_mean=log_mean.astype(np.float32))
