from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from spamca.nn import Settings
from spamca.train import fit
from spamca.train.plan import TrainingPlan

SETTINGS = Settings(n_latent=8, max_epochs=14)
QUIET = {"progress_bar": False, "accelerator": "cpu"}


@pytest.fixture
def broken(monkeypatch, tmp_path):
    """A file of a training that was interrupted at its ninth step."""
    monkeypatch.setattr(Settings, "checkpoint_every", 0.0)
    path, step = tmp_path / "half.ckpt", TrainingPlan.training_step

    def interrupted(self, batch):
        if self.global_step == 8:
            raise KeyboardInterrupt
        return step(self, batch)

    def run(tissue, **given):
        with monkeypatch.context() as patch:
            patch.setattr(TrainingPlan, "training_step", interrupted)
            with pytest.raises(KeyboardInterrupt):
                fit(tissue, 4, SETTINGS, checkpoint=path, **QUIET, **given)
        return path

    return run


@pytest.mark.parametrize("given", [{}, {"batch_size": 60}])
def test_goes_on_to_the_same_end(toy_tissue, broken, given):
    path = broken(toy_tissue, **given)
    assert path.exists()
    resumed = fit(toy_tissue, 4, SETTINGS, checkpoint=path, **QUIET, **given)
    straight = fit(toy_tissue, 4, SETTINGS, **QUIET, **given)
    for name, losses in straight.history.items():
        torch.testing.assert_close(resumed.history[name], losses, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(resumed.latents.fused, straight.latents.fused)


def test_a_training_that_ended_need_not_run_again(toy_tissue, tmp_path, monkeypatch):
    monkeypatch.setattr(Settings, "checkpoint_every", 0.0)
    path = tmp_path / "a.ckpt"
    ended = fit(toy_tissue, 4, SETTINGS, checkpoint=path, **QUIET)
    assert list(tmp_path.iterdir()) == [path]
    monkeypatch.setattr(TrainingPlan, "training_step", lambda *_: pytest.fail("trained again"))
    again = fit(toy_tissue, 4, SETTINGS, checkpoint=path, **QUIET)
    assert torch.equal(again.latents.fused, ended.latents.fused)
    assert torch.equal(again.history["total"], ended.history["total"])


def test_another_training_is_refused(toy_tissue, broken):
    path = broken(toy_tissue)
    spatial = toy_tissue.spatial
    for tissue, settings, seed in (
        (replace(toy_tissue, features=tuple(2 * features for features in toy_tissue.features)), SETTINGS, 0),
        (replace(toy_tissue, spatial=replace(spatial, indices=spatial.indices.flip(0))), SETTINGS, 0),
        (toy_tissue, SETTINGS.changed(mask_rate=0.5), 0),
        (toy_tissue, SETTINGS, 1),
    ):
        with pytest.raises(ValueError, match=r"half\.ckpt.*another training"):
            fit(tissue, 4, settings, random_state=seed, checkpoint=path, **QUIET)
    assert path.exists()


def test_a_foreign_file_is_refused_and_not_run(toy_tissue, tmp_path):
    class Harm:
        def __reduce__(self):
            return (tmp_path.joinpath("harmed").touch, ())

    path = tmp_path / "x.ckpt"
    for content in ({"spamca_fingerprint": Harm()}, [1, 2]):
        torch.save(content, path)
        with pytest.raises(ValueError, match="cannot be read as a checkpoint"):
            fit(toy_tissue, 4, SETTINGS, checkpoint=path, **QUIET)
    path.write_text("nothing")
    with pytest.raises(ValueError, match="cannot be read as a checkpoint"):
        fit(toy_tissue, 4, SETTINGS, checkpoint=path, **QUIET)
    assert not (tmp_path / "harmed").exists()
