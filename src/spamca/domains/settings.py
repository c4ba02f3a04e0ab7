"""Settings of the search for domains."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DomainSettings:
    """Constants of the search for domains. One default serves all tissue.

    Parameters
    ----------
    min_autocorrelation
        Autocorrelation between neighbours that a component needs. Higher drops faint structure.
    n_blanks
        Tissues of pure noise that show which autocorrelation arises by chance. More cost time.
    first_above, each_above
        Standard deviations above chance that the first component of a modality, and each further one, needs. Higher keeps fewer.
    reaches
        Distances, in hops, within which two spots count as neighbours when noise is measured. A modality takes the one that shows most.
    reach_margin
        Share by which a longer reach has to show more than a shorter one.
    full_inflation
        How many times the evidence of a modality may be counted, far away, before its weight falls. Higher trusts smooth modalities more.
    independent_inflation
        The same nearby, below which spots count as independent given their domains, and a Markov random field decides.
    reference_domains, reference_spots, reference_scales, reference_starts
        Domains by which a modality is judged alone: their largest number, the spots for each, the hops averaged over, and the starts.
    scales
        Hops over which components are averaged before partitions are proposed. Large ones show layers, small ones thin structures.
    n_starts, n_groups
        Starts per scale, and groups that they form, each fitted to a random half of the spots. More starts leave less to chance.
    n_fitted
        Spots that partitions are fitted to. Larger tissue is sampled.
    min_spots
        Spots for each domain from which a part of all spots suffices for a fit.
    surroundings
        Hops of the means that are put next to the components of a spot, where spots are not independent.
    noise
        Variance added to the covariance of components and surroundings, in units of the noise of one spot. More blurs borders.
    coherence
        What the Markov random field gains where all edges lie within domains, in nats per spot. Higher makes smoother domains.
    outlier
        Least probability that the features of a spot leave to each domain. Higher lets neighbours overrule odd spots.
    prior_spots
        Spots that the covariance within all domains counts for, where each domain has its own. More makes domains alike.
    rival_hops, elsewhere
        For weights: hops within which domains are rivals of a spot's own, and the share of all other domains.
    gradient
        Continuity from which a tissue is reported to have no separate domains. Tissue with expert labels reads 0.3 to 0.65.
    n_starts_number
        Starts per scale for each number of domains tried.
    plausible
        Standard errors below the highest evidence within which a number of domains is plausible.
    window
        Spots over which what domains leave unexplained may vary together. More find fewer domains in tissue that changes gradually.
    n_searched
        Spots that the search over several sections, for a number or for new domains sees. Larger tissue is seen in patches.
    anchor_spots
        Spots that the first tissue counts for, at most, in a domain that follows new tissue. More hold domains faster.
    split_margin, max_new
        How far a new domain has to exceed the best split of the first tissue, and the largest number of new domains.
    novelty_quantile
        Share of the spots of the first tissue whose distance to their domain is below one.
    """

    min_autocorrelation: float = 0.05
    n_blanks: int = 30
    first_above: float = 4.0
    each_above: float = 2.0
    reaches: tuple[int, ...] = (1, 2, 4)
    reach_margin: float = 0.05
    full_inflation: float = 2.0
    independent_inflation: float = 1.3
    reference_domains: int = 10
    reference_spots: int = 40
    reference_scales: tuple[int, ...] = (2, 8)
    reference_starts: int = 6
    scales: tuple[int, ...] = (1, 2, 4, 8)
    n_starts: int = 12
    n_groups: int = 4
    n_fitted: int = 5_000
    min_spots: int = 20
    surroundings: tuple[int, ...] = (0, 1, 2, 8)
    noise: float = 0.03
    coherence: float = 4.0
    outlier: float = 1e-3
    prior_spots: float = 50.0
    rival_hops: int = 2
    elsewhere: float = 0.1
    gradient: float = 0.8
    n_starts_number: int = 4
    plausible: float = 2.0
    window: int = 128
    n_searched: int = 10_000
    anchor_spots: float = 200.0
    split_margin: float = 1.5
    max_new: int = 10
    novelty_quantile: float = 0.99


DEFAULTS = DomainSettings()
"""The settings of every call that gives none."""
