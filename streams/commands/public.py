"""What the public may see: approve a release, seal what was published, verify the public tree."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.commands.history import Store

if TYPE_CHECKING:
    from sinks.public.keys import PublicKey
    from sinks.public.tree import PublicTree

UNSEALED = 3
"""Exit code of ``verify`` where nothing is wrong, but some release has no seal."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: ocmw approve 12 --store store --by 'A. Peeters' --reference 2026/14")(approve)
    app.command(epilog="Example: ocmw seal --store store")(seal)
    app.command(epilog="Example: ocmw verify --store store --key seal.pub")(verify)


def approve(
    release: Annotated[int, typer.Argument(help="Number of the release.", min=1, show_default=False)],
    store: Store,
    by: Annotated[str, typer.Option(help="Who approves, 1 to 200 characters; public.", show_default=False)],
    reference: Annotated[
        str, typer.Option(help="Reference of the decision, 1 to 200 characters; public.", show_default=False)
    ],
) -> None:
    """Publish a release that waits for approval (OCMW_RELEASE_APPROVAL=required).

    Its approval, manifest and seal are written before anybody sees it. Releases below it that were not approved are
    skipped for ever; nothing is withdrawn, a later release corrects. Said again with the same values it changes
    nothing.
    """
    from schemas.public_release import Approval
    from sinks.directory.store import DirectoryStore
    from sinks.public.writer import PublicWriter
    from streams.release.publishing import publishing
    from streams.settings import UsageError, load_settings
    from streams.shell.console import say

    how = publishing(load_settings())
    if how.key is None:
        message = "an approved release is sealed; set OCMW_SEAL_KEY_FILE, or make a key: ocmw keys sign --out FILE"
        raise UsageError(message)
    try:
        Approval(by, reference, how.now())
    except ValueError as error:
        raise UsageError(str(error)) from None
    new = PublicWriter(DirectoryStore.reading(store), how).approve(release, by, reference)
    say(f"Release {release} is public, approved by {by}, reference {reference}." if new else "It was so already.")


def seal(store: Store) -> None:
    """Seal the published releases that have no seal, oldest first, with the key of OCMW_SEAL_KEY_FILE."""
    from sinks.directory.store import DirectoryStore
    from sinks.public.writer import PublicWriter
    from streams.release.publishing import publishing
    from streams.settings import UsageError, load_settings
    from streams.shell.console import counted, say

    how = publishing(load_settings())
    if how.key is None:
        message = "no key that seals is named; set OCMW_SEAL_KEY_FILE, or make one: ocmw keys sign --out FILE"
        raise UsageError(message)
    made = PublicWriter(DirectoryStore.reading(store), how).seal()
    say(f"{counted(made, 'release')} sealed by key {how.key.public.id}.")


def verify(
    store: Annotated[
        Path, typer.Option("--store", help="Directory of the store, or its public tree alone.", show_default=False)
    ],
    key: Annotated[
        str, typer.Option(help="The public key: a file that holds it, or the key itself.", show_default=False)
    ],
    release: Annotated[int | None, typer.Option(help="Look at one release alone; default all.", min=1)] = None,
    head: Annotated[
        str | None, typer.Option(help="SHA-256 of a seal that you kept, or its file: sees a cut-off end.")
    ] = None,
) -> None:
    """Verify the public tree: every byte of it is as it was published, by this key.

    Exit 0: whole. 1: something is changed, missing, broken or foreign; each is named. 3: nothing is wrong, but some
    release is not sealed. That the newest releases were cut off is seen only with --head.
    """
    from sinks.public.verification import verify as verified
    from streams.shell.console import say

    tree = _tree(store)
    seen = verified(tree, _public_key(key), _known(tree, release), _digest(head))
    for wrong in seen.wrong:
        say(wrong)
    if seen.wrong:
        raise typer.Exit(1)
    if seen.unsealed:
        say(f"Not sealed: {', '.join(map(str, seen.unsealed))}; {seen.sealed} sealed, {seen.files:,} files whole.")
        raise typer.Exit(UNSEALED)
    say(seen.sentence(_public_key(key)))
    if head is None:
        say("Whether newer releases were cut off is seen only with --head, a seal that you kept:")
        say(f"--head {seen.heads[-1]}", indent=4)


def _tree(store: Path) -> "PublicTree":
    from sinks.public.tree import NAME, PublicTree
    from streams.settings import UsageError

    for root in (store / NAME, store):
        if (root / "files").is_dir():
            return PublicTree(root)
    message = f"{store}: no public tree here; name a store that has published a release, or its public directory"
    raise UsageError(message)


def _known(tree: "PublicTree", release: int | None) -> int | None:
    from streams.settings import UsageError

    if release is not None and not tree.manifest_path(release).exists():
        message = f"{tree.root}: release {release} is not published"
        raise UsageError(message)
    return release


def _public_key(text: str) -> "PublicKey":
    from sinks.public.keys import PublicKey
    from streams.settings import UsageError

    try:
        path = Path(text)
        written = path.read_text(encoding="utf-8") if path.is_file() else text
        return PublicKey.parse(written)
    except (OSError, ValueError):
        message = "--key is no public key; give what ocmw keys sign printed, or a file that holds it"
        raise UsageError(message) from None


def _digest(head: str | None) -> str | None:
    import hashlib
    import re

    from streams.settings import UsageError

    if head is None or re.fullmatch(r"[0-9a-f]{64}", head):
        return head
    try:
        return hashlib.sha256(Path(head).read_bytes()).hexdigest()
    except OSError:
        message = "--head is the SHA-256 of a seal, 64 hex digits, or the file of one"
        raise UsageError(message) from None
