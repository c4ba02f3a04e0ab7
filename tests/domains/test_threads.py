from __future__ import annotations

from threadpoolctl import threadpool_info

from spamca.domains.threads import SPOTS, fitting_threads


def numbers_of_threads():
    return [library["num_threads"] for library in threadpool_info()]


def test_small_tissue_gets_one_thread_and_the_rest_comes_back():
    before = numbers_of_threads()
    with fitting_threads(SPOTS - 1):
        assert set(numbers_of_threads()) == {1}
    assert numbers_of_threads() == before


def test_large_tissue_keeps_its_threads():
    before = numbers_of_threads()
    with fitting_threads(SPOTS):
        assert numbers_of_threads() == before
