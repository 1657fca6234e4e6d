"""Why a line is set aside: a closed list, in the order in which a line is judged. The first that fits counts."""

from typing import NamedTuple


class Reason(NamedTuple):
    """A slug, whose fault it is, why, and what to do."""

    slug: str
    owner: str
    reason: str
    remedy: str


REASONS: tuple[Reason, ...] = (
    Reason("bad-line", "file", "has not the width or the cells of the layout", "export the statement again"),
    Reason("bad-field", "file", "holds a value that the field cannot have", "correct the field, or export again"),
    Reason("bad-month", "file", "names no month as that of the statement", "correct field 3"),
    Reason("unknown-ocmw", "file", "names an OCMW that is in no list of municipalities", "correct field 2"),
    Reason("bad-period", "file", "covers no lawful days, or more than 60 months", "correct fields 9, 10"),
    Reason("not-a-support", "nobody", "is for something that is no support", "nothing to do"),
    Reason("synthetic-article", "administrator", "has an article of trials", "give --synthetic for a trial"),
    Reason("unmapped-line", "administrator", "has an article that no table derives", "add a row for --articles"),
    Reason("no-number", "OCMW", "has no national number where one is needed", "the OCMW completes it"),
    Reason("bad-number", "OCMW", "has a national number that cannot be", "the OCMW corrects it"),
    Reason("synthetic-number", "administrator", "has a synthetic national number", "give --synthetic for a trial"),
    Reason("real-number", "administrator", "has a real number in a synthetic statement", "leave --synthetic out"),
)  # fmt: skip
"""All of them; the number of a fault in an array is its place here, from 1."""

SLUGS: tuple[str, ...] = tuple(reason.slug for reason in REASONS)
NO_FAULT = 0
(
    BAD_LINE, BAD_FIELD, BAD_MONTH, UNKNOWN_OCMW, BAD_PERIOD, NOT_A_SUPPORT, SYNTHETIC_ARTICLE, UNMAPPED_LINE,
    NO_NUMBER, BAD_NUMBER, SYNTHETIC_NUMBER, REAL_NUMBER,
) = range(1, 13)  # fmt: skip
