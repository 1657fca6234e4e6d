"""What the count takes for granted of nodes and places: that they are trees."""

import pytest

from processors.rules import parent_of_place, place_of_municipality, upwards
from schemas.places import PLACES
from schemas.supports import CHILDREN, NODE, NODES, Node


@pytest.mark.parametrize("node", [node for node in NODES if CHILDREN[node.code]], ids=lambda node: node.code)
def test_each_leaf_of_a_node_lies_in_one_of_its_children_and_is_pooled_alike_there(node: Node) -> None:
    children = CHILDREN[node.code]
    assert sorted(leaf for child in children for leaf in child.leaves) == sorted(node.leaves)
    for child in children:
        seen = {frozenset(part).intersection(child.leaves) for part in node.parts}
        assert seen - {frozenset()} == {frozenset(part) for part in child.parts}
        assert child.status == node.status


def test_the_living_wage_lies_right_below_the_right_to_integration() -> None:
    assert CHILDREN["RMI"] == (NODE["LL"], NODE["TW_RMI"], NODE["IP_RMI"])
    assert CHILDREN["LL_OTHER"] == ()


def test_an_area_lies_in_the_same_larger_areas_whichever_municipality_one_comes_from() -> None:
    for areas in place_of_municipality().tolist():
        climbed = areas[-1:]
        while (parent := int(parent_of_place()[climbed[-1]])) >= 0:
            climbed.append(parent)
        assert climbed == [area for area in reversed(areas) if area >= 0]


def test_every_place_comes_before_the_one_that_holds_it() -> None:
    order = upwards().tolist()
    assert sorted(order) == list(range(len(PLACES)))
    at = {place: number for number, place in enumerate(order)}
    assert all(at[place] < at[parent] for place, parent in enumerate(parent_of_place().tolist()) if parent >= 0)
