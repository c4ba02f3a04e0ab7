"""Settings of the search for domains."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DomainSettings:
    """Constants of the search for domains. One default serves all tissue.

    Parameters
    ----------
    min_autocorrelation
        Least autocorrelation between neighbours that a component needs. Higher drops faint structure.
    n_blanks
        Tissues of pure noise that show which autocorrelation arises by chance. More take longer.
    first_above, each_above
        Standard deviations above chance that the first component of a modality, and each further one, needs. Higher keeps fewer.
    reaches
        Distances in hops within which two spots are neighbours when noise is measured. Each modality takes the one that shows most.
    reach_margin
        A longer reach is taken only if it shows more than a shorter one by this share.
    full_inflation
        Inflation of a modality, far away, above which its weight falls. Higher gives smooth modalities more weight.
    independent_inflation
        Inflation nearby below which spots count as independent given their domains, and a Markov random field is used.
    reference_domains, reference_spots, reference_scales, reference_starts
        For the domains of each modality alone, which its weight is measured by: largest number, spots for each, hops, and starts.
    scales
        Hops over which components are averaged before partitions are proposed. Many show layers, few show thin structures.
    n_starts, n_groups
        Starts per scale, and groups of them, each fitted to a random half of the spots. More starts give more stable domains.
    n_fitted
        Spots that partitions are fitted to. Larger tissue is sampled.
    min_spots
        Spots for each domain that a part of the tissue needs, to be fitted alone.
    surroundings
        Hops of the means that count as part of a spot, where spots are not independent.
    noise
        Variance added to the covariance of components and surroundings, in units of the noise of one spot. More blurs borders.
    coherence
        What the Markov random field gains if all edges lie within domains, in nats per spot. Higher gives smoother domains.
    outlier
        Added to the probability of each domain by the features. Higher lets neighbours overrule odd spots.
    prior_spots
        Spots that the common covariance counts for where each domain has its own. More makes domains alike.
    rival_hops, elsewhere
        For shares: hops within which domains are rivals of a spot's own, and the share of all other domains.
    gradient
        Continuity above which a tissue is reported to have no separate domains. Tissue with expert labels has 0.3 to 0.65.
    n_starts_number
        Starts per scale for each number of domains tried.
    plausible
        Standard errors below the highest evidence within which a number of domains is plausible.
    window
        Spots over which the residuals of domains may vary together. More give fewer domains in tissue that changes gradually.
    n_searched
        Spots that are searched for a number, for new domains or across sections. Of larger tissue, patches are searched.
    anchor_spots
        Most spots that the first tissue counts for in a domain that follows new tissue. More keep domains closer to what they were.
    split_margin, max_new
        A new domain has to gain this many times what the best split of the first tissue would, and how many there may be.
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
