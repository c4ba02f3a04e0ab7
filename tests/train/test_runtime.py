from __future__ import annotations

from contextlib import suppress

import pytest
import torch

from spamca.train.runtime import accelerator_of, check_forking, forks, n_devices_of, strategy_of, threads

INTERACTIVE = "lightning.fabric.utilities.imports._IS_INTERACTIVE"


@pytest.mark.parametrize(("given", "n"), [("auto", 1), (1, 1), (3, 3), ([2], 1), ([0, 1], 2)])
def test_number_of_devices(given, n):
    assert n_devices_of(given) == n


@pytest.mark.parametrize(
    ("given", "available", "taken"), [("auto", True, "cuda"), ("auto", False, "cpu"), ("mps", True, "mps")]
)
def test_accelerator(monkeypatch, given, available, taken):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert accelerator_of(given) == taken


@pytest.mark.parametrize(
    ("given", "n_devices", "interactive", "taken"),
    [
        ("auto", 1, True, "auto"),
        ("auto", 2, False, "ddp"),
        ("auto", 2, True, "ddp_notebook"),
        ("ddp_spawn", 2, True, "ddp_spawn"),
        ("ddp_notebook", 1, False, "ddp_notebook"),
    ],
)
def test_strategy(monkeypatch, given, n_devices, interactive, taken):
    monkeypatch.setattr(INTERACTIVE, interactive)
    assert strategy_of(given, n_devices) == taken
    assert forks(given, n_devices) == (taken == "ddp_notebook")


def test_forking_after_cuda_was_used_is_refused(monkeypatch):
    monkeypatch.setattr(INTERACTIVE, True)
    check_forking("auto", "auto", 2)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    check_forking("auto", "auto", 1)
    check_forking("cpu", "auto", 2)
    check_forking("auto", "ddp", 2)
    with pytest.raises(RuntimeError, match=r"devices=2 with strategy='auto' forks this process.*restart the kernel"):
        check_forking("auto", "auto", 2)


def test_threads_follow_the_size_and_return():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with threads(100) as n_threads:
            assert torch.get_num_threads() == n_threads == 1
        with threads(1_000_000) as n_threads:
            assert torch.get_num_threads() == n_threads == 2
        with suppress(ValueError), threads(100):
            raise ValueError
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
