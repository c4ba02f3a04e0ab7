"""What a spot sees of its surroundings, before anything is learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from spamca.nn.sparse import Adjacency


@dataclass(frozen=True)
class Surroundings:
    r"""Features of the surroundings of some spots at several scales.

    With hidden spots :math:`h \in \{0, 1\}^N`, whose features are replaced by a token :math:`t` that is learned,

    .. math:: \hat A^s \tilde X = \hat A^s \operatorname{diag}(1 - h) X + (\hat A^s h)\, t^\top,

    so that both products are taken once, without gradient, and in the narrower of the two spaces where features are few.

    Parameters
    ----------
    values
        :math:`\hat A^s \operatorname{diag}(1 - h) X` of each scale side by side, (n_spots, n_scales * n_features); where spots may
        be hidden with :math:`\hat A^s h` after those of each scale, (n_spots, n_scales * (n_features + 1)).
    hides
        Whether spots may be hidden.
    """

    values: Tensor
    hides: bool

    def to(self, device: torch.device | str, **kwargs: bool) -> Surroundings:
        """The same on another device."""
        return Surroundings(self.values.to(device, **kwargs), self.hides)


@torch.no_grad()
def surroundings(
    adjacency: Adjacency, x: Tensor, hidden: Tensor | None, scales: Sequence[int] = (1,), n_first: int | None = None
) -> Surroundings:
    """Carry features over a graph.

    Parameters
    ----------
    adjacency
        Normalised graph of shape (n_spots, n_columns); square where a scale is above 1.
    x
        Features, (n_columns, n_features).
    hidden
        Which spots are hidden, booleans (n_columns,), or None.
    scales
        Numbers of hops.
    n_first
        How many of the first spots are asked for; None asks for all.

    Returns
    -------
    Surroundings of those spots.
    """
    now = x if hidden is None else torch.cat([x.masked_fill(hidden[:, None], 0), hidden[:, None].to(x.dtype)], dim=1)
    reached = {0: now[:n_first]}
    for scale in range(1, max(scales) + 1):
        now = adjacency.product(now)
        if scale in scales:
            reached[scale] = now[:n_first]
    return Surroundings(torch.cat([reached[scale] for scale in scales], dim=1), hidden is not None)
