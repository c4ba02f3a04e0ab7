"""How sure the domain of each spot is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spamca import _edge, _keys
from spamca._report.blocks import Text
from spamca._report.figures import figure
from spamca._report.words import share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject

CLEAR = 0.99
"""Mean probability of its own spots from which a domain needs no word."""


def confidence(subject: Subject) -> Iterator[Block | None]:
    """What confidence means, how high it is, and where."""
    values = subject.confidence
    if values is None:
        return
    low = (values < 0.5).mean()
    yield Text(
        "The confidence of a spot is the probability of its domain under the model. "
        f"{share((values >= 0.9).mean())} of spots have at least 0.9, and {share(low) if low else 'none'} less than 0.5."
    )
    median, tenth = np.nanquantile(values, [0.5, 0.1])
    alt = f"Tissue coloured by confidence; the median is {median:.2f}, and a tenth of the spots have less than {tenth:.2f}."
    column = _keys.confidence(subject.key)
    yield figure(subject, "spatial_clusters", alt, "Confidence in the tissue.", color=column, ncols=3, **subject.place)
    pair = _least_clear(subject)
    if pair is not None:
        yield Text(pair)


def _least_clear(subject: Subject) -> str | None:
    """The domain whose spots are least sure, and the other one that they may belong to."""
    posterior = subject.mdata.obsm.get(_keys.posterior(subject.key))
    n = len(subject.names)
    if (
        not isinstance(posterior, pd.DataFrame)
        or list(map(str, posterior.columns)) != _edge.storable(subject.names)
        or n < 2
    ):
        return None
    means = np.array([subject.by_domain(posterior.iloc[:, k].to_numpy(dtype=np.float64)) for k in range(n)]).T
    own = np.nan_to_num(means.diagonal(), nan=np.inf)
    first = int(own.argmin())
    others = np.where(np.arange(n) == first, -1, means[first])
    second = int(others.argmax())
    if own[first] >= CLEAR:
        return None
    a, b = subject.names[first], subject.names[second]
    return (
        f"Spots of domain {a} are the least sure: on average their probability is {own[first]:.2f} for {a}, "
        f"and {others[second]:.2f} for {b}."
    )
