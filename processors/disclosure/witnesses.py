"""Witnesses: other tables that fit all that is shown, which is why a small count cannot be told (F3).

The attacker asks for the least and the most that a hidden count can be over all tables that fit. That he cannot be sure
needs no program: two tables that fit, in which the count differs by the threshold, are a proof. They are made of the
true one by moves (``moves``), the nearest places and supports first. What comes out fits by construction; what is
looked for in vain may exist, and then more is hidden than had to be.
"""

import numpy as np

from processors.compiled import Whole, inlined, loop
from processors.disclosure.moves import (
    Work,
    forget_columns,
    forget_move,
    gather_move,
    highest_rung,
    made,
    mark,
    spare_of,
    take,
    undo,
)
from processors.disclosure.shape import NONE, Branches, Lists, Shape
from processors.disclosure.sheets import Sheet, may_change
from schemas.rungs import HIDDEN


@loop
def width(sheet: Sheet, work: Work, shape: Shape, unit: Whole, column: Whole, enough: Whole) -> int:
    """Return how wide a hidden count surely is, up to ``enough``: how far it can grow and how far it can shrink."""
    begin = mark(work)
    up = _way(sheet, work, shape, unit, column, np.int64(1), enough)
    undo(work, begin)
    if up >= enough:
        return up
    down = _way(sheet, work, shape, unit, column, np.int64(-1), enough - up)
    undo(work, begin)
    return up + down


@loop
def _way(sheet: Sheet, work: Work, shape: Shape, unit: Whole, column: Whole, sign: Whole, enough: Whole) -> int:
    """Move a count one way as far as moves carry it, up to ``enough``; return how far."""
    wide = len(shape.places.above)
    node, place = unit // wide, unit % wide
    first, stop = column, column + 1
    group = shape.group[column]
    if group != NONE:
        finer = shape.groups.finer[group]
        if finer != NONE and sheet.counted[node, finer]:
            first, stop = shape.groups.span[finer, 0], shape.groups.span[finer, 1]
    for i in range(shape.nodes.leaves.first[node], shape.nodes.leaves.first[node + 1]):
        for j in range(shape.places.leaves.first[place], shape.places.leaves.first[place + 1]):
            leaf, town = np.int64(shape.nodes.leaves.items[i]), np.int64(shape.places.leaves.items[j])
            if sheet.counts[leaf * wide + town, 0] == 0:
                continue
            for own in range(first, stop):
                done = int(sign * work.moved[unit, column])
                if done >= enough:
                    return done
                if own == column or shape.wide[own] == column:
                    at, mine = (node, place, column), (leaf, town, own, column)
                    done += _partners(sheet, work, shape, at, mine, sign, enough - done)
                    if done < enough and sign > 0 and column != 0 and sheet.rungs[unit] == HIDDEN:
                        nothing, before = np.int64(0), mark(work)
                        total = (leaf, town, nothing, nothing)
                        _partners(sheet, work, shape, (node, place, nothing), total, sign, enough - done)
                        if _partners(sheet, work, shape, at, mine, sign, enough - done) == 0:
                            undo(work, before)
    return int(sign * work.moved[unit, column])


@loop
def _partners(
    sheet: Sheet,
    work: Work,
    shape: Shape,
    target: tuple[Whole, Whole, Whole],
    own: tuple[Whole, Whole, Whole, Whole],
    sign: Whole,
    enough: Whole,
) -> int:
    """Move a count by what other towns and supports give and take, the nearest first; return how far."""
    wide = len(shape.places.above)
    node, place, column = target
    done = 0
    inner = place
    while True:
        outer = np.int64(shape.places.above[inner])
        within = node
        while True:
            over = np.int64(shape.nodes.above[within])
            done += _pairs(sheet, work, shape, own, (inner, outer), (within, over), sign, enough - done)
            if done >= enough or over == NONE or not may_change(sheet, shape, over * wide + place, column):
                break
            within = over
        if done >= enough or outer == NONE or not may_change(sheet, shape, node * wide + outer, column):
            return done
        inner = outer


