"""Which areas are open: enough persons could leave what is not open within each (F3; ``settling`` says why)."""

from typing import NamedTuple

import numpy as np

from processors.compiled import Whole, loop
from processors.disclosure.leaving import Left, come_back, keep, leave
from processors.disclosure.shape import NONE, Shape
from processors.disclosure.sheets import Sheet
from schemas.arrays import Int64, Mask


class Lefts(NamedTuple):
    """Who leaves from all open areas at once, and who would leave if nobody else did.

    ``stays``: those who leave open areas stay away.
    """

    gone: Left
    trial: Left
    stays: bool


class Opening(NamedTuple):
    """What an area needs to be open: of each column that is near there ``enough`` persons of some leaves could leave.

    ``near`` tells of each unit and column whether somebody may have to come to it, ``may`` which places may be open at
    all. ``places`` are all places, wider ones first; ``persons`` how many each has. ``towns`` is room for a list.
    """

    leaves: Int64
    columns: Int64
    near: Mask
    may: Mask
    places: Int64
    persons: Int64
    towns: Int64
    enough: int


@loop
def could_leave(sheet: Sheet, left: Left, shape: Shape, opening: Opening, place: Whole) -> bool:
    """Tell whether enough could leave a place; nobody does."""
    number = 0
    for at in range(shape.places.leaves.first[place], shape.places.leaves.first[place + 1]):
        opening.towns[number] = sheet.towns[at]
        number += 1
    goes = _go(sheet, left, shape, opening, number)
    come_back(left)
    return bool(goes)


@loop
def open_areas(sheet: Sheet, lefts: Lefts, shape: Shape, opening: Opening, opens: Mask) -> None:
    """Tell of each place, in ``opens``, whether it is open; nothing is before."""
    root = opening.places[0]
    opens[root] = opening.may[root] and could_leave(sheet, lefts.trial, shape, opening, root)
    for place in opening.places:
        if opens[place]:
            _open_within(sheet, lefts.trial, shape, opening, place, opens)
    for at in range(len(opening.places) - 1, -1, -1):
        place = opening.places[at]
        if opens[place] and not _leave_rest(sheet, lefts, shape, opening, place, opens):
            _close_within(shape, opening, place, opens)
            opens[place] = _leave_rest(sheet, lefts, shape, opening, place, opens)


@loop
def _open_within(sheet: Sheet, left: Left, shape: Shape, opening: Opening, place: Whole, opens: Mask) -> None:
    """Open the areas right below a place that could be alone, as long as the rest could be too."""
    for at in range(shape.places.below.first[place], shape.places.below.first[place + 1]):
        one = np.int64(shape.places.below.items[at])
        opens[one] = opening.may[one] and could_leave(sheet, left, shape, opening, one)
    while True:
        smallest = np.int64(NONE)
        for at in range(shape.places.below.first[place], shape.places.below.first[place + 1]):
            one = np.int64(shape.places.below.items[at])
            if opens[one] and (smallest == NONE or opening.persons[one] <= opening.persons[smallest]):
                smallest = one
        if smallest == NONE:
            return
        goes = _go(sheet, left, shape, opening, _rest(sheet, shape, opening, place, opens))
        come_back(left)
        if goes:
            return
        opens[smallest] = False


@loop
def _close_within(shape: Shape, opening: Opening, place: Whole, opens: Mask) -> None:
    """Close all areas within a place."""
    for one in opening.places:
        over = np.int64(shape.places.above[one])
        while over != NONE and over != place:
            over = np.int64(shape.places.above[over])
        if over == place:
            opens[one] = False


@loop
def _leave_rest(sheet: Sheet, lefts: Lefts, shape: Shape, opening: Opening, place: Whole, opens: Mask) -> bool:
    """Let enough leave what is not open within a place; tell whether they could."""
    goes = _go(sheet, lefts.gone, shape, opening, _rest(sheet, shape, opening, place, opens))
    if lefts.stays:
        keep(lefts.gone)
    else:
        come_back(lefts.gone)
    return goes


@loop
def _rest(sheet: Sheet, shape: Shape, opening: Opening, place: Whole, opens: Mask) -> int:
    """List the municipalities of a place that are in no open area right below it; return how many there are."""
    first, stop = shape.places.below.first[place], shape.places.below.first[place + 1]
    number = 0
    if first == stop:
        opening.towns[0] = place
        number = 1
    for at in range(first, stop):
        one = np.int64(shape.places.below.items[at])
        if not opens[one]:
            for where in range(shape.places.leaves.first[one], shape.places.leaves.first[one + 1]):
                opening.towns[number] = sheet.towns[where]
                number += 1
    return number


@loop
def _go(sheet: Sheet, left: Left, shape: Shape, opening: Opening, number: Whole) -> bool:
    """Let enough of each column that is near leave the municipalities that are listed; tell whether they could."""
    wide = len(shape.places.above)
    for column in opening.columns:
        is_near = False
        for leaf in opening.leaves:
            for at in range(number):
                is_near |= opening.near[leaf * wide + opening.towns[at], column]
        if is_near:
            who = (opening.leaves, opening.towns, number, column)
            if leave(sheet, left, shape, who, opening.enough) < opening.enough:
                return False
            if column != 0:
                come_back(left)
    return True
