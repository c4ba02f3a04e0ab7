import pandas as pd
import pytest

from spamca.pl._branches import GAP, bars

NODES = pd.DataFrame(
    [(2, "a", "", 30), (2, "b", "", 70), (3, "a", "a", 30), (3, "b", "b", 50), (3, "c", "b", 20)],
    columns=["level", "domain", "parent", "n_spots"],
)


def test_the_finest_level_fills_the_width_with_gaps():
    finest = [bar for bar in bars(NODES) if bar.level == 3]
    assert [bar.domain for bar in finest] == ["b", "c", "a"]
    assert finest[0].left == 0
    assert finest[-1].right == pytest.approx(1)
    assert finest[1].left - finest[0].right == pytest.approx(GAP / 2)


def test_a_domain_stands_over_the_middle_of_its_parts():
    by_name = {(bar.level, bar.domain): bar for bar in bars(NODES)}
    whole, one, other = by_name[2, "b"], by_name[3, "b"], by_name[3, "c"]
    assert whole.left + whole.right == pytest.approx(one.left + other.right)
    assert whole.right - whole.left == pytest.approx((1 - GAP) * 0.7)


def test_parts_come_from_their_parent_side_by_side():
    by_name = {(bar.level, bar.domain): bar for bar in bars(NODES)}
    whole, one, other = by_name[2, "b"], by_name[3, "b"], by_name[3, "c"]
    assert whole.above is None
    assert one.above[0] == pytest.approx(whole.left)
    assert one.above[1] == pytest.approx(other.above[0])
    assert other.above[1] == pytest.approx(whole.right)


def test_a_single_level_and_a_single_domain():
    assert len(bars(NODES[NODES["level"] == 2])) == 2
    (only,) = bars(NODES.iloc[:1])
    assert (only.left, only.right) == (0, 1)