@loop
def _pairs(
    sheet: Sheet,
    work: Work,
    shape: Shape,
    own: tuple[Whole, Whole, Whole, Whole],
    area: tuple[Whole, Whole],
    branch: tuple[Whole, Whole],
    sign: Whole,
    enough: Whole,
) -> int:
    """Move a count by each other town of an area and each other leaf of a branch; return how far.

    Both are what lies in the second of two numbers and not in the first; where the second is ``NONE``, all is hidden in
    that direction, and nothing else needs to move.
    """
    wide = len(shape.places.above)
    inner, outer = area
    within, over = branch
    first, stop = span_of(shape.places.leaves, outer)
    begin, end = span_of(shape.nodes.leaves, over)
    done = 0
    for at in range(first, stop):
        town = np.int64(NONE)
        if outer != NONE:
            town = np.int64(sheet.towns[at])
            if not _may_give(sheet, work, shape, own[0] * wide + town, own[2], sign) or lies_in(
                shape.places, town, inner
            ):
                continue
            if within != own[0] and not may_change(sheet, shape, within * wide + town, own[2]):
                continue
        for by in range(begin, end):
            other = np.int64(NONE)
            if over != NONE:
                other = np.int64(sheet.leaves[by])
                if not _may_give(sheet, work, shape, other * wide + own[1], own[2], sign) or lies_in(
                    shape.nodes, other, within
                ):
                    continue
            done += _columns(sheet, work, shape, own, (other, town), sign, enough - done)
            if done >= enough:
                return done
    return done


@inlined
def span_of(lists: Lists, number: Whole) -> tuple[Whole, Whole]:
    """Return where a list begins and ends; one place for ``NONE``, so that a loop over it runs once."""
    if number == NONE:
        return np.int64(0), np.int64(1)
    return np.int64(lists.first[number]), np.int64(lists.first[number + 1])


@inlined
def _may_give(sheet: Sheet, work: Work, shape: Shape, unit: Whole, column: Whole, sign: Whole) -> bool:
    """Tell whether a hidden unit can give what another gains; where that one loses, whether it has anybody at all."""
    if sign < 0:
        has = sheet.counts[unit, 0] > 0
    else:
        of = column if sheet.rungs[unit] != HIDDEN else np.int64(0)
        has = max(spare_of(sheet, work, (unit, NONE), column), spare_of(sheet, work, (unit, NONE), of)) > 0
    return bool(has) and may_change(sheet, shape, unit, column)


@loop
def lies_in(branches: Branches, number: Whole, outer: Whole) -> bool:
    """Tell whether a number of a tree is another, or lies below it."""
    while number != NONE:
        if number == outer:
            return True
        number = branches.above[number]
    return False


@loop
def top_of(branches: Branches, number: Whole) -> int:
    """Return what holds all others of a tree."""
    while branches.above[number] != NONE:
        number = branches.above[number]
    return int(number)


@loop
def _columns(
    sheet: Sheet,
    work: Work,
    shape: Shape,
    own: tuple[Whole, Whole, Whole, Whole],
    other: tuple[Whole, Whole],
    sign: Whole,
    enough: Whole,
) -> int:
    """Exchange categories, then whole persons, between two towns and two supports; return how far that goes."""
    wide = len(shape.places.above)
    leaf, town, column, target = own
    support, place = other
    corner = NONE if support == NONE or place == NONE else support * wide + place
    if corner != NONE and (sheet.counts[corner, 0] == 0 or not may_change(sheet, shape, corner, column)):
        return 0
    gains = (leaf * wide + town, corner)
    loses = (NONE if place == NONE else leaf * wide + place, NONE if support == NONE else support * wide + town)
    if sign < 0:
        gains, loses = loses, gains
    has = spare_of(sheet, work, loses, column)
    if has <= 0 and (column == 0 or sheet.rungs[leaf * wide + town] != HIDDEN):
        return 0
    gather_move(work, shape, gains, loses)
    highest = highest_rung(sheet, work, shape, column)
    done = 0
    group = shape.group[column]
    if group != NONE and has > 0 and highest < shape.rung[column]:
        first, stop = shape.groups.span[group, 0], shape.groups.span[group, 1]
        if shape.wide[column] != NONE and highest >= shape.rung[shape.wide[column]]:
            while shape.wide[first] != shape.wide[column]:
                first += 1
            while shape.wide[stop - 1] != shape.wide[column]:
                stop -= 1
        for instead in range(first, stop):
            if instead != column and shape.wide[instead] != target and spare_of(sheet, work, gains, instead) > 0:
                take(sheet, work, shape, leaf, column, 1)
                take(sheet, work, shape, leaf, instead, -1)
                done += made(sheet, work, shape, enough - done)
                if done >= enough:
                    break
    step: Whole = 1
    while done < enough and highest == HIDDEN and step > 0:
        before, step = mark(work), 0
        if _agree(sheet, work, shape, leaf, column, loses):
            gather_move(work, shape, gains, loses)
            if take_person(sheet, work, shape, leaf, column, loses):
                step = made(sheet, work, shape, enough - done)
                done += step
        if step == 0:
            undo(work, before)
    forget_move(work)
    return done


