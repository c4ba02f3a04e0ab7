from __future__ import annotations

import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, local

import pytest

from spamca import _group
from spamca._group import ALONE, Group, together


class Thread(Group):
    """A process of a group that is a thread of this one."""

    def __init__(self, rank, size, table, barrier):
        super().__init__(rank, size)
        self.table, self.barrier = table, barrier

    def _exchanged(self, value):
        self.barrier.wait(10)
        self.table[self.rank] = value
        self.barrier.wait(10)
        return [self.table[rank] for rank in range(self.size)]


@pytest.fixture
def both(monkeypatch):
    """Run a function of a group in two processes, and give what they return or raise."""
    own = local()
    monkeypatch.setattr(_group, "_started", lambda: own.group)

    def run(function):
        table, barrier = {}, Barrier(2)

        def one(rank):
            own.group = Thread(rank, 2, table, barrier)
            try:
                return function(own.group)
            except BaseException as error:  # noqa: BLE001 (the test looks at it)
                return error

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(one, range(2)))

    return run


def test_gather(both):
    assert both(lambda group: group.gather(10 * group.rank)) == [[0, 10], [0, 10]]


def test_what_differs_is_named_in_all(both):
    same, other = both(lambda group: group.agree("pass 3", {"n_comps": 3, "seed": group.rank}))
    expected = "seed must be the same in all processes, got 0 in process 0 and 1 in process 1; pass 3"
    assert str(same) == str(other) == expected
    assert both(lambda group: group.agree("pass 3", {"n_comps": 3})) == [None, None]


@pytest.mark.parametrize("kind", [LookupError, KeyboardInterrupt])
def test_one_that_fails_is_named_in_the_others(both, kind):
    def call(group):
        with together(sharded=True):
            group.gather(1)
            if group.rank == 1:
                raise kind
            return group.gather(2)

    first, second = both(call)
    assert isinstance(second, kind)
    assert isinstance(first, RuntimeError)
    assert "process 1 of 2 failed" in str(first)
    assert kind.__name__ in str(first)


GONE = """
import os
from datetime import timedelta
from spamca import _group

_group._TO_COME = timedelta(seconds=int(os.environ["TO_COME"]))
with _group.together(sharded=True) as group:
    group.gather(1)
    if group.rank == 1:
        os._exit(9)
    group.gather(2)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ranks", "to_come", "message"),
    [
        ([1, 0], 60, "another of the 2 processes is gone, and so this one stops; its log may say why"),
        ([0], 2, "not all of the 2 processes of WORLD_SIZE came within 2 s"),
    ],
)
def test_a_process_that_is_gone_or_never_comes(ranks, to_come, message):
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}
    given = {**os.environ, **place, "WORLD_SIZE": "2", "TO_COME": str(to_come)}
    command = [sys.executable, "-W", "ignore", "-c", GONE]
    *others, first = [
        subprocess.Popen(command, env={**given, "RANK": str(rank)}, stderr=subprocess.PIPE, text=True) for rank in ranks
    ]
    said = first.communicate(timeout=60)[1]
    for other in others:
        other.communicate(timeout=60)
    assert first.returncode == 1
    assert f"RuntimeError: {message}" in said


def test_what_all_found_out_is_not_exchanged_again(both):
    def call(group):
        with together(sharded=True):
            group.agree("", {"rank": group.rank})

    assert all(isinstance(error, ValueError) for error in both(call))


@pytest.mark.parametrize(
    ("sizes", "shares"), [((300, 200), (300, 200)), ((1500, 500), (750, 250)), ((9999, 1), (1000, 1))]
)
def test_share_of_the_sample(both, sizes, shares, monkeypatch):
    monkeypatch.setattr(_group, "MOST_SPOTS", 1000)
    found = both(lambda group: group.share(sizes[group.rank]))
    assert found == [(share, sum(sizes) <= 1000) for share in shares]


def test_alone(monkeypatch):
    monkeypatch.setattr(Group, "_exchanged", None)  # there is nobody to exchange anything with
    assert ALONE.gather("x") == ["x"]
    assert ALONE.first(3, sum_of_squares) == 9
    assert ALONE.share(10**9)[1] is False
    ALONE.wait()
    ALONE.wait(ValueError())  # and after an error the next call is as good as new
    ALONE.agree("", {"a": 1})
    assert ALONE.gather("x") == ["x"]


def sum_of_squares(values):
    return sum(value**2 for value in values)


def test_no_group_was_started(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with together(sharded=True) as group:
        assert group is ALONE
    with together(sharded=False) as group:
        assert group is ALONE
