"""What a call of :func:`spamca.tl.integrate` is to do, from its arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spamca import _checks
from spamca.nn import PRESETS, Settings
from spamca.tl._estimate_n_clusters import check_range
from spamca.tl._ready import check_batch_key, check_finds_none, check_trust, domain_settings, n_steps
from spamca.tl._shards import check_trained
from spamca.train import check_devices, known_settings
from spamca.train.runtime import forks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mudata import MuData

    from spamca._group import Group
    from spamca.domains import DomainSettings


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Parameters
    ----------
    seed, settings, search
        Seed; settings of the network, and of the search for domains.
    options
        Further arguments of :func:`spamca.model.fit.fit_tissue`.
    needs
        What has to be read: arguments of :func:`spamca.tl._ready.ready`.
    arguments
        Arguments that are stored.
    n_parts, without_gpu
        Steps of the progress bar; whether CUDA must stay untouched.
    """

    seed: int
    settings: Settings
    search: DomainSettings
    options: dict[str, Any]
    needs: dict[str, Any]
    arguments: dict[str, Any]
    n_parts: int
    without_gpu: bool


def planned(
    *,
    mdata: MuData,
    group: Group,
    preset: str,
    n_clusters: int | None,
    n_clusters_range: tuple[int, int] | None,
    settings: Mapping[str, Any] | None,
    max_epochs: int | None,
    early_stopping: bool | None,
    key_added: str,
    random_state: Any,
    copy: bool,
    **asked: Any,
) -> Plan:
    """The plan, if all arguments, which are those of :func:`spamca.tl.integrate`, can be used (TypeError, KeyError, ValueError)."""
    _checks.check_mudata(mdata, copy=copy)
    _checks.check_key_added(mdata, key_added, embedding=True)
    _checks.check_choice("preset", preset, PRESETS)
    seed = _checks.check_seed(random_state)
    _checks.check_size(mdata, "to be integrated")
    accelerator, strategy = asked["accelerator"], asked["strategy"]
    asked["devices"] = check_devices(accelerator, asked["devices"], strategy, asked["precision"], asked["batch_size"])
    _checks.check_checkpoint(asked["checkpoint"])
    for name in ("batch_correction", "progress_bar"):
        _checks.check_flag(name, asked[name])
    batch_key, trust = asked["batch_key"], asked["modality_trust"]
    check_batch_key(batch_key, batch_correction=asked["batch_correction"])
    check_trust(mdata, trust)
    given, finds_domains = known_settings(settings), preset != "paper"
    search = domain_settings(given)
    chosen = PRESETS[preset].changed(**{name: given[name] for name in Settings.__dataclass_fields__ if name in given})
    chosen = chosen.changed(max_epochs=max_epochs, early_stopping=early_stopping)
    n_spots = sum(group.gather(mdata.n_obs))
    _check_number(n_spots, n_clusters, n_clusters_range, finds_domains=finds_domains)
    if not finds_domains:
        check_finds_none(given, trust)
    device = {name: asked[name] for name in ("accelerator", "devices", "strategy", "precision")}
    arguments = {
        "preset": preset,
        **device,
        "n_clusters_range": None if n_clusters_range is None else [int(n) for n in n_clusters_range],
        "batch_size": asked["batch_size"],
        "batch_key": list(batch_key) if isinstance(batch_key, tuple) else batch_key,
        "modality_trust": None if trust is None else dict(trust),
    }
    arguments = {name: value for name, value in arguments.items() if value is not None}
    corrects = asked["batch_correction"] and finds_domains
    needs = {"feature_graphs": "feature" in chosen.views, "batch_key": batch_key, "batch_correction": corrects}
    same = {"n_clusters": n_clusters, "settings": given, "max_epochs": max_epochs, "early_stopping": early_stopping}
    check_trained(mdata, group, {**arguments, **same, **needs, "key_added": key_added, "random_state": seed})
    options = device | {name: asked[name] for name in ("batch_size", "checkpoint", "progress_bar")}
    options |= {"between": n_clusters_range, "finds_domains": finds_domains, "trust": trust, "random_state": seed}
    n_parts = n_steps(n_spots, n_clusters, n_clusters_range, finds=finds_domains)
    no_gpu = accelerator == "cpu" or forks(strategy, asked["devices"])
    return Plan(seed, chosen, search, options, needs, arguments, n_parts, no_gpu)


def _check_number(
    n_spots: int, n_clusters: int | None, between: tuple[int, int] | None, *, finds_domains: bool
) -> None:
    """Whether a number of domains, or a range of numbers, can be searched for (TypeError, ValueError)."""
    if n_clusters is not None:
        _checks.check_n_clusters(n_clusters, n_spots)
    if between is not None:
        check_range(between, n_spots)
        if n_clusters is not None or not finds_domains:
            why = f"n_clusters={n_clusters!r} is given" if finds_domains else "preset='paper' finds no domains"
            msg = f"n_clusters_range={between!r} is for an estimated number, and {why}; leave it out"
            raise ValueError(msg)
