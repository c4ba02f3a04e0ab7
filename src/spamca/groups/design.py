"""Which section belongs to which group and donor, and what else is known of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

LEAST = 3
"""Units of a group, sections or donors, below which no test is made: two have no variance to speak of."""


@dataclass(frozen=True)
class Design:
    """Groups of S sections.

    Parameters
    ----------
    group
        Group of each section, integers (S,).
    donor
        Donor of each section, integers (S,), or None where each section is one.
    covariates
        Other properties of the sections, (S, n_covariates).
    """

    group: np.ndarray
    donor: np.ndarray | None = None
    covariates: np.ndarray | None = None

    def take(self, kept: np.ndarray) -> Design:
        """The design of some sections, chosen by booleans (S,) or integers."""
        parts = {
            name: None if (value := getattr(self, name)) is None else value[kept] for name in ("donor", "covariates")
        }
        return replace(self, group=self.group[kept], **parts)

    @property
    def kind(self) -> str:
        """``"between"`` where no donor has sections of two groups, ``"within"`` where each has, else ``"mixed"``."""
        if self.donor is None:
            return "between"
        n_groups = np.array([len(set(self.group[self.donor == donor])) for donor in np.unique(self.donor)])
        if (n_groups == 1).all():
            return "between"
        return "within" if (n_groups > 1).all() else "mixed"

    def units(self, group: int) -> int:
        """Donors, or sections where there are none, of a group."""
        own = self.group == group
        return int(own.sum()) if self.donor is None else len(np.unique(self.donor[own]))


def donor_means(values: np.ndarray, design: Design) -> tuple[np.ndarray, Design]:
    """Mean of values (S, n_tests) over the sections of each donor, and the design of donors, for a design between donors."""
    if design.donor is None:
        return values, design
    donors, first, donor = np.unique(design.donor, return_index=True, return_inverse=True)
    means = np.zeros((len(donors), values.shape[1]))
    np.add.at(means, donor, values)
    return means / np.bincount(donor)[:, None], Design(design.group[first])
