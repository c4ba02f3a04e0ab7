from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from spamca.nn import PRESETS, Settings, SpaMCA
from spamca.nn.batch import draw, draw_masks, look, surroundings

SPOTS = torch.tensor([3, 17, 5, 30, 31, 39])


@pytest.fixture(params=["complete", "mosaic"])
def tissue(request, toy_tissue):
    if request.param == "complete":
        return toy_tissue
    present = torch.rand(40, 3, generator=torch.Generator().manual_seed(0)) < 0.7
    present[:, 0] = True
    return replace(toy_tissue, present=present)


def masks_of(tissue, settings):
    return draw_masks(tissue, settings, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("views", [("spatial", "feature"), ("spatial",), ("feature",)])
@pytest.mark.parametrize("masked", [False, True])
def test_some_spots_are_encoded_as_in_the_whole(tissue, preset, views, masked):
    settings = PRESETS[preset].changed(start="random", n_latent=8, views=views, fusion="attention")
    network = SpaMCA(tissue.n_features, 4, settings)
    masks = masks_of(tissue, settings) if masked else None
    whole, some = (network.encode(look(tissue, settings, spots, masks)) for spots in (None, SPOTS))
    torch.testing.assert_close(some.fused, whole.fused[SPOTS], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(some.modalities[1], whole.modalities[1][SPOTS], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(some.modality_weights, whole.modality_weights[SPOTS], rtol=1e-5, atol=1e-5)


def test_some_spots_are_restored_as_in_the_whole(tissue):
    settings = Settings(n_latent=8, cluster_weight=0.1)
    network = SpaMCA(tissue.n_features, 4, settings).eval()
    masks = masks_of(tissue, settings)
    whole, some = (
        (batch, network(batch))
        for batch in (draw(tissue, settings, masks, torch.Generator(), spots) for spots in (None, SPOTS))
    )
    for m in range(3):
        asked = some[0].scored[m]
        in_whole = torch.tensor(
            [int((whole[0].scored[m] == spot).nonzero()) for spot in SPOTS[asked]], dtype=torch.long
        )
        torch.testing.assert_close(some[1].restored[m], whole[1].restored[m][in_whole], rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(some[0].targets[m], tissue.features[m][SPOTS[asked]])
    torch.testing.assert_close(some[1].assignments[-1], whole[1].assignments[-1][SPOTS], rtol=1e-5, atol=1e-5)


def test_only_hidden_spots_that_were_measured_are_scored(tissue):
    masks = masks_of(tissue, Settings())
    batch = draw(tissue, Settings(), masks, torch.Generator())
    for m, positions in enumerate(batch.scored):
        has = torch.ones(40, dtype=torch.bool) if tissue.present is None else tissue.present[:, m]
        assert torch.equal(positions, (masks[m][0] & has).nonzero().squeeze(1))


@pytest.mark.parametrize("lacking", [slice(0, 3), slice(0, 25)])
def test_missing_is_seen_as_masked(toy_tissue, lacking):
    """Spots that lack a modality show the learned row as masked ones do, whatever stands in their rows, and count for nothing."""
    network = SpaMCA(toy_tissue.n_features, 4, Settings(n_latent=8)).eval()
    for token in network.tokens:
        torch.nn.init.normal_(token)
    present, gone = torch.ones(40, 3, dtype=torch.bool), torch.zeros(40, dtype=torch.bool)
    gone[lacking], none = True, torch.zeros(40, dtype=torch.bool)
    present[gone, 1] = False
    wild = [x.masked_fill((gone & torch.tensor(m == 1))[:, None], 1e6) for m, x in enumerate(toy_tissue.features)]
    missing = network.encode(look(replace(toy_tissue, features=tuple(wild), present=present), network.settings))
    masked = network.encode(
        look(toy_tissue, network.settings, None, [(gone if m == 1 else none,) * 2 for m in range(3)])
    )
    for m in range(3):
        torch.testing.assert_close(missing.modalities[m], masked.modalities[m])
    torch.testing.assert_close(missing.fused, masked.fused)
    assert (missing.modality_weights[gone, 1] == 0).all()
    torch.testing.assert_close(missing.modality_weights.sum(dim=1), torch.ones(40))


def test_nothing_hidden_scores_all(toy_tissue):
    settings = Settings(mask_rate=0)
    batch = draw(toy_tissue, settings, masks_of(toy_tissue, settings), torch.Generator())
    assert batch.scored == (None, None, None)
    assert torch.equal(batch.targets[1], toy_tissue.features[1])


def test_nothing_hidden_scores_the_spots_of_a_part_and_not_their_neighbours(toy_tissue):
    settings = Settings(n_latent=8, mask_rate=0)
    batch = draw(toy_tissue, settings, masks_of(toy_tissue, settings), torch.Generator(), SPOTS)
    restored = SpaMCA(toy_tissue.n_features, 4, settings).eval()(batch).restored
    assert [x.shape for x in restored] == [x.shape for x in batch.targets]
    assert torch.equal(batch.targets[0], toy_tissue.features[0][SPOTS])


def test_contrast_draws_from_spots_that_have_both(tissue):
    batch = draw(tissue, Settings(n_contrasted=6), masks_of(tissue, Settings()), torch.Generator())
    for pair, (a, b) in zip(batch.pairs, [(0, 1), (0, 2), (1, 2)], strict=True):
        assert pair.n_drawn == len(pair.drawn) == len(pair.drawn.unique()) == 6
        if tissue.present is not None:
            assert (tissue.present[pair.drawn][:, [a, b]]).all()


def test_processes_share_what_one_would_draw(tissue):
    settings, spots = Settings(n_contrasted=12), torch.arange(0, 40, 2)
    masks, own = masks_of(tissue, settings), torch.arange(20) % 3 == 0

    def of(part):
        return draw(tissue, settings, masks, torch.Generator().manual_seed(2), spots, part)

    alone, parts, held = of(None), (of(own), of(~own)), (spots[own], spots[~own])
    for pair, first, second in zip(alone.pairs, *(part.pairs for part in parts), strict=True):
        slots = torch.cat([first.slots, second.slots])
        drawn = torch.cat([held[0][first.drawn], held[1][second.drawn]])
        assert torch.equal(slots.sort().values, torch.arange(pair.n_drawn))
        assert torch.equal(drawn[slots.argsort()], spots[pair.drawn])
    assert sum(part.n_spots for part in parts) == alone.n_spots == 20
    assert sum(len(part.targets[0]) for part in parts) == len(alone.targets[0])


@pytest.mark.parametrize(("rate", "hidden"), [(0.0, 0), (0.2, 8), (0.99, 39)])
@pytest.mark.parametrize("independent", [False, True])
def test_masks_hide_exactly_a_fraction_and_differ_where_they_should(toy_tissue, rate, hidden, independent):
    settings = Settings(mask_rate=rate, independent_masks=independent)
    first, again = (masks_of(toy_tissue, settings) for _ in range(2))
    assert [int(mask.sum()) for pair in first for mask in pair] == [hidden] * 6
    assert all(torch.equal(torch.stack(one), torch.stack(other)) for one, other in zip(first, again, strict=True))
    if rate == 0.2:
        assert [torch.equal(spatial, feature) for spatial, feature in first] == [not independent] * 3
        assert not torch.equal(first[0][0], first[1][0])


def test_nothing_hidden_has_no_share(adjacency):
    seen = surroundings(adjacency, torch.randn(adjacency.n_spots, 3), None, (1, 2))
    assert seen.shape == (adjacency.n_spots, 6)


def test_what_is_hidden_is_not_seen(adjacency):
    x, hidden = torch.randn(adjacency.n_spots, 3), torch.rand(adjacency.n_spots) < 0.5
    other = torch.where(hidden[:, None], 100.0, x)
    first, second = (surroundings(adjacency, values, hidden, (1, 2)) for values in (x, other))
    assert torch.equal(first, second)
    share = adjacency.product(hidden[:, None].float())
    torch.testing.assert_close(first[:, [3, 7]], torch.cat([share, adjacency.product(share)], dim=1))


def test_only_the_first_spots_are_given(adjacency):
    x = torch.randn(adjacency.n_spots, 3)
    some, all_ = surroundings(adjacency, x, None, (0, 2), 7), surroundings(adjacency, x, None, (0, 2))
    assert torch.equal(some, all_[:7])


def test_sizes_of_a_tissue(toy_tissue):
    assert toy_tissue.n_spots == 40
    assert toy_tissue.n_features == [6, 4, 9]
    assert toy_tissue.has(0) is None
