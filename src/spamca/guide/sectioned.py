"""Domains of several sections at once, with the batch effects of the sections estimated beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.field import Field
from spamca.guide.shift import section_scales, section_shifts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.blocks import Block

_MOVED = 1e-3  # share of spots from which shifts are estimated anew


class Sectioned:
    r"""The field of several sections, from whose features the shifts of the sections are taken.

    Domains and shifts are estimated in turn: the field relaxes on :math:`x_i - b_{s(i)}`, and the shifts follow the domains
    (:func:`~spamca.guide.shift.section_shifts`). What is found hangs on where this starts, so that several starts are compared
    by

    .. math:: Q_b = -\sum_m \frac{w_m n_m}{2 n} \big(\log |\Sigma^m| + \log |W^m|\big) + \gamma \frac{|E_{within}|}{|E|}
        - \frac{1}{2 n} \sum_m w_m \sum_s \lVert b^m_s \rVert^2,

    the objective of the :class:`~spamca.guide.field.Field` without the covariance of all, which hangs on the shifts, and with
    the prior of the shifts: where sections share too little to tell which shift is right, the smallest is taken.

    Parameters
    ----------
    blocks
        Components of the modalities; sections are brought to one scale here.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n), without edges between sections.
    sections
        Section of each spot, integers below S of shape (n,).
    """

    def __init__(self, blocks: Sequence[Block], adjacency: csr_matrix, sections: np.ndarray) -> None:
        self.adjacency, self.sections = adjacency, sections
        self.blocks = [
            replace(
                block,
                values=block.values / section_scales(block.values, adjacency, sections, block.present)[sections],
            )
            for block in blocks
        ]
        self.shifts = [np.zeros((int(sections.max()) + 1, block.values.shape[1])) for block in self.blocks]
        self.field = Field(self.blocks, adjacency)

    def shift(self, shifts: Sequence[np.ndarray]) -> None:
        """Take these shifts, one array (S, r) a modality, from the features."""
        self.shifts = list(shifts)
        shifted = []
        for block, own in zip(self.blocks, self.shifts, strict=True):
            values = block.values - own[self.sections]
            values = values if block.present is None else values * block.present[:, None]
            shifted.append(replace(block, values=values))
        self.field = Field(shifted, self.adjacency)

    def estimated(self, assignment: np.ndarray) -> list[np.ndarray]:
        """Shifts of the sections where these are the domains (n, K)."""
        held = [1 if block.present is None else block.present[:, None] for block in self.blocks]
        return [
            section_shifts(block.values, assignment * has, self.sections)
            for block, has in zip(self.blocks, held, strict=True)
        ]

    def settle(self, assignment: np.ndarray, n_steps: int, *, n_rounds: int = 5) -> np.ndarray:
        """Estimate shifts and domains in turn, from an assignment (n, K), with a covariance for each domain.

        Parameters
        ----------
        assignment
            Where to start.
        n_steps
            Largest number of steps of the field between two estimates of the shifts.
        n_rounds
            Largest number of estimates of the shifts.

        Returns
        -------
        Assignment (n, K), float32; the field and the shifts are left as they were last.
        """
        before = None
        for _ in range(n_rounds):
            self.shift(self.estimated(assignment))
            assignment = self.field.relax(assignment, n_steps, own_covariance=True)
            now = assignment.argmax(axis=1)
            if before is not None and (now != before).mean() < _MOVED:
                break
            before = now
        return assignment

    def score(self, partition: np.ndarray, n_domains: int) -> float:
        """The objective of a partition, integers below ``n_domains`` of shape (n,), with the present shifts."""
        score = self.field.objective(partition, n_domains)
        for block, own in zip(self.field.blocks, self.shifts, strict=True):
            score -= block.weight * block.size / len(partition) * np.linalg.slogdet(block.total)[1]
            score -= block.weight * np.square(own).sum() / (2 * len(partition))
        return float(score)

    def batch_effect(self) -> float:
        """Root mean square of the shifts, over spots and components, in units of the noise."""
        size = np.bincount(self.sections, minlength=int(self.sections.max()) + 1) / len(self.sections)
        squares = [size @ np.square(own) for own in self.shifts]
        return float(np.sqrt(np.concatenate(squares).mean()))
