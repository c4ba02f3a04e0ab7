"""What a report computes if it is not stored yet: what is quick, and tells the reader something."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from spamca import _keys
from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from spamca._report.subject import Subject


class Missing(NamedTuple):
    """A function of ``spamca.tl`` and the key in ``uns`` of what it writes, of the key of the result."""

    verb: str
    place: Callable[[str], str]


MISSING = (Missing("drivers", _keys.drivers), Missing("variance_explained", _keys.variance_explained))
"""In the order in which they are computed."""

MOST_SPOTS = 5_000
"""Spots of the largest tissue in which they are quick: the search for domains is repeated."""


def complete(subject: Subject) -> None:
    """Compute what is missing; what cannot be computed is logged, and the report goes on without it."""
    from spamca import tl

    if subject.mdata.n_obs > MOST_SPOTS:
        logger.info("report: more than %d spots, only what is stored is shown; run spamca.tl.drivers first", MOST_SPOTS)
        return
    for one in MISSING:
        verb = getattr(tl, one.verb, None)
        if verb is None or subject.stored(one.place(subject.key)) is not None:
            continue
        logger.info("report: running spamca.tl.%s", one.verb)
        try:
            verb(subject.mdata, key=subject.key)
        except Exception as error:  # noqa: BLE001 (one part that fails should not cost the reader the others)
            logger.warning("report: spamca.tl.%s failed: %s: %s", one.verb, type(error).__name__, error)
