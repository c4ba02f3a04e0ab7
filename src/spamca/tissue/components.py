r"""Components of a model, and the domains that they are part of.

A model describes K components. Each is a domain until domains are merged: then a domain is a set of components, and its probability
the sum of theirs,

.. math:: p_{id} = \sum_{k: m_k = d} p_{ik},

with :math:`m_k` the domain of component k. What the user called the domains is read from the labels of the spots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spamca import _keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

NAMES = "names"  # entry of the record of a clustering: names that the user gave to the domains of its components


@dataclass(frozen=True)
class Components:
    """The components of a result on n spots.

    Parameters
    ----------
    posterior
        Probability of each component, float32 (n, K).
    names
        Names of the D domains, by their first components.
    members
        Domain of each component, integers (K,); -1 where the labels do not say.
    others
        Names that spots have and that are of no component.
    """

    posterior: np.ndarray
    names: list[str]
    members: np.ndarray
    others: list[str]

    def check(self, key: str) -> None:
        """Whether each component is part of one domain, and each domain has one (ValueError)."""
        if not self.others and (self.members >= 0).all():
            return
        lost = [int(k) for k in np.flatnonzero(self.members < 0)]
        what = f"{self.others} of no domain that was found" if self.others else f"spots of the domains {lost} mixed"
        msg = (
            f"mdata.obs[{key!r}] was changed, and has {what}, so that model and posterior cannot follow; rename or merge whole domains "
            f"with spamca.tl.rename_domains, or call spamca.tl.cluster again"
        )
        raise ValueError(msg)

    @property
    def merged(self) -> bool:
        """Whether a domain has several components."""
        return len(self.names) < len(self.members)


def components_of(mdata: MuData, key: str) -> Components | None:
    """Components of a result and the domains in ``obs[key]`` that they are; None where no posterior is stored."""
    table = mdata.obsm.get(_keys.components(key), mdata.obsm.get(_keys.posterior(key)))
    if table is None:
        return None
    posterior, stored = np.asarray(table), _stored_names(mdata, key, table)
    labels = mdata.obs.get(key)
    if labels is None or len(posterior) != len(labels):
        found: list[str | None] = [*stored]
        others = []
    else:
        labels = pd.Categorical(labels)
        held = [str(name) for name in labels.categories]
        found = named(posterior.argmax(axis=1), np.asarray(labels.codes), held, stored)
        there = {held[code] for code in np.unique(labels.codes[labels.codes >= 0])}
        others = [name for name in held if name in there - set(found)]
    names = list(dict.fromkeys(name for name in found if name is not None))
    members = np.array([-1 if name is None else names.index(name) for name in found], dtype=np.int64)
    return Components(posterior, names, members, others)


def summed(posterior: np.ndarray, of: Sequence[int] | np.ndarray, n_domains: int) -> np.ndarray:
    """Probability of each domain (n, D) from that of the components (n, K); ``of`` is the domain of each, integers (K,)."""
    out = np.zeros((len(posterior), n_domains), dtype=posterior.dtype)
    np.add.at(out.T, of, posterior.T)
    return out


def named(component: np.ndarray, codes: np.ndarray, held: Sequence[str], stored: Sequence[str]) -> list[str | None]:
    """Name of each of K components; None where the spots of one have several names.

    Parameters
    ----------
    component
        Most probable component of each spot, integers (n,) below K.
    codes, held
        Label of each spot, integers (n,), -1 for none, and the names of the labels.
    stored
        Names of the components when they were stored, (K,).
    """
    spots = np.zeros((len(stored), max(len(held), 1)), dtype=np.int64)
    there = codes >= 0
    np.add.at(spots, (component[there], codes[there]), 1)
    total, most, best = spots.sum(axis=1), spots.max(axis=1), spots.argmax(axis=1)
    if (most == total).all():  # as the posterior has them, whatever they are called
        found = [held[own] if n else None for own, n in zip(best, total, strict=True)]
    elif {held[code] for code in np.unique(codes[there])} <= set(stored):
        return list(stored)  # labels that are not the most probable ones, such as those of method="leiden"
    else:
        found = [held[own] if 2 * m > n else None for own, m, n in zip(best, most, total, strict=True)]
    by_place = held if len(held) == len(stored) else stored
    return [by_place[k] if name is None and not total[k] else name for k, name in enumerate(found)]


def _stored_names(mdata: MuData, key: str, table: pd.DataFrame | np.ndarray) -> list[str]:
    """Names that the domains of the components had when they were stored, (K,)."""
    names = mdata.uns.get(key, {}).get("cluster", {}).get(NAMES)
    if names is not None and len(names) == table.shape[1]:
        return [str(name) for name in names]
    return list(map(str, table.columns if isinstance(table, pd.DataFrame) else range(table.shape[1])))
