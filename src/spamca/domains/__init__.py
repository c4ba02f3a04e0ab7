"""Domains of a tissue: weights of modalities, a consensus over scales and starts, and the model that the domains belong to."""

from __future__ import annotations

from spamca.domains.components import Block, components_of
from spamca.domains.consensus import consensus
from spamca.domains.emissions import Emissions
from spamca.domains.find import Domains, find_domains
from spamca.domains.follow import follow
from spamca.domains.gaussians import Gaussians
from spamca.domains.hierarchy import Hierarchy, find_hierarchy
from spamca.domains.noise import Whitening
from spamca.domains.number import NumberOfDomains, number_of_domains
from spamca.domains.settings import DEFAULTS, DomainSettings
from spamca.domains.shares import shares
from spamca.domains.shift import BatchEffect, batch_effects, without_batch_effects
