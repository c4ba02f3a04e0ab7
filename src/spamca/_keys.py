"""Names of everything spamca reads from and writes to a MuData, in one place.

Spatial graphs carry squidpy's names, feature graphs follow scanpy's neighbours layout, joint results sit on the MuData
under ``key_added`` (default ``"spamca"``) as muon's do. Names in lower case are functions, of ``key_added`` unless the
comment says otherwise.
"""

from __future__ import annotations

SPAMCA = "spamca"  # default key_added: obs key of the domains, uns key of the record

# What spamca reads, and what it keeps under one name.
SPATIAL = "spatial"  # obsm key of the coordinates, in each modality or on the MuData
SPATIAL_NEIGHBORS = "spatial_neighbors"  # uns key of the spatial graph (squidpy's)
NEIGHBORS = "neighbors"  # uns key of scanpy's neighbours
FEATURE_NEIGHBORS = "feature_neighbors"  # uns key of a modality's feature graph, away from the user's own "neighbors"
REPRESENTATIONS = ("X_pca", "pca", "X_lsi", "lsi")  # reduced features looked for in a modality's obsm, first match wins
own_features = "X_spamca_{}".format  # obsm key of features that were prepared where "pca" or "lsi" are the user's
own_loadings = "spamca_{}".format  # varm key of their loadings
FEATURE_TYPES = "feature_types"  # var key of what a feature is (scanpy's)
CONTROL = "control"  # var key of whether a feature is a control of the assay
ISOTYPE_CONTROL = "isotype_control"  # var key of whether an antibody binds nothing in the tissue (10x's)
HIGHLY_VARIABLE = "highly_variable"  # var key of the features that the user chose, in a modality (scanpy's)
USED = "spamca_used"  # var key of the features that its preparation used, in a modality
MEASURED = "spamca_measured"  # obs key, in a modality, of whether a spot was measured; only where some were not
MODALITY_RECORD = "spamca"  # uns key in a modality: kind of omics and name of the representation used
ONTO_SPOTS = "onto_spots"  # uns key of how modalities came onto the spots of another
N_POINTS = "onto_spots_points"  # obs key, in a modality, of the number of its own points that each spot has values from
DISTANCE = "onto_spots_distance"  # obs key, in a modality, of the distance from each spot to the nearest of them
IMAGE_RECORD = "spamca_image"  # uns key in a modality: which features of which patches it holds
GIVEN = "given"  # kind of omics in that record where the user brought the features
PREPARATION = "spamca_preparation"  # varm key in a modality: what its preparation found of each feature (a DataFrame)
LENGTH = "length"  # column of it: length of the feature's loadings, which differs in another preparation

# Graphs, of the name of a graph.
connectivities = "{}_connectivities".format  # obsp key, e.g. of "spatial" or "feature_neighbors"
distances = "{}_distances".format  # obsp key
spatial_record = "{}_neighbors".format  # uns key of the spatial graph that squidpy calls so (its key_added)

# Results.
embedding = "X_{}".format  # obsm key of the fused embedding, and of each modality's latent in its own obsm
weight = "{}_weight".format  # obs key, in a modality, of its weight in each spot
modality_weight = "{}:{}_weight".format  # obs key of the same on the MuData; of the modality's name and key_added
view_weights = "{}_view_weights".format  # obsm key, in a modality, of the weights of its views (a DataFrame)
posterior = "{}_posterior".format  # obsm key of the posterior probability of each domain (a DataFrame)
components = "{}_components".format  # obsm key of the same of the model's components, where domains were merged
confidence = "{}_confidence".format  # obs key of the posterior probability of the assigned domain
colors = "{}_colors".format  # uns key of the domain colours (scanpy's convention)
color_record = "{}_color_record".format  # uns key of the categories that those colours belong to
novelty = "{}_novelty".format  # obs key of how far a spot is from the tissue that a model was trained on
corrected = "X_{}_corrected".format  # obsm key, in a modality, of its features without batch effects of sections
drivers = "{}_drivers".format  # uns key of the features that set each domain apart (a DataFrame)
explained = "{}_explained".format  # var key, in a modality, of the share of a feature's variance that domains explain
variance_explained = "{}_variance_explained".format  # uns key of the same by modality and domain (a DataFrame)
pseudotime = "{}_pseudotime".format  # obs key of the order of the spots from a root
paga = "{}_paga".format  # uns key of how the domains are connected, in scanpy's layout
hierarchy = "{}_hierarchy".format  # obsm key of the domains at each level (a DataFrame), and uns key of the tree
level = "{}_{}".format  # obs key of the domains at one level; of key_added and the number of domains
n_clusters = "{}_n_clusters".format  # uns key of the estimated number of domains and its criteria
description = "{}_description".format  # uns key of what each domain is like; of the column with the domains
enrichment = "{}_nhood_enrichment".format  # uns key of squidpy's z-scores of neighbouring domains; of the same
comparison = "{}_comparison".format  # uns key of differences between groups of sections; of the same
denoised = "{}_denoised".format  # layers key of denoised features
denoised_table = "{}_{}".format  # obsm key of the same of all spots (a DataFrame); of key_added and the modality's name
command = "{}_command".format  # uns key of the record of the command that made the result, as JSON

pulled = "{}:{}".format  # obs key on the MuData of a column of a modality, as mudata and muon name it; of both names

OF_DOMAINS = (drivers, variance_explained, description, enrichment, comparison, paga, hierarchy)
"""Keys of ``uns``, of ``key_added``, under which domains are described: removed where new domains take their place."""
