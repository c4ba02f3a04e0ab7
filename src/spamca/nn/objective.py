"""The weighted sum of the losses."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from spamca.nn.losses import CONTRASTS, TARGETS, alignment_loss, cluster_contrast_loss, reconstruction_loss

if TYPE_CHECKING:
    from torch import Tensor

    from spamca.nn.batch import Batch
    from spamca.nn.model import Output
    from spamca.nn.settings import Settings

TERMS = ("total", "reconstruction", "contrast", "cluster", "alignment")
"""Names of the losses."""


def losses(batch: Batch, output: Output, settings: Settings) -> dict[str, Tensor]:
    r"""All losses of one step.

    .. math:: L = \lambda_{recon} L_{recon} + \lambda_{contrast} L_{contrast}
              + \lambda_{cluster} L_{cluster} + \lambda_{kl} L_{kl}

    The pairwise losses average over the pairs of modalities and are zero for a single one; a spot counts in a pair only
    where it has both. Losses of weight zero are not taken, and are zero. Where several processes share a
    batch, each gives the losses of the whole.

    Parameters
    ----------
    batch
        The batch.
    output
        What the network gave for it.
    settings
        Weights and forms of the losses.

    Returns
    -------
    Scalars by name: ``"total"`` and, unweighted, ``"reconstruction"``, ``"contrast"``, ``"cluster"``, ``"alignment"``.
    """
    zero = batch.targets[0].new_zeros(())
    contrast, cluster, alignment = zero, zero, zero
    for pair, (a, b) in zip(batch.pairs, combinations(range(len(batch.seen)), 2), strict=True):
        if settings.contrast_weight > 0:
            contrast = contrast + CONTRASTS[settings.contrast](
                output.projections[a], output.projections[b], pair, settings.temperature
            )
        if settings.cluster_weight > 0:
            y_a, y_b = output.assignments[a], output.assignments[b]
            if pair.both is not None:
                y_a, y_b = y_a[pair.both], y_b[pair.both]
            cluster = cluster + cluster_contrast_loss(y_a, y_b, temperature=settings.temperature)
    if settings.alignment_weight > 0:
        alignment = alignment_loss(output.assignments[-1], TARGETS[settings.target](output.assignments))
    terms = {
        "reconstruction": sum(map(reconstruction_loss, batch.targets, output.restored), zero),
        "contrast": contrast / max(len(batch.pairs), 1),
        "cluster": cluster / max(len(batch.pairs), 1),
        "alignment": alignment,
    }
    total = sum((getattr(settings, f"{name}_weight") * term for name, term in terms.items()), zero)
    return {"total": total, **terms}
