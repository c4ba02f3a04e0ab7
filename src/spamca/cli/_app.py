"""What can be typed: the commands and their options."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (cyclopts reads the annotations)
from typing import Annotated, Any

from cyclopts import App, Parameter
from cyclopts.validators import Path as Ending

from spamca import __version__
from spamca.cli._inputs import READERS
from spamca.cli._job import FILES, Files, Flag, Job
from spamca.cli._logs import LOG, Log
from spamca.cli._options import by_function, from_file, with_options
from spamca.cli._record import Record  # noqa: TC001 (cyclopts reads the annotations)

CODES = """Exit codes:

- 0: done
- 2: wrong usage
- 3: the input, or a value, cannot be used
- 4: the computation failed
- 5: an output cannot be written, or exists already
- 130: interrupted from the keyboard; 143 by SIGTERM, 129 by SIGHUP
"""

SOURCE = Parameter(
    help="Folder of Visium, Visium HD, Xenium, CosMx or MERSCOPE; MuData (.h5mu or Zarr), AnnData (.h5ad or Zarr), SpatialData (Zarr)."
)
SAVE_MODEL = Parameter(
    help=".safetensors file for the trained model.", group=FILES, validator=Ending(ext="safetensors")
)

RUN = (*dict.fromkeys(READERS.values()), "pp.prepare", "pp.neighbors", "tl.integrate", "tl.cluster")
TRANSFORM = (*dict.fromkeys(READERS.values()), "tl.transform")

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
    source: Annotated[Path, SOURCE],
    /,
    *,
    files: Files,
    save_model: Annotated[Path | None, SAVE_MODEL] = None,
    log: Log = LOG,
    record: Annotated[Record, Parameter(parse=False)],
    **given: Any,
) -> None:
    """Find the domains of a tissue: features, graphs, training, domains.

    The steps are those of the library, and their options are the arguments of its functions. pp.prepare and pp.neighbors run
    if the input has no features or graphs, or if one of their options is given.
    """
    Job(source, files, by_function(RUN, given), record).perform(save_model=save_model)


@app.command
@with_options(*TRANSFORM)
def transform(
    source: Annotated[Path, SOURCE],
    /,
    *,
    files: Files,
    model: Annotated[Path, Parameter(help="Model that spamca run --save-model wrote.", group=FILES)],
    log: Log = LOG,
    record: Annotated[Record, Parameter(parse=False)],
    **given: Any,
) -> None:
    """Find the domains of a trained model in new tissue, without training."""
    Job(source, files, by_function(TRANSFORM, given), record).perform(model=model)


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
