"""Scores of the domains, with known labels and without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca._checks import check_column
from spamca._report.blocks import Text
from spamca._report.figures import figure
from spamca._report.tables import table
from spamca._report.words import decimal, number_of, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject

MEANINGS = {
    "ARI": "adjusted Rand index with the labels: 0 by chance, 1 at best",
    "NMI": "mutual information with the labels over the mean of both entropies: 1 at best",
    "AMI": "mutual information with the labels, adjusted for chance: 0 by chance, 1 at best",
    "homogeneity": "whether each domain has one label: 1 at best",
    "completeness": "whether each label lies in one domain: 1 at best",
    "V": "harmonic mean of homogeneity and completeness",
    "FMI": "geometric mean of precision and recall of pairs of spots: 1 at best",
    "purity": "share of spots with the commonest label of their domain: 1 at best, never lower with more domains",
    "silhouette": "distance to the nearest other domain in the embedding against that within the own: -1 to 1",
    "Moran's I": "likeness of the domains of neighbours: 0 at random, 1 at best",
    "PAS": "share of spots that differ from more than half of their ten nearest: lower is smoother",
    "CHAOS": "mean distance to the nearest spot of the same domain: lower is smoother",
    "section entropy": "how evenly the domains hold the sections: 1 if every domain has the same share of each",
    "iLISI": "sections around a spot in the embedding: 0 for one, 1 for all in equal shares",
    "cLISI": "labels around a spot in the embedding: 1 if there is one",
}
"""What a measure says."""


def scores(subject: Subject) -> Iterator[Block | None]:
    """Domains next to known labels, if there are any, and all scores."""
    from spamca import metrics

    labels = subject.label_key
    measured = metrics.score(subject.mdata, key=subject.key, label_key=labels, **subject.place).loc[subject.key]
    if labels is not None:
        said = f"their adjusted Rand index is {decimal(measured['ARI'])}"
        n_lacking = int(pd.isna(check_column(subject.mdata, "label_key", labels).values).sum())
        left = (
            f" {number_of(n_lacking, 'spot')} without a label {'was' if n_lacking == 1 else 'were'} left out."
            if n_lacking
            else ""
        )
        matched = "A label and a domain of one colour are matched one to one."
        yield Text(f"The domains were compared with the labels in {labels!r}: {said}.{left} {matched}")
        alt = f"Tissue coloured by the labels in {labels} and by domain; {said}."
        caption = "Labels and domains, matched one to one so that they share as many spots as possible; a matched label has the colour of its domain."
        colors: dict[str, Any] = {"color": [labels, subject.key], "match": subject.key, "ncols": 2}
        yield figure(subject, "spatial_clusters", alt, caption, **colors, **subject.place)
        yield _labels(subject, labels)
    yield Text(
        "Scores without labels are higher the smoother the domains are, whatever they mean: use them to compare results."
    )
    known = measured[np.isfinite(measured.to_numpy(dtype=np.float64))]
    meanings = [_meaning(name) for name in known.index]
    frame = pd.DataFrame(
        {"Score": known.index.astype(str), "Value": known.to_numpy(dtype=np.float64), "Meaning": meanings}
    )
    yield table(frame, "Scores")


def _meaning(name: str) -> str:
    if name.startswith("ARI of "):
        return f"the same within {name.removeprefix('ARI of ')}"
    return MEANINGS.get(name, "")


def _labels(subject: Subject, label_key: str) -> Block:
    """The commonest label of each domain."""
    labels = check_column(subject.mdata, "label_key", label_key).values
    shares = pd.crosstab(subject.mdata.obs[subject.key], labels, normalize="index")
    shares = shares.reindex(subject.mdata.obs[subject.key].cat.categories)
    none = shares.isna().all(axis=1) | (shares.shape[1] == 0)
    filled = shares.fillna(-1)
    frame = pd.DataFrame(
        {
            "Domain": subject.names,
            "Commonest label": [
                "" if empty else str(name) for name, empty in zip(filled.idxmax(axis=1), none, strict=True)
            ],
            "Share": filled.max(axis=1).mask(none).to_numpy(),
        }
    )
    return table(frame, "Commonest label of each domain", formats={"Share": share}, colors=subject.colors)
