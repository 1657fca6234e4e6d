"""Codes of supports and periods as people write them: in small letters too."""

from collections.abc import Iterable


def supports_named(given: Iterable[str] | None) -> frozenset[str]:
    """Return codes of supports. Raises UsageError for one that is none."""
    from schemas.supports import NODE
    from streams.settings import UsageError

    codes = frozenset(code.upper() for code in given or ())
    wrong = sorted(codes - NODE.keys())
    if wrong:
        message = f"{wrong[0]!r} is no support; choose among {', '.join(NODE)}"
        raise UsageError(message)
    return codes
