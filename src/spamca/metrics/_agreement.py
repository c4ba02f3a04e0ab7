"""Agreement of two partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca.metrics._labels import check_arrays, codes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def agreement(labels_true: ArrayLike, labels_pred: ArrayLike) -> dict[str, float]:
    r"""Agreement of domains with known labels.

    Spots whose label is missing in either, or is ``"undetermined"``, ``"unknown"``, ``"unassigned"`` or ``"NA"``, are left out.

    Parameters
    ----------
    labels_true, labels_pred
        Known labels and domains, (n_spots,) each. Their names do not matter.

    Returns
    -------
    dict[str, float]
        Eight measures, all 1 for equal partitions:

        - ``"ARI"``: adjusted Rand index, 0 expected by chance (Hubert and Arabie 1985);
        - ``"NMI"``: mutual information over the mean of both entropies;
        - ``"AMI"``: the same adjusted for chance (Vinh, Epps and Bailey 2010);
        - ``"homogeneity"``, ``"completeness"``, ``"V"``: whether each domain has one label, whether each label lies in one domain,
          and the harmonic mean of both (Rosenberg and Hirschberg 2007), which equals NMI;
        - ``"FMI"``: geometric mean of the precision and recall of pairs (Fowlkes and Mallows 1983);
        - ``"purity"``: share of spots with the commonest label of their domain, :math:`\frac{1}{N} \sum_k \max_c n_{ck}`; more
          domains never lower it.

    Raises
    ------
    ValueError
        If the lengths differ, or no spot has a label in both.

    Examples
    --------
    >>> import spamca
    >>> measures = spamca.metrics.agreement(["a", "a", "b", "b"], [1, 1, 0, 2])
    >>> {name: round(measures[name], 2) for name in ("ARI", "NMI", "homogeneity", "completeness", "purity")}
    {'ARI': 0.57, 'NMI': 0.8, 'homogeneity': 1.0, 'completeness': 0.67, 'purity': 1.0}
    """
    from sklearn import metrics
    from sklearn.metrics.cluster import contingency_matrix

    check_arrays(labels_true=labels_true, labels_pred=labels_pred)
    true, pred = codes(labels_true), codes(labels_pred)
    known = (true >= 0) & (pred >= 0)
    if not known.any():
        msg = "labels_true and labels_pred share no spot with a label in both"
        raise ValueError(msg)
    true, pred = true[known], pred[known]
    homogeneity, completeness, v_measure = metrics.homogeneity_completeness_v_measure(true, pred)
    measures = {
        "ARI": metrics.adjusted_rand_score(true, pred),
        "NMI": metrics.normalized_mutual_info_score(true, pred),
        "AMI": metrics.adjusted_mutual_info_score(true, pred),
        "homogeneity": homogeneity,
        "completeness": completeness,
        "V": v_measure,
        "FMI": metrics.fowlkes_mallows_score(true, pred),
        "purity": contingency_matrix(true, pred, sparse=True).max(axis=0).sum() / len(true),
    }
    return {name: float(value) for name, value in measures.items()}
