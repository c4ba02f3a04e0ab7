"""Processes that share a tissue, each of which holds some of its spots, its shard."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")

MOST_SPOTS = 200_000
"""Spots of all processes that are looked at together: all where there are no more, else a sample of each shard by its size."""

_PATIENCE = timedelta(days=7)  # the others wait while the first process computes


class Group:
    """The processes of a group: number of this one, and how many there are. All of them call the same methods in the same order.

    Parameters
    ----------
    rank, size
        Number of this process, from 0, and number of all.
    """

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank, self.size = rank, size
        self._failed = False  # and all processes know

    def wait(self, error: Exception | None = None) -> None:
        """Wait until all processes are here, and raise a RuntimeError where another one has come with an ``error``."""
        if self.size == 1 or self._failed:
            return
        messages = self._exchanged(None if error is None else f"{type(error).__name__}: {error}")
        failed = [(rank, message) for rank, message in enumerate(messages) if message is not None]
        self._failed = bool(failed)
        if failed and error is None:
            rank, message = failed[0]
            msg = f"process {rank} of {self.size} failed, and so this one stops; there it was {message}"
            raise RuntimeError(msg)

    def gather(self, value: T) -> list[T]:
        """What each process gives, by rank, in all of them."""
        if self.size == 1:
            return [value]
        self.wait()
        return self._exchanged(value)

    def first(self, value: T, make: Callable[[list[T]], Any]) -> Any:
        """What the first process makes of what all of them give, in all of them: the same to the last digit."""
        if self.size == 1:
            return make([value])
        from torch import distributed

        self.wait()
        values: list[Any] | None = [None] * self.size if self.rank == 0 else None
        distributed.gather_object(value, values)
        made = [None if values is None else make(values)]
        self.wait()
        distributed.broadcast_object_list(made)
        return made[0]

    def agree(self, mend: str, values: Mapping[str, Any]) -> None:
        """Whether values, by name, are the same in all processes: a ValueError in each if one is not, with what would mend it."""
        for name, first, *others in zip(values, *(one.values() for one in self.gather(dict(values))), strict=True):
            for rank, other in enumerate(others, 1):
                if repr(other) != repr(first):
                    self._failed = True
                    msg = (
                        f"{name} must be the same in all processes, got {first!r} in process 0 and "
                        f"{other!r} in process {rank}; {mend}"
                    )
                    raise ValueError(msg)

    def share(self, n_spots: int) -> tuple[int, bool]:
        """How many of its spots this process gives to the sample, and whether that holds all spots of all processes."""
        total = sum(self.gather(n_spots))
        whole = total <= MOST_SPOTS
        return n_spots if whole else max(1, round(MOST_SPOTS * n_spots / total)), whole

    def _exchanged(self, value: T) -> list[T]:
        from torch import distributed

        values: list[Any] = [None] * self.size
        distributed.all_gather_object(values, value)
        return values


ALONE = Group()
"""One process, which holds the whole tissue."""


@contextmanager
def together(*, sharded: bool) -> Iterator[Group]:
    """The group that this process is one of; where one process fails inside, the others stop as well instead of waiting for it.

    :data:`ALONE` if the tissue is not sharded, or nobody started several processes.
    """
    group = _started() if sharded else ALONE
    try:
        yield group
    except Exception as error:
        with suppress(RuntimeError):  # another process is gone altogether
            group.wait(error)
        raise


def _started() -> Group:
    """The group of ``torch.distributed``, begun here if the environment names one that is not begun."""
    from torch import cuda, distributed

    if not distributed.is_available():
        return ALONE
    if not distributed.is_initialized():
        if int(os.environ.get("WORLD_SIZE", "1")) < 2:
            logger.info("sharded=True: this is the only process, and holds the whole tissue; torchrun starts several")
            return ALONE
        distributed.init_process_group("cpu:gloo,cuda:nccl" if cuda.is_available() else "gloo", timeout=_PATIENCE)
    return Group(distributed.get_rank(), distributed.get_world_size())
