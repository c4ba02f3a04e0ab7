from __future__ import annotations

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
            except Exception as error:  # noqa: BLE001 (the test looks at it)
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


def test_one_that_fails_is_named_in_the_others(both):
    def call(group):
        with together(sharded=True):
            group.gather(1)
            if group.rank == 1:
                raise LookupError
            return group.gather(2)

    first, second = both(call)
    assert isinstance(second, LookupError)
    assert isinstance(first, RuntimeError)
    assert "process 1 of 2 failed" in str(first)
    assert "LookupError" in str(first)


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


def test_alone():
    assert ALONE.gather("x") == ["x"]
    assert ALONE.first(3, sum_of_squares) == 9
    assert ALONE.share(10**9)[1] is False
    ALONE.wait(ValueError())
    ALONE.agree("", {"a": 1})


def sum_of_squares(values):
    return sum(value**2 for value in values)


def test_no_group_was_started(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with together(sharded=True) as group:
        assert group is ALONE
    with together(sharded=False) as group:
        assert group is ALONE
