from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch

from spamca.train import check_devices


@pytest.mark.parametrize("devices", [[True], [-1], [0, 0], 0, "all"])
def test_devices_that_are_none(devices):
    with pytest.raises(ValueError, match="devices must be .*none twice"):
        check_devices("cpu", devices, "auto", "32-true", None)


@pytest.mark.parametrize(
    ("n_cuda", "accelerator", "devices", "message"),
    [
        (0, "auto", [1], r"devices=\[1\] names devices, of which the CPU has none"),
        (2, "cpu", [1], r"devices=\[1\] names devices, of which the CPU has none"),
        (0, "cuda", "auto", "needs 1 devices, and torch finds 0 here; give accelerator='cpu'"),
        (2, "auto", [2], r"devices=\[2\] needs 3 devices, and torch finds 2 here; give devices=2"),
        (2, "gpu", 3, "devices=3 needs 3 devices, and torch finds 2 here; give devices=2"),
        (0, "auto", 2, None),
        (2, "auto", 2, None),
        (2, "cuda", [1], None),
        (2, "cpu", 8, None),
    ],
)
def test_missing_devices_are_an_error_before_anything_is_computed(monkeypatch, n_cuda, accelerator, devices, message):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: n_cuda)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: n_cuda > 0)
    with nullcontext() if message is None else pytest.raises(ValueError, match=message):
        check_devices(accelerator, devices, "auto", "32-true", None)
