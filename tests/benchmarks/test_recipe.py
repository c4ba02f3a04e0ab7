"""The recipe for conda: what pyproject.toml says."""

from __future__ import annotations

from benchmarks import recipe


def test_recipe_is_that_of_the_project():
    assert recipe.RECIPE.read_text() == recipe.text(), "run python -m benchmarks.recipe"


def test_all_requirements_are_there_once():
    names = [one.split()[0] for one in recipe.requirements()]
    assert len(names) == len(set(names))
    assert {"pytorch", "pytorch_geometric", "matplotlib-base", "python-igraph", "anndata"} <= set(names)
    assert "anndata >=0.12" in recipe.requirements()
    assert not [one for one in names if "[" in one]
