"""``spamca run``: from a tissue to its domains."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spamca import _keys
from spamca._logging import logger
from spamca.cli import _process
from spamca.cli._exit import Code, CommandError, computing, reading, writing
from spamca.cli._figures import FIGURES, draw
from spamca.cli._inputs import Kind, digests, kind_of, told_of
from spamca.cli._options import Option, given_to, options
from spamca.cli._outputs import Outputs, check_folder
from spamca.cli._record import call as called
from spamca.cli._record import record, text
from spamca.cli._stages import Stages

if TYPE_CHECKING:
    import argparse

    from mudata import MuData

    from spamca.cli._signals import Interruption

SEED = "random_state"


def run(call: argparse.Namespace, interruption: Interruption) -> None:
    """Read, find the domains, write.

    Parameters
    ----------
    call
        What was typed.
    interruption
        Signals that have arrived.

    Raises
    ------
    CommandError
        If the input, a value, the computation or an output does not do.
    """
    source, kind = Path(call.input), kind_of(Path(call.input))
    held = _fitting(kind, call.values)
    _process.set_up(call.threads)
    first = _process.is_first(call.values.get("devices", "auto"))
    target = Path(call.output)
    account = Path(call.record or f"{target}.json")
    figures = _figure_paths(call.figures, call.figure_format)
    for path in (target, account):
        check_folder(path.parent)
    stages = Stages(interruption)
    paths = [*figures.values(), account, target] if first else []
    with Outputs(paths, force=call.force, interruption=interruption) as outputs:
        with stages("checksum"), reading(source):
            sums = digests(source, kind.files(source, **_of_reader(kind, held, call.values)))
        with stages("read"), reading(source):
            mdata = kind.read(source, **_of_reader(kind, held, call.values))
        with computing():
            calls = [*_reader_call(kind, held, call.values), *_steps(mdata, stages, held, call.values)]
        if not first:
            return
        key = call.values.get("key_added", _keys.SPAMCA)
        if figures:
            outputs.folder(Path(call.figures))
            with stages("figures"), computing():
                for name, path in figures.items():
                    with writing(path):
                        draw(name, mdata, outputs.temporary(path), form=call.figure_format, key_added=key)
        told = {
            "inputs": {str(source): {"kind": kind.name, **told_of(sums)}},
            "calls": calls,
            "result": _result(mdata, key),
        }
        mdata.uns[_keys.command(key)] = text(record(call.argv, stages=stages, **told))
        with stages("write"), writing(target):
            mdata.write(outputs.temporary(target))
        with writing(account):
            outputs.temporary(account).write_text(text(record(call.argv, stages=stages, **told)), encoding="utf-8")
        outputs.commit()
    sys.stdout.writelines(f"{path}\n" for path in paths)


def _fitting(kind: Kind, values: dict[str, Any]) -> list[Option]:
    """Options of the steps and of what reads this kind of input; those that are for another kind must not be given."""
    from spamca.cli._parser import RUN

    every = options(RUN.functions)
    for option in every:
        readers = [function for function in option.functions if function.startswith("io.")]
        if readers and option.name in values and kind.function not in readers:
            raise CommandError(Code.USAGE, f"{option.flag} is for {' and '.join(readers)}, the input is {kind.name}")
    return every


def _of_reader(kind: Kind, held: list[Option], values: dict[str, Any]) -> dict[str, Any]:
    return {} if kind.function is None else given_to(kind.function, held, values)


def _reader_call(kind: Kind, held: list[Option], values: dict[str, Any]) -> list[dict[str, Any]]:
    """How the input was read, where a function of this package did."""
    if kind.function is None:
        return []
    from spamca import io

    function = getattr(io, kind.function.split(".")[1])
    return [called(function, kind.function, _of_reader(kind, held, values))]


def _steps(mdata: MuData, stages: Stages, held: list[Option], values: dict[str, Any]) -> list[dict[str, Any]]:
    """Run the steps that are wanted or needed.

    Returns
    -------
    Each call with all its arguments.
    """
    from spamca import pp, tl

    def needed(given: dict[str, Any]) -> bool:
        return any(name != SEED for name in given)

    calls = []

    def step(name: str, function: Any, given: dict[str, Any]) -> None:
        with stages(name.split(".")[1]):
            function(mdata, **given)
        calls.append(called(function, name, given))

    given = {
        name: given_to(name, held, values) for name in ("pp.prepare", "pp.neighbors", "tl.integrate", "tl.cluster")
    }
    if needed(given["pp.prepare"]):
        step("pp.prepare", pp.prepare, given["pp.prepare"])
    if needed(given["pp.neighbors"]) or not _has_graphs(mdata):
        step("pp.neighbors", pp.neighbors, given["pp.neighbors"])
    else:
        logger.info("run: taking the graphs that the input has; an option of pp.neighbors builds others")
    step("tl.integrate", tl.integrate, given["tl.integrate"])
    if _process.is_first(values.get("devices", "auto")):
        step("tl.cluster", tl.cluster, given["tl.cluster"])
    return calls


def _has_graphs(mdata: MuData) -> bool:
    return any(_keys.FEATURE_NEIGHBORS in modality.uns for modality in mdata.mod.values())


def _figure_paths(folder: str | None, form: str) -> dict[str, Path]:
    if folder is None:
        return {}
    place = Path(folder)
    if place.exists():
        check_folder(place)
    else:
        check_folder(place.absolute().parent)
    return {name: place / f"{name}.{form}" for name in FIGURES}


def _result(mdata: MuData, key: str) -> dict[str, Any]:
    held = mdata.uns[key]
    return {
        "n_spots": mdata.n_obs,
        "n_domains": len(mdata.obs[key].cat.categories),
        "random_state": int(held["random_state"]),
        "n_threads": int(held["params"]["n_threads"]),
    }
