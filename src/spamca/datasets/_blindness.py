"""Which domains a modality cannot tell apart."""

from __future__ import annotations

import numpy as np


def seen_as(n_domains: int, n_modalities: int) -> np.ndarray:
    """Class of each domain in each modality; domains of one class look alike there.

    The domains are put on a ring. The first modality merges neighbours 0-1, 2-3, ...; the next is shifted by one, so that
    every pair merged by one is told apart by the next. With a single modality, or with two domains, nothing is merged:
    there a domain seen by nobody could not be recovered.

    Parameters
    ----------
    n_domains
        Number of domains.
    n_modalities
        Number of modalities.

    Returns
    -------
    Integers of shape (n_domains, n_modalities): the smallest domain of the class.
    """
    classes = np.tile(np.arange(n_domains)[:, None], (1, n_modalities))
    if n_modalities == 1 or n_domains < 3:
        return classes
    for modality in range(n_modalities):
        for pair in range(n_domains // 2):
            both = (np.array([0, 1]) + 2 * pair + modality) % n_domains
            classes[both, modality] = both.min()
    return classes
