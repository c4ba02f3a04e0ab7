"""What can be typed."""

from __future__ import annotations

import argparse
import importlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spamca import __version__
from spamca.cli._config import joined, read_config
from spamca.cli._figures import FORMATS
from spamca.cli._inputs import READERS
from spamca.cli._logs import LEVELS
from spamca.cli._options import options

if TYPE_CHECKING:
    from collections.abc import Sequence

CODES = """exit codes:
  0    done
  2    wrong usage
  3    the input, or a value, that cannot be used
  4    the computation failed
  5    an output cannot be written, or is there already
  130  interrupted from the keyboard; 143 by SIGTERM, 129 by SIGHUP
"""


@dataclass(frozen=True)
class Subcommand:
    """A subcommand, which lies in the module and function of its name.

    Parameters
    ----------
    name
        What is typed.
    text
        What it does.
    functions
        Functions whose arguments are its options.
    """

    name: str
    text: str
    functions: tuple[str, ...] = ()


RUN = Subcommand(
    "run",
    "Find the domains of a tissue: features, graphs, training, domains. Steps are those of the library, and their options the "
    "arguments of its functions. pp.prepare and pp.neighbors run where the input has no features or graphs, or where one of "
    "their options is given.",
    (*READERS, "pp.prepare", "pp.neighbors", "tl.integrate", "tl.cluster"),
)
TRANSFORM = Subcommand(
    "transform",
    "Find the domains of a trained model in new tissue: nothing is trained.",
    (*READERS, "tl.transform"),
)
INFO = Subcommand("info", "Tell what a file holds: modalities, spots, and what spamca has stored.")
SUBCOMMANDS = (RUN, TRANSFORM, INFO)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the arguments.

    Returns
    -------
    What was given. ``values`` holds the arguments of the package's functions by the names of the options, from the command
    line and from the file of ``--config``, and nothing for those not given; ``argv`` the arguments as typed; ``command`` the
    function that does the work.

    Raises
    ------
    SystemExit
        With code 2 if they are wrong, with 0 after help or version.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    parser, subparsers = build()
    call = parser.parse_args(argv)
    chosen = next(one for one in SUBCOMMANDS if one.name == call.subcommand)
    known = {option.name for option in options(chosen.functions)}
    typed = {name: value for name, value in vars(call).items() if name in known}
    call.values, call.argv = typed, argv
    if known and call.config is not None:
        try:
            call.values = joined(read_config(call.config, sorted(known)), typed)
        except ValueError as error:
            subparsers[chosen.name].error(f"argument --config: {error}")
    module = importlib.import_module(f"spamca.cli._{chosen.name}")
    call.command = getattr(module, chosen.name)
    return call


def build() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """The parser, and those of the subcommands."""
    parser = argparse.ArgumentParser(
        prog="spamca",
        description="Spatial domains from tissue measured with several omics.",
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"spamca {__version__}")
    places = parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")
    made = {}
    for subcommand in SUBCOMMANDS:
        made[subcommand.name] = places.add_parser(
            subcommand.name, help=subcommand.text.partition(":")[0], description=subcommand.text, allow_abbrev=False
        )
        _add_log(made[subcommand.name])
        _add_options(made[subcommand.name], subcommand)
    files = _add_files(made["run"])
    files.add_argument(
        "--save-model", metavar="FILE", type=_safetensors, help=".safetensors file for the trained model"
    )
    files = _add_files(made["transform"])
    files.add_argument("--model", metavar="FILE", required=True, help="model that run --save-model wrote")
    _add_info(made["info"])
    return parser, made


def _add_log(parser: argparse.ArgumentParser) -> None:
    log = parser.add_argument_group("log")
    log.add_argument("--log-level", choices=LEVELS, default="info", help="what is told on stderr (default: info)")
    log.add_argument("--log-file", metavar="FILE", help="file that the log is appended to as well")


def _add_files(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    parser.add_argument(
        "input", metavar="INPUT", help="MuData (.h5mu or Zarr), folder of Space Ranger, or SpatialData (Zarr)"
    )
    files = parser.add_argument_group("files")
    files.add_argument("-o", "--output", required=True, metavar="FILE", type=_h5mu, help=".h5mu file to write")
    files.add_argument("--figures", metavar="FOLDER", help="folder that figures are drawn into")
    files.add_argument("--figure-format", choices=FORMATS, default="png", help="kind of figure (default: png)")
    files.add_argument("--record", metavar="FILE", help="record of the run in JSON (default: OUTPUT.json)")
    files.add_argument("--force", action="store_true", help="replace outputs that are there")
    files.add_argument("--config", metavar="FILE", help=".json or .toml file with options that are not typed")
    files.add_argument(
        "--threads", metavar="N", type=_positive, help="threads to compute with (default: what the libraries choose)"
    )
    return files


def _add_info(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="FILE", help=".h5mu file, or .safetensors file of a model")
    parser.add_argument("--label", metavar="COLUMN", help="column of obs with known labels to compare domains with")
    parser.add_argument("--library-key", metavar="COLUMN", help="column of obs with the section of each spot")
    parser.add_argument("--json", action="store_true", help="write JSON")


def _add_options(parser: argparse.ArgumentParser, subcommand: Subcommand) -> None:
    groups: dict[str, Any] = {}
    for option in options(subcommand.functions):
        title = " and ".join(option.functions)
        if title not in groups:
            groups[title] = parser.add_argument_group(title)
        option.add_to(groups[title])


def _h5mu(text: str) -> str:
    return _ending(text, ".h5mu")


def _safetensors(text: str) -> str:
    return _ending(text, ".safetensors")


def _ending(text: str, suffix: str) -> str:
    if not text.endswith(suffix):
        msg = f"must end on {suffix}, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return text


def _positive(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        msg = f"must be a whole number of at least 1, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return value
