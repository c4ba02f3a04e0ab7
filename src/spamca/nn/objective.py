"""The weighted sum of the losses."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from spamca.nn.losses import CONTRASTS, TARGETS, alignment_loss, cluster_contrast_loss, reconstruction_loss

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from spamca.nn.model import Masks, Output
    from spamca.nn.settings import Settings
    from spamca.nn.tissue import Tissue


def losses(
    tissue: Tissue, output: Output, masks: Masks, settings: Settings, generator: torch.Generator
) -> dict[str, Tensor]:
    r"""All losses of one step.

    .. math:: L = \lambda_{recon} L_{recon} + \lambda_{contrast} L_{contrast}
              + \lambda_{cluster} L_{cluster} + \lambda_{kl} L_{kl}

    The pairwise losses average over the pairs of modalities and are zero for a single one; a spot counts in a pair only
    where it has both.

    Parameters
    ----------
    tissue
        The batch.
    output
        What the network gave for it.
    masks
        Hidden spots; those of the spatial view are scored. Where none is hidden, all are.
    settings
        Weights and forms of the losses.
    generator
        Source of randomness for the contrasted spots, on the CPU.

    Returns
    -------
    Scalars by name: ``"total"`` and, unweighted, ``"reconstruction"``, ``"contrast"``, ``"cluster"``, ``"alignment"``.
    """
    target = TARGETS[settings.target]
    pairs = [_pair(tissue, output, a, b, settings, generator) for a, b in combinations(range(len(tissue.features)), 2)]
    zero = output.fused_assignment.new_zeros(())
    terms = {
        "reconstruction": sum(
            (
                reconstruction_loss(features, output.restored[m], _scored(tissue, masks, m))
                for m, features in enumerate(tissue.features)
            ),
            zero,
        ),
        "contrast": sum((contrast for contrast, _ in pairs), zero) / max(len(pairs), 1),
        "cluster": sum((cluster for _, cluster in pairs), zero) / max(len(pairs), 1),
        "alignment": alignment_loss(
            output.fused_assignment, target([*output.assignments, output.fused_assignment], tissue.guide)
        ),
    }
    total = sum((getattr(settings, f"{name}_weight") * term for name, term in terms.items()), zero)
    return {"total": total, **terms}


def _scored(tissue: Tissue, masks: Masks, modality: int) -> Tensor | None:
    hidden, has = masks[modality][0], tissue.has(modality)
    if not hidden.any():
        return has
    return hidden if has is None else hidden & has


def _pair(
    tissue: Tissue, output: Output, a: int, b: int, settings: Settings, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    chosen = [output.projections[a], output.projections[b], output.assignments[a], output.assignments[b]]
    if tissue.present is not None:
        both = tissue.present[:, a] & tissue.present[:, b]
        chosen = [values[both] for values in chosen]
        if len(chosen[0]) < 2:
            return chosen[0].new_zeros(()), chosen[0].new_zeros(())
    p_a, p_b, y_a, y_b = chosen
    contrast = CONTRASTS[settings.contrast](p_a, p_b, settings.n_contrasted, settings.temperature, generator)
    return contrast, cluster_contrast_loss(y_a, y_b, temperature=settings.temperature)
