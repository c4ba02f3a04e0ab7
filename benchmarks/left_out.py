"""What a setting scores on tissue that it was not chosen on: each family of sets left out in turn.

    python -m benchmarks.left_out scores.csv

The first column of ``scores.csv`` names the setting, every other column is a set with the score of each setting. For each family of
``benchmarks.tissues`` the setting is chosen that is best on all other families, by the mean over families of their means, and scored on the
family left out. Next to it stands the development score, that of the setting that is best on all families. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from benchmarks import ours, tissues


def by_family(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean score of each setting on each family that has sets: settings by families.

    Parameters
    ----------
    scores
        Settings by sets.
    """
    family_of = {name: family for family, names in tissues.FAMILIES.items() for name in names}
    if unknown := [name for name in scores if name not in family_of]:
        msg = f"no family of benchmarks.tissues holds {unknown}"
        raise ValueError(msg)
    means = scores.T.groupby(family_of, sort=False).mean().T
    return means[[family for family in tissues.FAMILIES if family in means]]


def left_out(scores: pd.DataFrame) -> pd.DataFrame:
    """The setting chosen without each family, its score there, and the development score.

    Parameters
    ----------
    scores
        Settings by sets; a setting that lacks a score is not chosen.

    Returns
    -------
    Families by ``"chosen without it"``, ``"left out"``, ``"development"``.
    """
    means = by_family(scores.dropna())
    best = means.mean(axis=1).idxmax()
    rows = {}
    for family in means:
        chosen = means.drop(columns=family).mean(axis=1).idxmax()
        rows[family] = [chosen, means.loc[chosen, family], means.loc[best, family]]
    return pd.DataFrame.from_dict(rows, orient="index", columns=["chosen without it", "left out", "development"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scores", type=Path)
    scores = pd.read_csv(parser.parse_args().scores, index_col=0)
    found = left_out(scores)
    rows = [[family, *row] for family, row in zip(found.index, found.to_numpy().tolist(), strict=True)]
    rows.append(["**mean**", "", float(found["left out"].mean()), float(found["development"].mean())])
    print(f"Best on all families: {by_family(scores.dropna()).mean(axis=1).idxmax()}\n")
    print(ours.table(["family", *found], rows))


if __name__ == "__main__":
    main()
