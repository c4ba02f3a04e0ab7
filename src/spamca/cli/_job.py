"""What ``spamca run`` and ``spamca transform`` share: read a tissue, work on it, write what comes of it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spamca import _keys
from spamca.cli import _process
from spamca.cli._exit import Code, CommandError, computing, reading, writing
from spamca.cli._figures import draw
from spamca.cli._inputs import Kind, digests, kind_of, told_of
from spamca.cli._options import Option, given_to, options
from spamca.cli._outputs import Outputs, check_folder
from spamca.cli._record import call as called
from spamca.cli._record import record, text
from spamca.cli._stages import Stages

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

    from mudata import MuData

    from spamca.cli._signals import Interruption


@dataclass
class Work:
    """A tissue that is worked on, step by step.

    Parameters
    ----------
    mdata
        The tissue.
    stages
        Times the steps.
    options
        Options of all functions.
    values
        Their values, as far as given.
    calls
        The calls so far, with all their arguments.
    """

    mdata: MuData
    stages: Stages
    options: Sequence[Option]
    values: Mapping[str, Any]
    calls: list[dict[str, Any]] = field(default_factory=list)

    def given_to(self, name: str) -> dict[str, Any]:
        """What was given for a function."""
        return given_to(name, self.options, self.values)

    def step(self, name: str, function: Callable[..., Any], **more: Any) -> None:
        """Call a function of the package, with what was given for it."""
        given = {**self.given_to(name), **more}
        with self.stages(name.split(".")[1]):
            function(self.mdata, **given)
        self.calls.append(called(function, name, given))


def perform(
    call: argparse.Namespace,
    interruption: Interruption,
    functions: Sequence[str],
    steps: Callable[[Work], None],
    figures: Sequence[str],
    *,
    model: Path | None = None,
    save_model: Path | None = None,
) -> None:
    """Read the tissue, do the steps, draw, write, and give the files their names when all are there.

    Parameters
    ----------
    call
        What was typed.
    interruption
        Signals that have arrived.
    functions
        Functions whose arguments are the options.
    steps
        What is done with the tissue.
    figures
        Names of the figures that can be drawn.
    model
        A model that is read as well.
    save_model
        Where the model of the result is to be written.

    Raises
    ------
    CommandError
        If the input, a value, the computation or an output does not do.
    """
    source, kind, held = Path(call.input), kind_of(Path(call.input)), options(functions)
    _check_readers(kind, held, call.values)
    _process.set_up(call.threads)
    first = _process.is_first(call.values.get("devices", "auto"))
    target = Path(call.output)
    account = Path(call.record or f"{target}.json")
    drawn = {name: Path(call.figures) / f"{name}.{call.figure_format}" for name in figures if call.figures is not None}
    _check_folders(call.figures, [path for path in (target, account, save_model) if path is not None])
    paths = [*drawn.values(), *([save_model] if save_model else []), account, target] if first else []
    stages, key = Stages(interruption), call.values.get("key_added", _keys.SPAMCA)
    given = {} if kind.function is None else given_to(kind.function, held, call.values)
    with Outputs(paths, force=call.force, interruption=interruption) as outputs:
        with stages("checksum"), reading(source):
            inputs = {str(source): {"kind": kind.name, **told_of(digests(source, kind.files(source, **given)))}}
        if model is not None:
            with reading(model):
                inputs[str(model)] = {"kind": "model", **told_of(digests(model, [model]))}
        with stages("read"), reading(source):
            work = Work(kind.read(source, **given), stages, held, call.values)
        if kind.function is not None:
            work.calls.append(called(_function(kind.function), kind.function, given))
        with computing():
            steps(work)
        if not first:
            return
        if drawn:
            outputs.folder(Path(call.figures))
            with stages("figures"), computing():
                for name, path in drawn.items():
                    with writing(path):
                        draw(name, work.mdata, outputs.temporary(path), form=call.figure_format, key_added=key)
        if save_model is not None:
            with stages("model"), computing(), writing(save_model):
                _save_model(work.mdata, key, outputs.temporary(save_model))
        told = {"inputs": inputs, "calls": work.calls, "result": _result(work.mdata, key)}
        work.mdata.uns[_keys.command(key)] = text(record(call.argv, stages, **told))
        with stages("write"), writing(target):
            work.mdata.write(outputs.temporary(target))
        with writing(account):
            outputs.temporary(account).write_text(text(record(call.argv, stages, **told)), encoding="utf-8")
        outputs.commit()
    sys.stdout.writelines(f"{path}\n" for path in paths)


def _check_readers(kind: Kind, held: Sequence[Option], values: Mapping[str, Any]) -> None:
    for option in held:
        readers = [function for function in option.functions if function.startswith("io.")]
        if readers and option.name in values and kind.function not in readers:
            raise CommandError(Code.USAGE, f"{option.flag} is for {' and '.join(readers)}, the input is {kind.name}")


def _check_folders(figures: str | None, files: Sequence[Path]) -> None:
    for path in files:
        check_folder(path.parent)
    if figures is not None:
        check_folder(Path(figures) if Path(figures).exists() else Path(figures).absolute().parent)


def _function(name: str) -> Callable[..., Any]:
    from spamca import io

    return getattr(io, name.split(".")[1])


def _save_model(mdata: MuData, key: str, path: Path) -> None:
    from spamca import Model

    Model.from_mudata(mdata, key).save(path)


def _result(mdata: MuData, key: str) -> dict[str, Any]:
    """The result in a few numbers."""
    held = mdata.uns[key]
    numbers = {"random_state": held["random_state"], "n_threads": held["params"].get("n_threads")}
    return {
        "n_spots": mdata.n_obs,
        "n_domains": len(mdata.obs[key].cat.categories),
        **{name: int(value) for name, value in numbers.items() if value is not None},
        **{name: float(held["transform"][name]) for name in ("share_beyond",) if name in held.get("transform", {})},
    }
