from __future__ import annotations

import os
import signal
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
import torch
from lightning.pytorch import LightningModule

from spamca.nn import PRESETS, Settings, losses
from spamca.nn.batch import look
from spamca.train import fit, plan
from spamca.train.plan import TrainingPlan

WEIGHTS = {"contrast_weight": 0.1, "cluster_weight": 0.1, "alignment_weight": 0.1}
TRAINED = Settings(start="random", n_latent=8, learning_rate=1e-2, **WEIGHTS)
SETTINGS = TRAINED.changed(max_epochs=12)
QUIET = {"progress_bar": False, "accelerator": "cpu"}


def test_loss_falls_and_history_is_complete(toy_tissue):
    result = fit(toy_tissue, 4, SETTINGS.changed(max_epochs=80, learning_rate=1e-2, early_stopping=False), **QUIET)
    assert set(result.history) == {"total", "reconstruction", "contrast", "cluster", "alignment"}
    total = result.history["total"]
    assert total.shape == (80,)
    assert total[-20:].mean() < total[:20].mean()
    assert result.latents.fused.shape == (120, 8)
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
    result = fit(toy_tissue, 4, TRAINED.changed(max_epochs=0), **QUIET)
    assert result.history == {}
    assert torch.isfinite(result.latents.fused).all()


def test_default_draws_nothing_and_knows_no_clusters(toy_tissue, position):
    one = fit(toy_tissue, 4, Settings(), random_state=0, **QUIET)
    other = fit(toy_tissue, 9, Settings(), random_state=1, batch_size=40, position=position, **QUIET)
    assert one.history == {}
    torch.testing.assert_close(one.latents.fused, other.latents.fused, rtol=1e-4, atol=1e-5)


def test_trust_scales_a_modality(toy_tissue):
    """What is not trusted does not count; the other modality is left as it is alone."""
    found = fit(toy_tissue, None, Settings(), trust=(1.0, 0.0), **QUIET)
    features = (toy_tissue.features[0], toy_tissue.features[1].roll(7, 0))
    other = fit(replace(toy_tissue, features=features), None, Settings(), trust=(1.0, 0.0), **QUIET)
    torch.testing.assert_close(found.latents.fused, other.latents.fused)
    single = replace(toy_tissue, features=toy_tissue.features[:1], feature_graphs=toy_tissue.feature_graphs[:1])
    alone = fit(single, None, Settings(), **QUIET).latents.fused
    distances = [torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist") for x in (found.latents.fused, alone)]
    torch.testing.assert_close(*distances, rtol=1e-3, atol=1e-4)
    assert (found.latents.modality_weights[:, 1] == 0).all()


def test_paper_is_normalised_and_masked(toy_tissue):
    settings = PRESETS["paper"].changed(max_epochs=2, n_latent=8)
    result = fit(toy_tissue, 4, settings, **QUIET)
    torch.testing.assert_close(result.latents.fused.norm(dim=1), torch.ones(120))
    unmasked = result.network.encode(look(toy_tissue, settings)).modalities[0]
    assert not torch.allclose(result.latents.modalities[0], unmasked)


def test_divergence_is_reported(toy_tissue):
    with pytest.raises(FloatingPointError, match="diverged.*step.*learning_rate below 1e\\+30"):
        fit(toy_tissue, 4, SETTINGS.changed(learning_rate=1e30), **QUIET)


def test_divergence_in_the_last_step_is_reported_of_the_step_after_it(toy_tissue):
    with pytest.raises(FloatingPointError, match="not finite from step 1 on"):
        fit(toy_tissue, 4, SETTINGS.changed(learning_rate=float("inf"), max_epochs=1), **QUIET)


def test_mixed_precision_trains(toy_tissue):
    result = fit(toy_tissue, 4, SETTINGS, precision="bf16-mixed", **QUIET)
    full = fit(toy_tissue, 4, SETTINGS, **QUIET)
    torch.testing.assert_close(result.history["total"], full.history["total"], rtol=0.05, atol=0.05)


def test_losses_are_of_single_precision(toy_tissue, monkeypatch):
    def seen(batch, output, settings):
        held = [*output.restored, *output.assignments, *output.projections]
        kinds.update(x.dtype for x in held)
        kinds.add((held[0].T @ held[0]).dtype)
        return losses(batch, output, settings)

    kinds = set()
    monkeypatch.setattr(plan, "losses", seen)
    fit(toy_tissue, 4, SETTINGS, precision="bf16-mixed", **QUIET)
    assert kinds == {torch.float32}


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


@pytest.mark.parametrize("known", [True, False])
def test_tiles_learn_as_the_whole_does(toy_tissue, position, known):
    settings = TRAINED.changed(n_steps=120, early_stopping=False, learning_rate=1e-2)
    given = {"batch_size": 40, "position": position if known else None}
    tiled = fit(toy_tissue, 4, settings.changed(max_epochs=40), **given, **QUIET)
    whole = fit(toy_tissue, 4, settings, **QUIET)
    assert len(tiled.history["total"]) == len(whole.history["total"]) == 120
    last = [result.history["total"][-30:].mean() for result in (tiled, whole)]
    torch.testing.assert_close(last[0], last[1], rtol=0.1, atol=0)
    assert torch.isfinite(tiled.latents.fused).all()


def test_tiles_of_one_seed_are_bit_identical(toy_tissue, position):
    first, second = (fit(toy_tissue, 4, SETTINGS, batch_size=40, position=position, **QUIET) for _ in range(2))
    assert torch.equal(first.latents.fused, second.latents.fused)


def test_one_process_of_a_parallel_strategy(toy_tissue):
    single = replace(toy_tissue, features=toy_tissue.features[:1], feature_graphs=toy_tissue.feature_graphs[:1])
    alone = fit(single, 4, SETTINGS, **QUIET)
    with mock.patch.dict(os.environ):  # Lightning leaves its rank there
        parallel = fit(single, 4, SETTINGS, devices=1, strategy="ddp", **QUIET)
    torch.distributed.destroy_process_group()
    assert torch.equal(parallel.latents.fused, alone.latents.fused)


def test_plan_is_lightnings(toy_tissue):
    assert issubclass(TrainingPlan, LightningModule)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_agrees_with_cpu(toy_tissue):
    cpu = fit(toy_tissue, 4, SETTINGS, progress_bar=False, accelerator="cpu")
    cuda = fit(toy_tissue, 4, SETTINGS, progress_bar=False, accelerator="cuda")
    torch.testing.assert_close(cuda.latents.fused, cpu.latents.fused, rtol=1e-2, atol=1e-2)