@loop
def _agree(sheet: Sheet, work: Work, shape: Shape, leaf: Whole, column: Whole, loses: tuple[Whole, Whole]) -> bool:
    """See to it that those that lose a person have a class of each characteristic in common; tell whether they have.

    Who lacks it exchanges another class for it, which shows nowhere where all above hides both.
    """
    for group in range(len(shape.groups.span)):
        if not _is_finest(sheet, shape, leaf, group):
            continue
        first, stop = shape.groups.span[group, 0], shape.groups.span[group, 1]
        nobody = np.int64(NONE)
        wanted = column
        if shape.group[column] != group:
            wanted = _most_common(sheet, work, loses, first, stop)
            if wanted == NONE:
                wanted = _most_common(sheet, work, (loses[0], nobody), first, stop)
        if wanted == NONE:
            return False
        for unit in loses:
            if unit != NONE and sheet.spare[unit, wanted] + work.moved[unit, wanted] <= 0:
                instead = _most_common(sheet, work, (unit, nobody), first, stop)
                if instead == NONE:
                    return False
                forget_move(work)
                gather_move(work, shape, (unit, nobody), (nobody, nobody))
                take(sheet, work, shape, leaf, wanted, 1)
                take(sheet, work, shape, leaf, instead, -1)
                if made(sheet, work, shape, np.int64(1)) == 0:
                    return False
    forget_move(work)
    return True


@inlined
def _is_finest(sheet: Sheet, shape: Shape, leaf: Whole, group: Whole) -> bool:
    """Tell whether a leaf has a characteristic, and none of finer classes: one class of each such makes a person."""
    finer = shape.groups.finer[group]
    return bool(sheet.counted[leaf, group] and (finer == NONE or not sheet.counted[leaf, finer]))


@loop
def _most_common(sheet: Sheet, work: Work, units: tuple[Whole, Whole], first: Whole, stop: Whole) -> int:
    """Return the class of which all of some units can spare most, ``NONE`` where they have none in common."""
    best, most = NONE, 0
    for one in range(first, stop):
        has = spare_of(sheet, work, units, one)
        if has > most:
            best, most = one, has
    return int(best)


@loop
def take_person(sheet: Sheet, work: Work, shape: Shape, leaf: Whole, column: Whole, loses: tuple[Whole, Whole]) -> bool:
    """Let a move take a whole person; tell whether there is a class of each characteristic for it.

    It is the class of which those that lose can spare most; of the column's own characteristic it is the column.
    """
    take(sheet, work, shape, leaf, 0, 1)
    for group in range(len(shape.groups.span)):
        if _is_finest(sheet, shape, leaf, group):
            best = column
            if shape.group[column] != group:
                best = _most_common(sheet, work, loses, shape.groups.span[group, 0], shape.groups.span[group, 1])
            if best == NONE:
                forget_columns(work)
                return False
            take(sheet, work, shape, leaf, best, 1)
    return True
