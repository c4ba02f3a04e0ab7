"""The page: sections in a template."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca._report.blocks import Block, Section, Text
from spamca._report.messages import collected
from spamca._report.missing import complete
from spamca._report.sections import SECTIONS, Part
from spamca._report.subject import Subject
from spamca._report.words import count, listed, number_of, share

if TYPE_CHECKING:
    from mudata import MuData

TITLE = "Spatial domains"


def page(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    title: str | None = None,
    label_key: str | None = None,
    compute: bool = True,
) -> str:
    """The HTML of a report; ``mdata`` is as it was when it returns or raises. The same result gives the same text."""
    if title is not None:
        _checks.check_name("title", title)
    _checks.check_flag("compute", compute)
    Subject(mdata, key, label_key).check()
    with _edge.unchanged(mdata) as target:
        subject = Subject(target, key, label_key)
        with collected(subject.notices):
            if compute:
                complete(subject)
            made = [_made(part, subject) for part in SECTIONS]
        sections = [section for section in made if section.blocks]
        return _rendered(subject, TITLE if title is None else title, sections)


def _made(part: Part, subject: Subject) -> Section:
    blocks: list[Block] = []
    try:
        blocks.extend(block for block in part.blocks(subject) if block is not None)
    except Exception as error:  # noqa: BLE001 (one section that fails should not cost the reader the others)
        logger.warning("report: the section %r could not be made: %s: %s", part.title, type(error).__name__, error)
        logger.debug("the cause:", exc_info=error)
        blocks.append(Text(f"This section could not be made: {type(error).__name__}: {error}"))
    return Section(part.name, part.title, blocks)


def _rendered(subject: Subject, title: str, sections: list[Section]) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("spamca._report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html.j2")
    return template.render(
        title=title,
        lead=_lead(subject),
        facts=_facts(subject),
        sections=sections,
        anchors=[section.name for section in sections],
        version=version("spamca"),
    )


def _lead(subject: Subject) -> str:
    """The first sentence."""
    n, sections = len(subject.names), subject.library
    among = "" if sections is None else f" of {number_of(len(sections.categories), 'section')}"
    modalities = listed(subject.weights or subject.mdata.mod)
    return f"{number_of(n, 'domain')} in {number_of(subject.mdata.n_obs, 'spot')}{among}, from {modalities}."


def _facts(subject: Subject) -> list[tuple[str, str, str | None]]:
    """The numbers that stand first: name, value and the section that has more of it."""
    facts: list[tuple[str, str, str | None]] = [
        ("Spots", count(subject.mdata.n_obs), "tissue"),
        ("Domains", count(len(subject.names)), "domains"),
    ]
    if subject.confidence is not None:
        facts.append(("Confidence ≥ 0.9", share((subject.confidence >= 0.9).mean()), "confidence"))
    if subject.weights:
        means = {name: float(np.nanmean(values)) for name, values in subject.weights.items()}
        name = max(means, key=lambda one: means[one])
        facts.append((f"Weight of {name}", share(means[name]), "weights"))
    facts.append(("Warnings", count(len(subject.notices) + len(subject.command.get("warnings", ()))), "warnings"))
    return facts
