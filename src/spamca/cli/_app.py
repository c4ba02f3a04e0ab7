"""What can be typed: the commands, their options and the file of options."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, CycloptsError, Parameter, Token
from cyclopts.config import Dict, Json, Toml
from cyclopts.validators import Path as Ending

from spamca import __version__
from spamca.cli._common import LOG, Files, Flag, Log
from spamca.cli._inputs import READERS
from spamca.cli._options import as_json, entries, with_options
from spamca.cli._record import Record  # noqa: TC001 (cyclopts reads the annotations)

if TYPE_CHECKING:
    from cyclopts.argument import ArgumentCollection

CODES = """Exit codes:

- 0: done
- 2: wrong usage
- 3: the input, or a value, cannot be used
- 4: the computation failed
- 5: an output cannot be written, or exists already
- 130: interrupted from the keyboard; 143 by SIGTERM, 129 by SIGHUP
"""

CONFIG = {".json": Json, ".toml": Toml}
"""What reads a file of options, by its suffix."""

FIGURES = ["domains", "modality_weights", "confidence"]
RUN = (*READERS, "pp.prepare", "pp.neighbors", "tl.integrate", "tl.cluster")
TRANSFORM = (*READERS, "tl.transform")


def from_file(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Take options from the file of ``--config`` unless they were typed; mappings are joined entry by entry."""
    tokens = arguments["--config"].tokens if "--config" in arguments else []
    path = tokens[-1].value if tokens else ""
    held = _read(Path(path)) if path else {}
    names = {name.replace("_", "-"): name for name in held}
    for argument in arguments:
        name, converter = names.get(argument.name.removeprefix("--")), argument.parameter.converter
        if converter is entries:
            argument.tokens = [_entry(token) for token in argument.tokens]
            typed = {token.keys for token in argument.tokens}
            if isinstance(held.get(name), dict) and () not in typed:
                for key, value in held.pop(name).items():
                    if (key,) not in typed:
                        argument.append(Token(keyword=name, value=json.dumps(value), source=path, keys=(key,)))
        elif converter is as_json and name in held:
            held[name] = json.dumps(held[name])
    Dict(held, source=path, use_commands_as_keys=False)(app, commands, arguments)


def _read(path: Path) -> dict[str | None, Any]:
    try:
        held = CONFIG[path.suffix](path, must_exist=True).config
    except KeyError:
        msg = f"--config must be a {' or '.join(CONFIG)} file, got {str(path)!r}"
    except (CycloptsError, OSError) as error:
        msg = f"--config {path} cannot be read: {error}"
    else:
        if isinstance(held, dict):
            return held
        msg = f"--config {path} must hold names and values, it holds a {type(held).__name__}"
    raise CycloptsError(msg)


def _entry(token: Token) -> Token:
    """The word ``NAME=VALUE`` as an entry of a mapping."""
    name, equals, value = token.value.partition("=")
    return token.evolve(keys=(name,), value=value) if equals and not token.keys else token


app = App(
    name="spamca",
    help="Spatial domains from tissue measured with several omics.",
    version=f"spamca {__version__}",
    config=from_file,
    help_format="plaintext",
    help_epilogue=CODES,
    default_parameter=Parameter(allow_repeating=True, negative_iterable=()),
)


@app.command
@with_options(*RUN)
def run(
    source: Path,
    /,
    *,
    files: Files,
    save_model: Annotated[
        Path | None, Parameter(validator=Ending(ext="safetensors"), group="Files and threads")
    ] = None,
    log: Log = LOG,
    record: Annotated[Record, Parameter(parse=False)],
    **given: Any,
) -> None:
    """Find the domains of a tissue: features, graphs, training, domains.

    The steps are those of the library, and their options are the arguments of its functions. pp.prepare and pp.neighbors run
    if the input has no features or graphs, or if one of their options is given.

    Parameters
    ----------
    source
        MuData (.h5mu or Zarr), folder of Space Ranger, or SpatialData (Zarr).
    save_model
        .safetensors file for the trained model.
    """
    from spamca.cli._job import Job

    job = Job(source, files, RUN, given, record)
    job.perform(job.find_domains, FIGURES, save_model=save_model)


@app.command
@with_options(*TRANSFORM)
def transform(
    source: Path,
    /,
    *,
    files: Files,
    model: Annotated[Path, Parameter(group="Files and threads")],
    log: Log = LOG,
    record: Annotated[Record, Parameter(parse=False)],
    **given: Any,
) -> None:
    """Find the domains of a trained model in new tissue, without training.

    Parameters
    ----------
    source
        MuData (.h5mu or Zarr), folder of Space Ranger, or SpatialData (Zarr).
    model
        Model that ``spamca run --save-model`` wrote.
    """
    from spamca.cli._job import Job

    job = Job(source, files, TRANSFORM, given, record)
    job.perform(lambda: job.apply(model), FIGURES[:2], model=model)


@app.command
def info(
    source: Path,
    /,
    *,
    label: str | None = None,
    library_key: str | None = None,
    as_json: Annotated[Flag, Parameter(name="--json")] = False,
    log: Log = LOG,
) -> None:
    """Show what a file holds: modalities, spots, and what spamca has stored.

    Parameters
    ----------
    source
        .h5mu file, or .safetensors file of a model.
    label
        Column of obs with known labels to compare domains with.
    library_key
        Column of obs with the section of each spot.
    as_json
        Write JSON.
    """
    from spamca.cli._info import show

    show(source, label=label, library_key=library_key, as_json=as_json)
