"""Followers hear of a release after it is out: each makes up, in order, the releases that it has not said yet."""

from typing import Protocol, runtime_checkable

from schemas.releases import Release


class Follower(Protocol):
    """Follows the releases of a store."""

    async def follow(self, release: Release) -> None:
        """Make up everything from the last number known here + 1 to this release, in order; repeating is harmless.

        Called at the start of publish with the current release, and after each one.
        """
        ...


@runtime_checkable
class Preparing(Protocol):
    """A follower that can do some of its work while those before it are told."""

    async def prepare(self, release: Release) -> None:
        """Bring to where it follows to what nobody sees before ``follow``; what is refused there ``follow`` repeats."""
        ...


@runtime_checkable
class Repairing(Protocol):
    """A follower that what it follows to may lose."""

    async def repair(self, release: Release) -> None:
        """Look whether something of the current release was lost, and make it up; called every few seconds."""
        ...
