"""Whether a public tree is as it was published: each byte of it, against the seals and one public key."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from schemas.public_release import PublicManifest
from schemas.seals import FIRST, Seal, Succession
from sinks.public.keys import PublicKey
from sinks.public.tree import PublicTree
from sinks.public.writer import pointer_bytes

_MANIFEST = re.compile(r"\d{6,}\.json")


@dataclass(slots=True)
class Verification:
    """A tree as it was read: ``wrong`` names each thing that is changed, missing, broken or foreign; empty: whole.

    ``numbers`` are the published releases, ``unsealed`` those without a seal; ``heads`` the SHA-256 of each seal.
    """

    numbers: tuple[int, ...] = ()
    sealed: int = 0
    unsealed: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    files: int = 0
    heads: list[str] = field(default_factory=list)
    newest: PublicManifest | None = None

    def sentence(self, key: PublicKey) -> str:
        """Return what is whole, in a sentence."""
        first, last = self.numbers[0], self.numbers[-1]
        whose = f"Releases {first} to {last}" if first != last else f"Release {first}"
        clauses = [f"{whose}: {self.sealed} sealed", "chain whole", f"{self.files:,} files as published"]
        clauses.append(f"by key {key.id}")
        if self.newest is not None and self.newest.published_at:
            clauses.append(f"newest {self.newest.published_at[:10]}")
        if self.newest is not None and self.newest.approval:
            clauses.append(f"approved by {self.newest.approval.by}")
        return ", ".join(clauses)


def verify(tree: PublicTree, key: PublicKey, release: int | None = None, head: str | None = None) -> Verification:
    """Read a public tree whole, or the files of one release, and return its verification.

    ``head`` is the SHA-256 of a seal that somebody kept: one that is not in the chain says that the end was cut off.
    """
    verification = Verification()
    manifests = _manifests(tree, verification)
    verification.numbers = tuple(manifests)
    if not manifests:
        verification.wrong.append(f"{tree.root}: missing, nothing is published here")
        return verification
    _verify_pointer(tree, verification)
    _verify_chain(tree, key, manifests, verification)
    wanted = [release] if release is not None else list(manifests)
    verification.newest = manifests[wanted[-1]]
    _verify_files(tree, [manifests[number] for number in wanted], verification, whole=release is None)
    if release is not None:
        verification.numbers = (release,)
        verification.unsealed = [number for number in verification.unsealed if number == release]
        verification.sealed = 1 - len(verification.unsealed)
    if head is not None and head not in verification.heads:
        verification.wrong.append(f"seal {head[:16]}: missing, the end of the chain was cut off")
    return verification


def _manifests(tree: PublicTree, verification: Verification) -> dict[int, PublicManifest]:
    manifests = {}
    for path in _listed(tree.root / "releases", verification):
        if not _MANIFEST.fullmatch(path.name):
            verification.wrong.append(f"{path}: foreign, no manifest has this name")
            continue
        try:
            manifest = PublicManifest.from_bytes(path.read_bytes())
        except (OSError, ValueError):
            verification.wrong.append(f"{path}: broken, no public manifest")
            continue
        if manifest.release != int(path.stem):
            verification.wrong.append(f"{path}: changed, it says release {manifest.release}")
        manifests[int(path.stem)] = manifest
    return manifests


def _listed(folder: Path, verification: Verification) -> list[Path]:
    """Return the files of a folder, without those that a writer is about to rename."""
    if not folder.is_dir():
        return []
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    verification.wrong.extend(f"{path}: foreign, no file" for path in inside if not path.is_file())
    return [path for path in inside if path.is_file()]


def _verify_pointer(tree: PublicTree, verification: Verification) -> None:
    path = tree.root / "current.json"
    try:
        data = path.read_bytes()
    except OSError:
        verification.wrong.append(f"{path}: missing")
        return
    if data != pointer_bytes(verification.numbers[-1]):
        verification.wrong.append(f"{path}: changed, it does not point at release {verification.numbers[-1]}")
    known = {"current.json", "files", "releases", "seals", "keys"}
    strange = [one for one in sorted(tree.root.iterdir()) if one.name not in known and not one.name.startswith(".")]
    verification.wrong.extend(f"{one}: foreign" for one in strange)


def _verify_chain(
    tree: PublicTree, key: PublicKey, manifests: dict[int, PublicManifest], verification: Verification
) -> None:
    known = _Keys(tree, key, verification)
    previous, before = FIRST, None
    for number, manifest in manifests.items():
        if manifest.previous != before:
            verification.wrong.append(f"release {number}: broken, it follows release {manifest.previous}, not {before}")
        before = number
        path = tree.seal_path(number)
        if not path.exists():
            verification.unsealed.append(number)
            continue
        data = path.read_bytes()
        try:
            seal = Seal.from_bytes(data)
        except ValueError:
            verification.wrong.append(f"{path}: broken, no seal")
            continue
        verification.wrong.extend(f"{path}: {wrong}" for wrong in _wrong(seal, number, tree, previous, known))
        verification.sealed += 1
        if seal.to_bytes() != data:
            verification.wrong.append(f"{path}: changed, it is not written as seals are")
        previous = hashlib.sha256(data).hexdigest()
        verification.heads.append(previous)
    for path in _listed(tree.root / "seals", verification):
        if not _MANIFEST.fullmatch(path.name) or int(path.stem) not in manifests:
            verification.wrong.append(f"{path}: foreign, no release has this seal")


def _wrong(seal: Seal, number: int, tree: PublicTree, previous: str, keys: "_Keys") -> Iterator[str]:
    if seal.release != number:
        yield f"changed, it is of release {seal.release}"
    if seal.manifest_sha256 != _sha256(tree.manifest_path(number)):
        yield f"{tree.manifest_path(number)} is changed, it is not what was sealed"
    if seal.previous_seal_sha256 != previous:
        yield "broken, it does not follow the seal before it"
    signer = keys.of(seal)
    if signer is None:
        yield f"foreign, by key {seal.key_id}"
    elif not signer.signed(seal.signed_bytes(), seal.signature):
        yield "changed, its signature does not fit"


class _Keys:
    """The keys that may have sealed: the one named, its predecessors and its successors."""

    def __init__(self, tree: PublicTree, key: PublicKey, verification: Verification) -> None:
        successions = list(_successions(tree, verification))
        line = [key]
        for one in successions * len(successions):
            if one.previous_key_id == line[-1].id:
                line.append(PublicKey.parse(one.public_key))
        for one in successions * len(successions):
            if one.key_id == line[0].id:
                line.insert(0, PublicKey.parse(one.previous_public_key))
        self._rank = {one.id: rank for rank, one in enumerate(line)}
        self._line = line
        self._reached = 0

    def of(self, seal: Seal) -> PublicKey | None:
        """Return the key of a seal, None for one that may not seal, or not any more."""
        rank = self._rank.get(seal.key_id, -1)
        if rank < self._reached:
            return None
        self._reached = rank
        return self._line[rank]


def _successions(tree: PublicTree, verification: Verification) -> Iterator[Succession]:
    for path in _listed(tree.root / "keys", verification):
        try:
            data = path.read_bytes()
            one = Succession.from_bytes(data)
            old, new = PublicKey.parse(one.previous_public_key), PublicKey.parse(one.public_key)
        except (OSError, ValueError):
            verification.wrong.append(f"{path}: broken, no succession of keys")
            continue
        named = (old.id, new.id, path.stem) == (one.previous_key_id, one.key_id, one.key_id)
        if not named or data != one.to_bytes() or not old.signed(one.signed_bytes(), one.signature):
            verification.wrong.append(f"{path}: changed, the key before has not signed this")
            continue
        yield one


def _verify_files(
    tree: PublicTree, manifests: list[PublicManifest], verification: Verification, *, whole: bool
) -> None:
    named: dict[str, int] = {}
    for manifest in manifests:
        named |= manifest.files
    for sha256, size in sorted(named.items()):
        path = tree.file_path(sha256)
        if not path.is_file():
            verification.wrong.append(f"{path}: missing")
        elif path.stat().st_size != size or _sha256(path) != sha256:
            verification.wrong.append(f"{path}: changed")
        else:
            verification.files += 1
    if whole:
        foreign = [path for path in _listed(tree.root / "files", verification) if path.name not in named]
        verification.wrong.extend(f"{path}: foreign, no manifest names it" for path in foreign)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
