"""The command ``spamca``: files in, files out, for batch systems and pipelines.

Options are read off the signatures of the functions that they are for, without importing these: help and errors of usage
come at once.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv
        Arguments; None takes those of the process.

    Returns
    -------
    The exit code, one of :class:`spamca.cli._exit.Code`, or 128 and the number of the signal that interrupted.
    """
    from spamca.cli._exit import Code, CommandError, text_of
    from spamca.cli._logs import logs
    from spamca.cli._parser import parse
    from spamca.cli._process import is_first
    from spamca.cli._signals import Interruption

    call = parse(argv)
    # Of the processes that share a training the first speaks for all.
    level = call.log_level if is_first(call.values.get("devices", "auto")) else "error"
    try:
        log = logs(level, call.log_file)
    except OSError as error:
        sys.stderr.write(f"spamca: cannot write --log-file {call.log_file}: {error.strerror}\n")
        return Code.OUTPUT
    with log, Interruption() as interruption:
        try:
            call.command(call, interruption)
        except KeyboardInterrupt:
            logger.error("interrupted by %s, outputs are as they were", interruption.name)
            return interruption.code
        except CommandError as error:
            logger.error("%s", error)
            logger.debug("how it came about", exc_info=error)
            return error.code
        except Exception as error:  # noqa: BLE001 (told in full, and the exit code says so)
            logger.exception("unexpected: %s", text_of(error))
            return Code.FAILED
    return Code.DONE
