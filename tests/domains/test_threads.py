from threadpoolctl import threadpool_info

from spamca.domains.threads import SPOTS, fitting_threads


def test_small_tissue_gets_one_thread_and_large_tissue_keeps_its_own():
    def numbers():
        return [library["num_threads"] for library in threadpool_info()]

    before = numbers()
    with fitting_threads(SPOTS - 1):
        assert set(numbers()) == {1}
    assert numbers() == before
    with fitting_threads(SPOTS):
        assert numbers() == before
