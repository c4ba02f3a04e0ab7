"""Domains of several sections at once, with the batch effects of the sections estimated along with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spamca.domains.field import Field
from spamca.domains.shift import section_scales, section_shifts
from spamca.graph import weigh_by_agreement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spamca.domains.components import Components

_MOVED = 1e-3  # share of spots that has to change domain for another round


@dataclass(frozen=True)
class Effect:
    """What the sections do to one modality: its components are multiplied by ``scales`` (S, r), then ``shifts`` (S, r) are added."""

    scales: np.ndarray
    shifts: np.ndarray


class Sectioned:
    r"""The field of several sections, whose effects are removed from the features.

    Domains and effects are estimated in turn: the field relaxes on :math:`x_i / c_{s(i)} - b_{s(i)}`, and scales and shifts
    follow the domains (:func:`~spamca.domains.shift.section_scales`, :func:`~spamca.domains.shift.section_shifts`). The result
    depends on the start, so several starts are compared by

    .. math:: Q_b = -\sum_m \frac{w_m}{n} \Big(\frac{n_m}{2} \log |\Sigma^m| + \frac{n_m}{2} \log |W^m|
        + 2 \sum_s n_{ms} \sum_r \log c^m_{sr} + \frac12 \sum_s \lVert b^m_s \rVert^2\Big)
        + \gamma \frac{|E_{within}|}{|E|},

    the objective of the :class:`~spamca.domains.field.Field` in the units of the original features, without the covariance of all
    spots, which depends on the effects, and with the prior of the shifts, which decides where sections share too few domains.
    ``sections`` holds integers below S, (n,); the graph has no edges between sections.
    """

    def __init__(self, components: Components, sections: np.ndarray) -> None:
        self.components, self.sections = components, sections
        shapes = [(int(sections.max()) + 1, block.values.shape[1]) for block in components.blocks]
        self.correct([Effect(np.ones(shape), np.zeros(shape)) for shape in shapes])

    def correct(self, effects: Sequence[Effect]) -> None:
        """Remove these effects from the components, one for each modality."""
        self.effects = list(effects)
        corrected = []
        for block, effect in zip(self.components.blocks, self.effects, strict=True):
            values = block.values / effect.scales[self.sections] - effect.shifts[self.sections]
            values -= values.mean(axis=0) if block.present is None else values[block.present].mean(axis=0)
            corrected.append(replace(block, values=block.there(values).astype(block.values.dtype, copy=False)))
        self.field = Field(self.components.having(corrected))

    def estimated(self, assignment: np.ndarray) -> list[Effect]:
        """Effects of the sections where these are the domains (n, K), one for each modality."""
        within, out = weigh_by_agreement(self.components.graph.links, assignment), []
        for block in self.components.blocks:
            scales = section_scales(block.values, within, self.sections, block.present)
            shifts = section_shifts(block.values / scales[self.sections], block.there(assignment), self.sections)
            out.append(Effect(scales, shifts))
        return out

    def settle(self, assignment: np.ndarray, n_steps: int, *, n_rounds: int = 5) -> np.ndarray:
        """Estimate effects and domains in turn, with a covariance for each domain and ``n_steps`` of the field between two estimates.

        Returns an assignment (n, K); the field and the effects are those of the last estimate.
        """
        before = None
        for _ in range(n_rounds):
            self.correct(self.estimated(assignment))
            assignment = self.field.relax_own(assignment, n_steps)
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
