"""How to get the same result again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from spamca._report.blocks import Code, Facts, Text
from spamca._report.calls import calls, written
from spamca._report.subject import as_mapping
from spamca._report.tables import table
from spamca._report.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject


def reproduce(subject: Subject) -> Iterator[Block]:
    """Command or calls, inputs, seed and versions."""
    record, command = subject.record, subject.command
    if not record:
        return
    seed, threads = record.get("random_state"), as_mapping(record.get("params")).get("n_threads")
    if seed is not None:
        with_threads = "" if threads is None else f", computed with {threads} thread{'' if threads == 1 else 's'}"
        yield Text(
            f"The seed was {plain(seed)}{with_threads}. The same calls, versions and number of threads give the same result on the same machine."
        )
    if "command" in command:
        yield Code(str(command["command"]), "Command")
        inputs = [(name, one.get("sha256", "")) for name, one in as_mapping(command.get("inputs")).items()]
        if inputs:
            yield table(pd.DataFrame(inputs, columns=["Input", "SHA-256"]), "Inputs")
    found = [written(one) for one in command["calls"]] if command.get("calls") else calls(subject)
    if found:
        yield Code("\n".join(["import spamca", "", *found]), "Calls")
    versions = as_mapping(record.get("versions"))
    if versions:
        yield Facts([(str(name), str(value)) for name, value in versions.items()], "Versions")
