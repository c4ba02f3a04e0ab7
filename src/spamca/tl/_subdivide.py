"""Some domains divided further, as one part of the tissue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _checks
from spamca._colors import colors_of, spare_colors
from spamca.model.domains import FIELD, default_range, find_domains, find_number
from spamca.tissue.forget import check_no_embedding, forget_domains
from spamca.tissue.labels import write_labels
from spamca.tl._cluster_embedding import clustering
from spamca.tl._ready import searched

if TYPE_CHECKING:
    from mudata import MuData

    from spamca.tl._cluster_embedding import Embedded


LEAST = 3  # spots that a search for domains needs


@dataclass(frozen=True)
class Part:
    """The spots of some domains: ``which``, booleans (n_obs,), have the ``chosen`` categories of a column of labels in these colours."""

    column: str
    chosen: list[str]
    labels: pd.Categorical
    colors: list[str]
    which: np.ndarray
    n_clusters: int | None
    key_added: str

    @property
    def prefix(self) -> str:
        """What the names of the new domains begin with, as scanpy makes it."""
        return "-".join(self.chosen) + ","


def check_restriction(mdata: MuData, restrict_to: Any, n_clusters: Any, key_added: str | None) -> Part:
    """The part of the tissue that ``restrict_to`` names (TypeError, KeyError, ValueError)."""
    pair = f"restrict_to must be a column of obs and a list of its categories, such as ('spamca', ['2']), got {restrict_to!r}"
    if not isinstance(restrict_to, (tuple, list)) or len(restrict_to) != 2:
        raise TypeError(pair)
    column, chosen = restrict_to
    chosen = [chosen] if isinstance(chosen, str) else chosen
    if not isinstance(column, str) or not isinstance(chosen, (Sequence, np.ndarray)):
        raise TypeError(pair)
    found = _checks.check_column(mdata, "restrict_to", column)
    values = found.values
    if values.dtype.kind == "f":
        msg = f"restrict_to names {column!r}, which holds numbers; name a column of domains or other categories"
        raise TypeError(msg)
    labels = pd.Categorical(values)
    names = [str(name) for name in labels.categories]
    chosen = list(dict.fromkeys(str(name) for name in chosen))
    if not chosen or (unknown := [name for name in chosen if name not in names]):
        msg = f"restrict_to names {unknown if chosen else 'no category'}, but mdata.obs[{column!r}] has {names}"
        raise KeyError(msg)
    labels = labels.rename_categories(names)
    which = np.isin(np.asarray(labels.codes), [names.index(name) for name in chosen])
    key_added = f"{column}_R" if key_added is None else key_added
    _checks.check_key_added(mdata, key_added)
    if key_added != column:
        check_no_embedding(mdata, key_added, column)
    else:
        msg = (
            f"key_added={key_added!r} is the column that restrict_to names; choose another name for the divided domains"
        )
        raise ValueError(msg)
    if which.sum() < LEAST:
        msg = f"restrict_to={restrict_to!r} holds {which.sum()} spots, at least {LEAST} are needed to divide them"
        raise ValueError(msg)
    if n_clusters is not None:
        if isinstance(n_clusters, (Sequence, np.ndarray)):
            msg = f"n_clusters must be one number with restrict_to, got {n_clusters!r}"
            raise TypeError(msg)
        _checks.check_n_clusters(n_clusters, int(which.sum()))
    return Part(column, chosen, labels, colors_of(found.holder.uns, found.name, names), which, n_clusters, key_added)


def subdivide(mdata: MuData, part: Part, search: Embedded) -> None:
    """Divide a part of the tissue as ``search`` says, and write labels and colours of all spots.

    A number of None is estimated, or follows from the resolution.
    """
    found: dict[str, Any] = {}
    n_clusters = part.n_clusters
    if search.method == FIELD:
        codes, n_found = _in_features(mdata, part, search)
    else:
        number = {} if n_clusters is None else {"n_clusters": int(n_clusters), "n_clusters_from": "argument"}
        number, clusters, _ = clustering(mdata, number, search, part.which)
        codes, n_found = clusters.labels, clusters.posterior.shape[1]
        found = {"use_rep": search.slot(mdata)}
    new = [f"{part.prefix}{k}" for k in range(n_found)]
    names = [str(name) for name in part.labels.categories]
    if taken := set(new).intersection(names).difference(part.chosen):
        msg = (
            f"mdata.obs[{part.column!r}] has domains {sorted(taken)}, as parts of {part.chosen} would be named; rename them first, with "
            "spamca.tl.rename_domains"
        )
        raise ValueError(msg)
    first = next(k for k, name in enumerate(names) if name in part.chosen)
    kept = [name for name in names if name not in part.chosen]
    order = [*names[:first], *new, *[name for name in names[first:] if name in kept]]
    values = np.asarray(part.labels.astype(object))
    values[part.which] = np.asarray(new, dtype=object)[codes]
    colors = dict(zip(names, part.colors, strict=True))
    others = spare_colors(len(new) - 1, colors.values())
    colors |= dict(zip(new, [colors[part.chosen[0]], *others], strict=True))
    forget_domains(mdata, part.key_added)
    write_labels(mdata, pd.Categorical(values, categories=order), colors, part.key_added)
    cluster = {"method": search.method, "n_clusters": n_found, "n_found": n_found, "random_state": search.random_state}
    cluster |= {"restrict_to": part.column, "restricted": np.array(part.chosen, dtype=object), **found}
    mdata.uns[part.key_added] = {"cluster": cluster}


def _in_features(mdata: MuData, part: Part, search: Embedded) -> tuple[np.ndarray, int]:
    """Domains of the part in its features and their surroundings, integers, and how many hold spots."""
    whole, trust, settings = searched(mdata, search.key, "cluster")
    tissue = whole.take(part.which)
    seed: dict[str, Any] = {"random_state": search.random_state}
    n_clusters = part.n_clusters
    if n_clusters is None:
        between = search.n_clusters_range or default_range(tissue.n_spots)
        n_clusters = find_number(tissue, between, trust, settings, caller="cluster", **seed).n_domains
    assignment = find_domains(tissue, int(n_clusters), trust, settings, **seed).assignment
    return assignment.argmax(axis=1), assignment.shape[1]
