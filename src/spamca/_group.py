"""Processes that share a tissue, each of which holds some of its spots, its shard."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")

MOST_SPOTS = 200_000
"""Spots of all processes that are looked at together: all where there are no more, else a sample of each shard by its size."""

_TO_COME = timedelta(minutes=10)  # until all processes have started
_PATIENCE = timedelta(days=7)  # the others wait while the first process computes


class Group:
    """The processes of a group: number of this one, and how many there are. All of them call the same methods in the same order.

    Parameters
    ----------
    rank, size
        Number of this process, from 0, and number of all.
    channel
        Group of ``torch.distributed`` that they talk through.
    """

    def __init__(self, rank: int = 0, size: int = 1, channel: Any = None) -> None:
        self.rank, self.size, self._channel = rank, size, channel
        self._failed = False  # and all processes know, or cannot be told

    def wait(self, error: BaseException | None = None) -> None:
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
        with self._reaching():
            distributed.gather_object(value, values, group=self._channel)
        made = [None if values is None else make(values)]
        self.wait()
        with self._reaching():
            distributed.broadcast_object_list(made, group=self._channel)
        return made[0]

    def agree(self, mend: str, values: Mapping[str, Any]) -> None:
        """Whether values, by name, are the same in all processes: a ValueError in each if one is not, with what would mend it."""
        gathered = self.gather(dict(values))
        for name in dict.fromkeys(name for one in gathered for name in one):
            first, *others = (one.get(name) for one in gathered)
            for rank, other in enumerate(others, 1):
                if repr(other) != repr(first):
                    self._failed = True
                    msg = (
                        f"{name} must be the same in all processes, got {first!r} in process 0 and "
                        f"{other!r} in process {rank}; {mend}"
                    )
                    raise ValueError(msg)

    def share(self, n_spots: int, most: int | None = None) -> tuple[int, bool]:
        """How many of its spots this process gives to a sample of at most so many, and whether that holds all spots of all processes.

        By default of :data:`MOST_SPOTS`.
        """
        most, total = MOST_SPOTS if most is None else most, sum(self.gather(n_spots))
        whole = total <= most
        return n_spots if whole else max(1, round(most * n_spots / total)), whole

    def _exchanged(self, value: T) -> list[T]:
        from torch import distributed

        values: list[Any] = [None] * self.size
        with self._reaching():
            distributed.all_gather_object(values, value, group=self._channel)
        return values

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Say in plain words that another process is gone."""
        try:
            yield
        except RuntimeError as error:
            self._failed = True
            msg = f"another of the {self.size} processes is gone, and so this one stops; its log may say why"
            raise RuntimeError(msg) from error


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
    except BaseException as error:
        with suppress(RuntimeError):  # another process is gone altogether
            group.wait(error)
        raise


def _started() -> Group:
    """The group of ``torch.distributed``, begun here if the environment names one that is not begun."""
    from torch import distributed

    if not distributed.is_available():
        return ALONE
    if not distributed.is_initialized():
        if int(os.environ.get("WORLD_SIZE", "1")) < 2:
            logger.info("sharded=True: this is the only process, and holds the whole tissue; torchrun starts several")
            return ALONE
        try:
            distributed.init_process_group("gloo", timeout=_TO_COME)
        except RuntimeError as error:
            came = f"not all of the {os.environ['WORLD_SIZE']} processes of WORLD_SIZE came within {_TO_COME.total_seconds():.0f} s"
            msg = f"{came}; start all of them, and see their logs"
            raise RuntimeError(msg) from error
    size = distributed.get_world_size()
    return Group(distributed.get_rank(), size, _channel(distributed.group.WORLD)) if size > 1 else ALONE


@lru_cache(maxsize=1)
def _channel(world: Any) -> Any:
    """A group of the processes of a ``torch.distributed`` group in which these wait for each other for long."""
    from torch import distributed

    return distributed.new_group(distributed.get_process_group_ranks(world), timeout=_PATIENCE, backend="gloo")
