"""Options that are arguments of the package's functions, read from their source: importing these functions takes seconds."""

from __future__ import annotations
import __future__

import ast
import builtins
import inspect
import json
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_args, get_origin

import docstring_parser
from cyclopts import Group, Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cyclopts import Token

ROOT = Path(__file__).parents[2]

SHARED = ("n_clusters", "key_added", "random_state", "library_key", "spatial_key")
"""Arguments that mean the same to every function that has them: one option sets them all."""

OF_THE_COMMAND = ("copy", "mdata", "model", "path", "sdata")
"""Arguments that the command sets itself."""

TYPES = {"Mapping": dict, "Sequence": list, "Path": Path}
"""Types that stand for those of an annotation."""


class Option(NamedTuple):
    """An option: the argument that it sets, the functions that have it, and how cyclopts reads it."""

    argument: str
    functions: tuple[str, ...]
    parameter: inspect.Parameter

    @property
    def name(self) -> str:
        """With underscores; on the command line it has hyphens."""
        return self.parameter.name


def with_options(*functions: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command take the arguments of functions such as ``"tl.integrate"`` as options, in place of its ``**given``."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        *own, _ = inspect.signature(command, eval_str=True).parameters.values()
        parameters = [*own, *(option.parameter for option in options(functions))]
        vars(command).update(__signature__=inspect.Signature(parameters))
        command.__annotations__ = {}
        return command

    return decorate


def given_to(function: str, functions: tuple[str, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the options that one of the functions takes, by its argument names."""
    held = [one for one in options(functions) if function in one.functions and one.name in given]
    return {one.argument: given[one.name] for one in held}


@cache
def options(functions: tuple[str, ...]) -> tuple[Option, ...]:
    """Options for functions.

    An argument that several of them have is one option if it is :data:`SHARED`. Otherwise each function gets an option of
    its own, whose name starts with that of the function.
    """
    uses: dict[str, list[str]] = {}
    for function in functions:
        _heading(function)  # in this order in the help
        for argument in arguments(function):
            uses.setdefault(argument, []).append(function)
    found = []
    for argument, users in uses.items():
        for group in [tuple(users)] if argument in SHARED else [(function,) for function in users]:
            own = argument not in SHARED and len(users) > 1
            name = f"{group[0].split('.')[1]}_{argument}" if own else argument
            # the fullest description
            parameter, help = max((arguments(function)[argument] for function in group), key=lambda one: len(one[1]))
            reading = Parameter(help=help, group=_heading(" and ".join(group)), **_reading(parameter.annotation))
            annotation = Annotated[parameter.annotation, reading]
            found.append(Option(argument, group, parameter.replace(name=name, annotation=annotation)))
    return tuple(found)


@cache
def arguments(function: str) -> dict[str, tuple[inspect.Parameter, str]]:
    """Arguments of a public function, but :data:`OF_THE_COMMAND`, each with its description."""
    part, name = function.split(".")
    module, node = _find(f"spamca.{part}", name)
    stub = ast.Module([ast.FunctionDef(**(vars(node) | {"body": node.body[:1]}))], [])  # signature and docstring
    names = _Names(module)
    exec(compile(stub, module, "exec", __future__.annotations.compiler_flag), {}, names)
    texts = {
        name.strip(): re.sub(r":\w+:`~?([^`]+)`", r"\1", " ".join((one.description or "").split())).replace("``", "")
        for one in docstring_parser.parse(inspect.getdoc(names[name]) or "").params
        for name in one.arg_name.split(",")
    }
    return {
        one.name: (
            one.replace(annotation=eval(one.annotation, {}, names), kind=inspect.Parameter.KEYWORD_ONLY),
            texts.get(one.name, ""),
        )
        for one in inspect.signature(names[name]).parameters.values()
        if one.name not in OF_THE_COMMAND
    }


class _Names(dict[str, Any]):
    """What names in a signature mean: types, modules and constants of the package. Other names stand for any type."""

    def __init__(self, module: str) -> None:
        super().__init__(TYPES)
        self.module = module

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            return getattr(builtins, name)
        module, value = _find(self.module, name)
        if value is None:
            return import_module(f"{module}.{name}") if module == "spamca" else Any
        return ast.literal_eval(value)


def _find(module: str, name: str) -> tuple[str, Any]:
    """The module that defines a name, found through imports, and the definition; None if it is not the package's."""
    path = ROOT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    for node in ast.parse(file.read_text(encoding="utf-8")).body if file.exists() else ():
        match node:
            case ast.FunctionDef(name=found) if found == name:
                return module, node
            case ast.Assign(targets=[ast.Name(id=found)]) | ast.AnnAssign(target=ast.Name(id=found)) if found == name:
                return module, node.value
            case ast.ImportFrom(module=str(source)):
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        return _find(source, alias.name)
    return module, None


@cache
def _heading(title: str) -> Group:
    return Group.create_ordered(title)


def _reading(hint: Any) -> dict[str, Any]:
    """How the words of the command line become a value of a type that cyclopts cannot read by itself."""
    members = {*(get_args(hint) if isinstance(hint, UnionType) else (hint,))} - {NoneType}
    if any(get_origin(member) is dict for member in members):
        return {"n_tokens": -1, "converter": entries, "metavar": "NAME=VALUE" if len(members) == 1 else "NAME[=VALUE]"}
    return {"n_tokens": 1, "converter": as_json, "metavar": "JSON"} if list[int] in members else {}


def as_json(_: Any, tokens: Sequence[Token]) -> Any:
    """The value that a word has as JSON, else the word."""
    try:
        return json.loads(tokens[-1].value)
    except json.JSONDecodeError:
        return tokens[-1].value


def entries(hint: Any, tokens: Sequence[Token] | Mapping[str, Sequence[Token]]) -> Any:
    """A mapping from entries ``NAME=VALUE``, or one plain name or a list of them."""
    if isinstance(tokens, dict):
        return {name: as_json(Any, values) for name, values in tokens.items()}
    names = [token.value for token in tokens]
    if get_origin(hint) is dict:
        msg = f"expected NAME=VALUE, got {names[0]!r}"
        raise ValueError(msg)
    return names[0] if len(names) == 1 else names
