"""Options of a subcommand: the arguments of the functions that it calls."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spamca.cli._signatures import Argument, arguments
from spamca.cli._values import FORMS, OTHER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHARED = ("n_clusters", "key_added", "random_state", "library_key", "spatial_key")
"""Arguments that mean the same to every function that has them: one option sets them all."""

OF_THE_COMMAND = ("copy", "mdata", "model", "path", "sdata")
"""Arguments that the command gives itself."""


@dataclass(frozen=True)
class Option:
    """An option.

    Parameters
    ----------
    name
        With underscores; on the command line it has hyphens.
    functions
        The functions that it goes to.
    argument
        What it is to them.
    """

    name: str
    functions: tuple[str, ...]
    argument: Argument

    @property
    def flag(self) -> str:
        """As it is typed."""
        return "--" + self.name.replace("_", "-")

    def add_to(self, parser: argparse._ActionsContainer) -> None:
        """Enter the option in a parser. What is not given stays unset: the default is the function's."""
        default = "" if self.argument.default in (None, "None") else f" (default: {self.argument.default})"
        text = (self.argument.text + default).replace("%", "%%")
        form = FORMS.get(self.argument.annotation, OTHER)
        parser.add_argument(self.flag, dest=self.name, default=argparse.SUPPRESS, help=text, **form)


def options(functions: Iterable[str]) -> list[Option]:
    """Options for functions, in their order.

    An argument that several of them have is one option where it is :data:`SHARED`; else there is one for each, with the name
    of the function in front.
    """
    held: dict[str, list[tuple[str, Argument]]] = {}
    for function in functions:
        for argument in arguments(function):
            if argument.name not in OF_THE_COMMAND:
                held.setdefault(argument.name, []).append((function, argument))
    found = []
    for name, uses in held.items():
        if name in SHARED or len(uses) == 1:
            found.append(Option(name, tuple(function for function, _ in uses), uses[-1][1]))
        else:
            found.extend(Option(f"{_verb(function)}_{name}", (function,), argument) for function, argument in uses)
    return found


def given_to(function: str, held: Iterable[Option], values: Mapping[str, Any]) -> dict[str, Any]:
    """Those values that were given for a function, by the names of its arguments."""
    mine = [option for option in held if function in option.functions and option.name in values]
    return {option.argument.name: values[option.name] for option in mine}


def _verb(function: str) -> str:
    return function.split(".")[1]
