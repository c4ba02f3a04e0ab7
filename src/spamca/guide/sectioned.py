"""Domains of several sections at once, with the batch effects of the sections estimated beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spamca.graph import weigh_by_agreement
from spamca.guide.field import Field
from spamca.guide.shift import section_scales, section_shifts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.blocks import Block

_MOVED = 1e-3  # share of spots from which effects are estimated anew


@dataclass(frozen=True)
class Effect:
    """What the sections do to the features of a modality.

    Parameters
    ----------
    scales
        What they stretch them by, (S, r).
    shifts
        What they then add, (S, r), in units of noise.
    """

    scales: np.ndarray
    shifts: np.ndarray


class Sectioned:
    r"""The field of several sections, from whose features the effects of the sections are taken.

    Domains and effects are estimated in turn: the field relaxes on :math:`x_i / c_{s(i)} - b_{s(i)}`, and scales and shifts
    follow the domains (:func:`~spamca.guide.shift.section_scales`, :func:`~spamca.guide.shift.section_shifts`). What is found
    hangs on where this starts, so that several starts are compared by

    .. math:: Q_b = -\sum_m \frac{w_m}{n} \Big(\frac{n_m}{2} \log |\Sigma^m| + \frac{n_m}{2} \log |W^m|
        + 2 \sum_s n_{ms} \sum_r \log c^m_{sr} + \frac12 \sum_s \lVert b^m_s \rVert^2\Big)
        + \gamma \frac{|E_{within}|}{|E|},

    the objective of the :class:`~spamca.guide.field.Field` in the units of the features that came in, without the covariance of
    all, which hangs on the effects, and with the prior of the shifts: where sections share too little to tell which shift is
    right, the smallest is taken.

    Parameters
    ----------
    blocks
        Components of the modalities.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n), without edges between sections.
    sections
        Section of each spot, integers below S of shape (n,).
    """

    def __init__(self, blocks: Sequence[Block], adjacency: csr_matrix, sections: np.ndarray) -> None:
        self.blocks, self.adjacency, self.sections = list(blocks), adjacency, sections
        self._links = (adjacency != 0).astype(np.float64)
        shape = int(sections.max()) + 1
        self.correct([Effect(*(of((shape, b.values.shape[1])) for of in (np.ones, np.zeros))) for b in self.blocks])

    def correct(self, effects: Sequence[Effect]) -> None:
        """Take these effects from the features, one a modality."""
        self.effects = list(effects)
        corrected = []
        for block, effect in zip(self.blocks, self.effects, strict=True):
            values = block.values / effect.scales[self.sections] - effect.shifts[self.sections]
            values -= values.mean(axis=0) if block.present is None else values[block.present].mean(axis=0)
            values = values if block.present is None else values * block.present[:, None]
            corrected.append(replace(block, values=values))
        self.field = Field(corrected, self.adjacency)

    def estimated(self, assignment: np.ndarray) -> list[Effect]:
        """Effects of the sections where these are the domains (n, K), one a modality."""
        within, out = weigh_by_agreement(self._links, assignment), []
        for block in self.blocks:
            scales = section_scales(block.values, within, self.sections, block.present)
            has = 1 if block.present is None else block.present[:, None]
            shifts = section_shifts(block.values / scales[self.sections], assignment * has, self.sections)
            out.append(Effect(scales, shifts))
        return out

    def settle(self, assignment: np.ndarray, n_steps: int, *, n_rounds: int = 5) -> np.ndarray:
        """Estimate effects and domains in turn, from an assignment (n, K), with a covariance for each domain.

        Parameters
        ----------
        assignment
            Where to start.
        n_steps
            Largest number of steps of the field between two estimates of the effects.
        n_rounds
            Largest number of estimates of the effects.

        Returns
        -------
        Assignment (n, K), float32; the field and the effects are left as they were last.
        """
        before = None
        for _ in range(n_rounds):
            self.correct(self.estimated(assignment))
            assignment = self.field.relax(assignment, n_steps, own_covariance=True)
            now = assignment.argmax(axis=1)
            if before is not None and (now != before).mean() < _MOVED:
                break
            before = now
        return assignment

    def score(self, partition: np.ndarray, n_domains: int) -> float:
        """The objective of a partition, integers below ``n_domains`` of shape (n,), with the present effects."""
        score = self.field.objective(partition, n_domains)
        for block, effect in zip(self.field.blocks, self.effects, strict=True):
            size = np.bincount(self.sections, block.present, minlength=len(effect.scales))
            volume = np.linalg.slogdet(block.total)[1] * block.size + 2 * (size @ np.log(effect.scales)).sum()
            score -= block.weight * (volume + np.square(effect.shifts).sum() / 2) / len(partition)
        return float(score)

    def batch_effect(self) -> float:
        """Root mean square of the shifts, over spots and components, in units of the noise."""
        size = np.bincount(self.sections, minlength=int(self.sections.max()) + 1) / len(self.sections)
        squares = [size @ np.square(effect.shifts) for effect in self.effects]
        return float(np.sqrt(np.concatenate(squares).mean()))
