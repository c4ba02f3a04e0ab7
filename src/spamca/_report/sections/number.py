"""How many domains there are, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spamca import _keys
from spamca._records import holder_of, source_of
from spamca._report.blocks import Text
from spamca._report.figures import figure
from spamca._report.subject import as_mapping
from spamca._report.tables import table
from spamca._report.words import count, decimal, listed, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject

ORIGIN = {
    "estimate": "The number was estimated from the data.",
    "argument": "The number was given, not estimated.",
    "integrate": "The number is that of spamca.tl.integrate.",
    "model": "The number is that of the model, and of domains that it does not know.",
}
"""Where the number is from, as the record of the domains names it."""


def number(subject: Subject) -> Iterator[Block | None]:
    """Where the number of domains is from, how clear domains are, and the criteria of other numbers if they are stored."""
    cluster = as_mapping(subject.record.get("cluster"))
    key = _estimate_key(subject)
    estimate = as_mapping(subject.stored(_keys.n_clusters(key)))
    origin = ORIGIN.get(str(cluster.get("n_clusters_from")), "")
    found = f"The result has {number_of(len(subject.names), 'domain')}. {origin}".strip()
    if (n_found := cluster.get("n_found")) is not None and int(n_found) > len(subject.names) > 0 and "names" in cluster:
        found += f" {number_of(int(n_found), 'domain')} were found, and some of them merged under one name."
    if "tried" not in estimate:
        found += " Other numbers were not compared: spamca.tl.estimate_n_clusters(mdata) does that."
    yield Text(found)
    if (gradient := _gradient(subject)) is not None:
        yield Text(gradient)
    if "tried" in estimate:
        if key not in (subject.key, source_of(subject.mdata, subject.key)):
            yield Text(f"The numbers that follow were estimated under the name {key!r}.")
        yield from _criteria(subject, estimate, key)


def _estimate_key(subject: Subject) -> str:
    """The key under which an estimate is stored: that of the result, of the one it was found from, or of the only other estimate."""
    key, end = holder_of(subject.mdata, subject.key, _keys.n_clusters), _keys.n_clusters("")
    others = [str(name).removesuffix(end) for name in subject.mdata.uns if str(name).endswith(end)]
    return others[0] if key not in others and len(others) == 1 else key


def _gradient(subject: Subject) -> str | None:
    """What the continuity of the domains says; None where it is not known."""
    from spamca.domains import DomainSettings

    continuity = as_mapping(subject.record.get("domains")).get("continuity")
    if continuity is None or not np.isfinite(continuity):
        return None
    most = as_mapping(subject.record.get("params")).get("gradient", DomainSettings().gradient)
    text = f"The continuity of neighbouring domains is {decimal(continuity)}, near 0 for separate domains and 1 for a gradient"
    if continuity > most:
        return f"{text}. Here they pass into each other without a gap, so that their number and borders are a matter of choice."
    return f"{text}."


def _criteria(subject: Subject, estimate: Mapping[str, object], key: str) -> Iterator[Block | None]:
    tried, evidence = np.asarray(estimate["tried"]), np.asarray(estimate["evidence"])
    chosen, best = int(str(estimate["n_clusters"])), int(tried[evidence.argmax()])
    plausible = np.asarray(estimate.get("plausible", [])).astype(int).tolist()
    text = f"Numbers from {tried[0]} to {tried[-1]} were compared, and {chosen} was chosen"
    if plausible:
        text += f"; {listed(map(str, plausible))} {'is' if len(plausible) == 1 else 'are'} plausible"
    different = chosen != len(subject.names)
    yield Text(f"{text}.{f' The result has {len(subject.names)}.' if different else ''}")
    alt = f"Evidence and stability of {tried[0]} to {tried[-1]} domains; the evidence is highest at {best}, and {chosen} is marked."
    caption = "Criteria of each number. A sharp peak says that domains have edges; a flat top says that several numbers describe the tissue about as well."
    yield figure(subject, "n_clusters", alt, caption, vector=True, key=key)
    shown = {
        "evidence": "Evidence",
        "error": "Standard error of the difference from the best",
        "stability": "Stability",
        "coherence": "Coherence",
    }
    frame = pd.DataFrame(
        {"Domains": tried} | {new: np.asarray(estimate[old]) for old, new in shown.items() if old in estimate}
    )
    frame["Plausible"] = ["yes" if n in plausible else "no" for n in tried]
    yield table(frame, "Criteria of each number of domains", formats={"Domains": count})
