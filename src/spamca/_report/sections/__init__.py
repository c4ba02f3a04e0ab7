"""The sections of a report, in their order. To add one: a function from the subject to blocks, and an entry here.

A function gives no block where its part is not stored; the section is left out then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from spamca._report.sections.confidence import confidence
from spamca._report.sections.descriptions import descriptions
from spamca._report.sections.domains import domains
from spamca._report.sections.drivers import drivers
from spamca._report.sections.hierarchy import hierarchy
from spamca._report.sections.notices import notices
from spamca._report.sections.number import number
from spamca._report.sections.parameters import parameters
from spamca._report.sections.reproduce import reproduce
from spamca._report.sections.scores import scores
from spamca._report.sections.tissue import tissue
from spamca._report.sections.training import training
from spamca._report.sections.variance import variance
from spamca._report.sections.weights import weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject


class Part(NamedTuple):
    """A section: its anchor, its heading, and the function that gives its blocks."""

    name: str
    title: str
    blocks: Callable[[Subject], Iterable[Block | None]]


SECTIONS = (
    Part("tissue", "Tissue", tissue),
    Part("domains", "Domains", domains),
    Part("descriptions", "Shape and surroundings", descriptions),
    Part("confidence", "Confidence", confidence),
    Part("number", "Number of domains", number),
    Part("weights", "Weights of the modalities", weights),
    Part("drivers", "Drivers", drivers),
    Part("variance", "Variance explained", variance),
    Part("hierarchy", "Hierarchy", hierarchy),
    Part("scores", "Scores", scores),
    Part("training", "Training", training),
    Part("warnings", "Warnings", notices),  # after those that compute or draw
    Part("parameters", "Parameters", parameters),
    Part("reproduce", "How to reproduce", reproduce),
)
