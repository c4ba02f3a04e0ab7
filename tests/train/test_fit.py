from __future__ import annotations

import signal
from contextlib import suppress

import numpy as np
import pytest
import torch
from lightning.pytorch import LightningModule
from scipy.sparse import csr_matrix

from spamca.graph import normalize
from spamca.nn import PRESETS, Settings, Tissue
from spamca.nn.sparse import Adjacency
from spamca.train import fit
from spamca.train.fit import _accelerator, threads
from spamca.train.plan import TrainingPlan

SETTINGS = Settings(n_latent=8, max_epochs=12)
QUIET = {"progress_bar": False, "accelerator": "cpu"}


@pytest.fixture(scope="module")
def toy_tissue():
    rng = np.random.default_rng(0)

    def graph():
        links = rng.random((60, 60)) < 0.1
        return Adjacency.from_scipy(normalize(csr_matrix((links | links.T).astype(np.float64))))

    features = tuple(torch.from_numpy(rng.normal(size=(60, n)).astype(np.float32)) for n in (6, 4))
    spatial, feature_graphs = graph(), (graph(), graph())
    guide = torch.from_numpy(rng.dirichlet(np.full(4, 0.2), 60).astype(np.float32))
    return Tissue(features, spatial, feature_graphs, guide=guide)


def test_loss_falls_and_history_is_complete(toy_tissue):
    result = fit(toy_tissue, 4, SETTINGS.changed(max_epochs=80, learning_rate=1e-2, early_stopping=False), **QUIET)
    assert set(result.history) == {"total", "reconstruction", "contrast", "cluster", "alignment"}
    total = result.history["total"]
    assert total.shape == (80,)
    assert total[-20:].mean() < total[:20].mean()
    assert result.latents.fused.shape == (60, 8)
    assert not result.network.training


def test_same_seed_is_bit_identical(toy_tissue):
    first, second, other = (fit(toy_tissue, 4, SETTINGS, random_state=seed, **QUIET) for seed in (1, 1, 2))
    assert torch.equal(first.latents.fused, second.latents.fused)
    assert not torch.equal(first.latents.fused, other.latents.fused)


def test_global_random_state_is_left(toy_tissue):
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002 the global state itself is under test
    before = torch.get_rng_state(), np.random.get_state()[1]  # noqa: NPY002
    fit(toy_tissue, 4, SETTINGS, **QUIET)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_no_epochs_gives_the_untrained_network(toy_tissue):
    result = fit(toy_tissue, 4, Settings(n_latent=8, max_epochs=0), **QUIET)
    assert result.history == {}
    assert torch.isfinite(result.latents.fused).all()


def test_paper_is_normalised_and_masked(toy_tissue):
    settings = PRESETS["paper"].changed(max_epochs=2, n_latent=8)
    result = fit(toy_tissue, 4, settings, **QUIET)
    torch.testing.assert_close(result.latents.fused.norm(dim=1), torch.ones(60))
    unmasked = result.network.encode(toy_tissue).modalities[0]
    assert not torch.allclose(result.latents.modalities[0], unmasked)


def test_divergence_is_told(toy_tissue):
    with pytest.raises(FloatingPointError, match="diverged.*epoch.*learning_rate below 1e\\+30"):
        fit(toy_tissue, 4, SETTINGS.changed(learning_rate=1e30), **QUIET)


def test_mixed_precision_trains(toy_tissue):
    result = fit(toy_tissue, 4, SETTINGS, precision="bf16-mixed", **QUIET)
    full = fit(toy_tissue, 4, SETTINGS, **QUIET)
    torch.testing.assert_close(result.history["total"], full.history["total"], rtol=0.05, atol=0.05)


def test_stops_when_flat(toy_tissue):
    result = fit(toy_tissue, 4, SETTINGS.changed(max_epochs=300, learning_rate=1e-12), **QUIET)
    assert len(result.history["total"]) < 300


def test_progress_bar_counts_every_epoch(toy_tissue, capsys):
    fit(toy_tissue, 4, SETTINGS, progress_bar=True, accelerator="cpu")
    shown = capsys.readouterr().err
    assert "12/12" in shown
    assert "loss=" in shown


def test_interrupt_reaches_the_caller(toy_tissue, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    handler = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(TrainingPlan, "training_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(toy_tissue, 4, SETTINGS, accelerator="cpu")
    assert signal.getsignal(signal.SIGINT) is handler


def test_plan_is_lightnings(toy_tissue):
    assert issubclass(TrainingPlan, LightningModule)


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


@pytest.mark.parametrize(
    ("given", "available", "taken"), [("auto", True, "cuda"), ("auto", False, "cpu"), ("mps", True, "mps")]
)
def test_accelerator(monkeypatch, given, available, taken):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert _accelerator(given) == taken


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_agrees_with_cpu(toy_tissue):
    cpu = fit(toy_tissue, 4, SETTINGS, progress_bar=False, accelerator="cpu")
    cuda = fit(toy_tissue, 4, SETTINGS, progress_bar=False, accelerator="cuda")
    torch.testing.assert_close(cuda.latents.fused, cpu.latents.fused, rtol=1e-2, atol=1e-2)
