"""Options that are arguments of the package's functions, read from their source: importing these functions takes seconds."""

from __future__ import annotations
import __future__

import ast
import inspect
import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_origin

import docstring_parser
from cyclopts import CycloptsError, Group, Parameter, Token
from cyclopts.config import Dict

from spamca import _keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cyclopts import App
    from cyclopts.argument import ArgumentCollection

SHARED = (
    "n_clusters",
    "n_clusters_range",
    "key_added",
    "random_state",
    "library_key",
    "spatial_key",
    "images",
    "feature_types",
)
"""Arguments that mean the same to every function that has them: one option sets them all."""

OF_THE_COMMAND = ("key", "restrict_to", "copy", "n_jobs", "sharded", "mdata", "model", "path", "sdata")
"""Arguments that the command sets itself, or leaves as they are: it reads a whole tissue."""

NAMES: dict[str, Any] = {"Any": Any, "Mapping": dict, "Path": Path, "Sequence": list, "_keys": _keys}
"""What names stand for in the signatures."""

heading = cache(Group.create_ordered)


class Option(NamedTuple):
    """An option: the argument that it sets, the functions that have it, and how cyclopts reads it."""

    argument: str
    functions: tuple[str, ...]
    parameter: inspect.Parameter


def with_options(*functions: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command take the arguments of functions such as ``"tl.integrate"`` as options, in place of its ``**given``."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        *own, _ = inspect.signature(command, eval_str=True).parameters.values()
        parameters = [*own, *(option.parameter for option in options(functions))]
        vars(command).update(__signature__=inspect.Signature(parameters))
        command.__annotations__ = {}
        return command

    return decorate


def by_function(functions: tuple[str, ...], given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Values of the options that were given: for each function, by its argument names."""
    held = [(one, given[one.parameter.name]) for one in options(functions) if one.parameter.name in given]
    return {name: {one.argument: value for one, value in held if name in one.functions} for name in functions}


@cache
def options(functions: tuple[str, ...]) -> tuple[Option, ...]:
    """Options for functions.

    An argument that several of them have is one option if it is :data:`SHARED`. Otherwise each function gets an option of
    its own, whose name starts with that of the function.
    """
    uses: dict[str, list[str]] = {}
    for function in functions:
        heading(function)  # in this order in the help
        for argument in arguments(function):
            uses.setdefault(argument, []).append(function)
    found = []
    for argument, users in uses.items():
        shared = argument in SHARED
        for group in [tuple(users)] if shared else [(function,) for function in users]:
            name = argument if shared or len(users) == 1 else f"{group[0].split('.')[1]}_{argument}"
            parameter, _ = arguments(group[0])[argument]
            alike = (arguments(function)[argument] for function in group)
            # the fullest description with that default
            help = max((text for one, text in alike if one.default == parameter.default), key=len)
            help = _with_default(help) if parameter.default is None else help
            hint: Any = parameter.annotation
            annotation = Annotated[hint, Parameter(help=help, group=heading(" and ".join(group)))]
            found.append(Option(argument, group, parameter.replace(name=name, annotation=annotation)))
    return tuple(found)


@cache
def arguments(function: str) -> dict[str, tuple[inspect.Parameter, str]]:
    """Arguments of a public function, but :data:`OF_THE_COMMAND`, each with its description."""
    part, name = function.split(".")
    source = Path(__file__).parents[1] / part / f"_{name}.py"
    module = ast.parse(source.read_text(encoding="utf-8"))
    (node,) = (node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == name)
    node.body, module.body = node.body[:1], [node]  # signature and docstring
    names = dict(NAMES)
    exec(compile(module, "<signature>", "exec", __future__.annotations.compiler_flag), names)
    texts = {
        name.strip(): re.sub(r":\w+:`~?([^`]+)`", r"\1", " ".join((one.description or "").split()))
        .replace("``", "")
        .replace(", see Returns", "")
        for one in docstring_parser.parse(inspect.getdoc(names[name]) or "").params
        for name in one.arg_name.split(",")
    }
    return {
        one.name: (one.replace(annotation=_annotation(one.annotation), kind=one.KEYWORD_ONLY), texts.get(one.name, ""))
        for one in inspect.signature(names[name]).parameters.values()
        if one.name not in OF_THE_COMMAND
    }


def _with_default(text: str) -> str:
    """A description in which None, which nobody types, is what an option is by default."""
    for pattern, words in (
        (r"\bNone: ", "Default: "),
        (r"; None for ", "; by default "),
        (r"\bNone (?=[a-z]+s\b)", "The default "),
    ):
        text = re.sub(pattern, words, text)
    return text


def _annotation(text: str) -> Any:
    """A type, with how the words of the command line become a value of it if cyclopts cannot read it by itself."""
    # generators are objects of a Python session, and a command gives one result
    text = "int" if "RandomState" in text else text.replace("int | Sequence[int]", "int")
    hint = eval(text, dict(NAMES))
    if "Mapping" in text:
        metavar = "NAME=VALUE" if text.startswith("Mapping") else "NAME[=VALUE]"
        return Annotated[hint, Parameter(n_tokens=-1, converter=entries, metavar=metavar)]
    if text == "str | None":
        return Annotated[hint, Parameter(n_tokens=1, converter=word)]
    if "list[int]" in text:
        return Annotated[hint, Parameter(n_tokens=1, converter=as_json, metavar="JSON")]
    return hint


def word(_: Any, tokens: Sequence[Token]) -> str | None:
    """The word, or None for ``none``."""
    return None if tokens[-1].value == "none" else tokens[-1].value


def as_json(_: Any, tokens: Sequence[Token]) -> Any:
    """The value that a word has as JSON, else the word."""
    try:
        return json.loads(tokens[-1].value)
    except json.JSONDecodeError:
        return tokens[-1].value
    except RecursionError as error:
        msg = f"{tokens[-1].value[:40]}… is JSON that is nested too deeply"
        raise ValueError(msg) from error


def entries(hint: Any, tokens: tuple[Token, ...] | dict[str, list[Token]]) -> Any:
    """A mapping from entries ``NAME=VALUE``, or one plain name or a list of them."""
    if isinstance(tokens, dict):
        return {name: as_json(Any, values) for name, values in tokens.items()}
    names = [token.value for token in tokens]
    if get_origin(hint) is dict:
        msg = f"expected NAME=VALUE, got {names[0]!r}"
        raise ValueError(msg)
    return names[0] if len(names) == 1 else names


def from_file(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Take options from the file of ``--config`` unless they were typed; mappings are joined entry by entry."""
    file = next((one.convert_and_validate() for one in arguments if one.name == "--config" and one.tokens), None)
    held = {} if file is None else _read(file)
    names = {name.replace("_", "-"): name for name in held}
    for argument in arguments:
        name, converter = names.get(argument.name.removeprefix("--"), ""), argument.parameter.converter
        if converter is entries:
            argument.tokens = [_entry(token) for token in argument.tokens]
            if isinstance(held.get(name), dict) and all(token.keys for token in argument.tokens):
                argument.tokens[:0] = [
                    Token(keyword=name, value=json.dumps(value), source=str(file), keys=(key,))
                    for key, value in held.pop(name).items()
                ]
        elif converter is as_json and name in held:
            held[name] = json.dumps(held[name])
    Dict(held, source=str(file), use_commands_as_keys=False)(app, commands, arguments)


def _entry(token: Token) -> Token:
    """The word ``NAME=VALUE`` as an entry of a mapping."""
    name, equals, value = token.value.partition("=")
    return token.evolve(keys=(name,), value=value) if equals and not token.keys else token


def _read(path: Path) -> dict[str, Any]:
    try:
        held = (tomllib if path.suffix == ".toml" else json).loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else error
        msg = f"--config {path} cannot be read: {why}"
        raise CycloptsError(msg) from error
    if not isinstance(held, dict):
        msg = f"--config {path} must hold names and values, it holds a {type(held).__name__}"
        raise CycloptsError(msg)
    return held
