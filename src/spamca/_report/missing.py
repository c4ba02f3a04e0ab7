"""What a report computes if it is not stored yet: what is quick."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from spamca import _keys
from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from mudata import MuData

    from spamca._report.subject import Subject


class Missing(NamedTuple):
    """A function of ``spamca.tl`` and the key in ``uns`` of what it writes, of the key of the result."""

    verb: str
    place: Callable[[str], str]


MISSING = (
    Missing("drivers", _keys.drivers),
    Missing("variance_explained", _keys.variance_explained),
    Missing("describe", _keys.description),
)
"""In the order in which they are computed."""

MOST_VALUES = 15_000_000
"""Spots times features up to which drivers are computed: the search for domains is repeated, which takes long in large tissue."""


def complete(subject: Subject) -> None:
    """Compute what is missing; what cannot be computed is logged, and the report goes on without it."""
    from spamca import tl

    large = n_values(subject.mdata) > MOST_VALUES
    for one in MISSING:
        if subject.stored(one.place(subject.key)) is not None:
            continue
        if large and one.verb != "describe":
            logger.info("report: spamca.tl.%s takes long in this tissue; run it first to show what it gives", one.verb)
            continue
        verb = getattr(tl, one.verb)
        logger.info("report: running spamca.tl.%s", one.verb)
        try:
            verb(subject.mdata, key=subject.key)
        except Exception as error:  # noqa: BLE001 (one part that fails should not cost the reader the others)
            logger.warning("report: spamca.tl.%s failed: %s: %s", one.verb, type(error).__name__, error)


def n_values(mdata: MuData) -> int:
    """Values that drivers are computed from: spots times features that take part in the domains."""
    total = 0
    for modality in mdata.mod.values():
        used = modality.var.get(_keys.USED)
        total += modality.n_obs * int(modality.n_vars if used is None else used.sum())
    return total
