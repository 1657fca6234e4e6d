"""What can be wrong with a request, a closed list (RFC 9457): a page says the same sentence as HTML."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its slug, the status of HTTP, and its title."""

    slug: str
    status: int
    title: str


KINDS: dict[str, Kind] = {
    one.slug: one
    for one in (
        Kind("bad-parameter", 400, "A parameter cannot be"),
        Kind("no-identity", 401, "Nobody is named"),
        Kind("forbidden", 403, "Not for this person"),
        Kind("unknown", 404, "There is nothing here"),
        Kind("not-allowed", 405, "This is only read"),
        Kind("not-acceptable", 406, "Not in this form"),
        Kind("release-not-kept", 410, "This release is not kept here"),
        Kind("too-many-cells", 413, "More cells than one answer holds"),
        Kind("not-implemented", 501, "Not part of this interface"),
        Kind("no-release", 503, "Nothing to show"),
    )
}


class ProblemError(Exception):
    """A request that cannot be answered; its text is one sentence for whoever asked."""

    def __init__(self, slug: str, sentence: str) -> None:
        """Take the slug of a kind and the sentence. Raises KeyError for no kind of ours."""
        super().__init__(sentence)
        self.kind = KINDS[slug]
        self.sentence = sentence


def bad(name: str, sentence: str) -> ProblemError:
    """Return the problem of a parameter."""
    return ProblemError("bad-parameter", f"{name}: {sentence}")
