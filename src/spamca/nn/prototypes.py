"""Prototypes: what the latents of a domain have in common, and latents drawn towards it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def prototypes(latent: Tensor, assignment: Tensor) -> Tensor:
    """Mean latent of each domain, c in :func:`attract`: (n_clusters, n_latent)."""
    return assignment.T @ latent / assignment.sum(dim=0).clamp(min=1e-6)[:, None]


def attract(latent: Tensor, assignment: Tensor, share: float, centres: Tensor | None = None) -> Tensor:
    r"""Draw each latent towards the prototypes of the domains that it is assigned to.

    .. math::
        z'_i = (1 - \pi)\, z_i + \pi \sum_k y_{ik} c_k, \qquad c_k = \frac{\sum_i y_{ik} z_i}{\sum_i y_{ik}}

    What the domains are is not changed by it, but how clearly they stand apart: what varies within a domain shrinks by
    :math:`1 - \pi`, and a mixture finds the domains from any start.

    Parameters
    ----------
    latent
        :math:`z`, shape (n_spots, n_latent).
    assignment
        :math:`y`, shape (n_spots, n_clusters), rows summing to one.
    share
        :math:`\pi`, from 0 to 1.
    centres
        Prototypes c of another tissue, shape (n_clusters, n_latent); None takes those of this one.

    Returns
    -------
    Shape (n_spots, n_latent).
    """
    centres = prototypes(latent, assignment) if centres is None else centres
    return (1 - share) * latent + share * (assignment @ centres)
