"""The command ``spamca``: files in, files out, for batch systems and pipelines.

Options come from the signatures of the functions that they set arguments of. These functions are not imported for help and
usage errors, which therefore appear at once.
"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with arguments, by default those of the process; its exit code, see ``spamca --help``."""
    from spamca.cli._process import Code, quiet_hdf5

    with quiet_hdf5():
        code = _run(argv)
        if argv is None and code == Code.OUTPUT:
            # HDF5 cannot close a file on a full disk, and crashes when it tries again at the end of the process.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return code


def _run(argv: Sequence[str] | None) -> int:
    from cyclopts import CycloptsError

    from spamca.cli._app import app
    from spamca.cli._logs import LOG, logs
    from spamca.cli._process import Code, Interruption, expected, is_first, text_of
    from spamca.cli._record import Record
    from spamca.cli._watch import watched

    # What another program calls does not start a process.
    watch, argv = (watched(), sys.argv[1:]) if argv is None else (nullcontext(), argv)
    argv = list(argv)
    try:
        command, call, more = app.parse_args(argv, print_error=False, exit_on_error=False)
    except (CycloptsError, OSError, ValueError, RecursionError) as error:  # the others of paths that cannot be
        sys.stderr.write(f"spamca: {error}\n")
        return Code.USAGE
    log = call.arguments.get("log", LOG)
    # Of the processes that share a training, only the first one reports.
    level = log.log_level if is_first(call.arguments.get("devices", "auto")) else "error"
    try:
        with watch, logs(level, log.log_file) as warned, Interruption() as interruption:
            try:
                command(*call.args, **call.kwargs, **{name: Record(argv, interruption, warned) for name in more})
            except KeyboardInterrupt:
                logger.error("interrupted by %s, outputs are unchanged", interruption.number.name)
                return 128 + interruption.number
            except Exception as error:  # noqa: BLE001 (logged, and the exit code reports it)
                code = expected(error)
                if code is None:
                    logger.exception("unexpected: %s", text_of(error))
                    return Code.FAILED
                logger.error("%s", text_of(error))
                logger.debug("the cause:", exc_info=error)
                return code
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        sys.stderr.write(f"spamca: cannot write --log-file {log.log_file}: {why}\n")
        return Code.OUTPUT
    return Code.DONE if argv else Code.USAGE
