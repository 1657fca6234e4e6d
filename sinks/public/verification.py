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
    """What was found: ``wrong`` names each thing that is changed, missing, broken or foreign; empty: whole.

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
        told = [f"{whose}: {self.sealed} sealed", "chain whole", f"{self.files:,} files as published"]
        told.append(f"by key {key.id}")
        if self.newest is not None and self.newest.published_at:
            told.append(f"newest {self.newest.published_at[:10]}")
        if self.newest is not None and self.newest.approval:
            told.append(f"approved by {self.newest.approval.by}")
        return ", ".join(told)


def verify(tree: PublicTree, key: PublicKey, release: int | None = None, head: str | None = None) -> Verification:
    """Read a public tree whole, or what one release names, and return what was found.

    ``head`` is the SHA-256 of a seal that somebody kept: one that is not in the chain says that the end was cut off.
    """
    found = Verification()
    manifests = _manifests(tree, found)
    found.numbers = tuple(manifests)
    if not manifests:
        found.wrong.append(f"{tree.root}: missing, nothing is published here")
        return found
    _verify_pointer(tree, found)
    _verify_chain(tree, key, manifests, found)
    asked = [release] if release is not None else list(manifests)
    found.newest = manifests[asked[-1]]
    _verify_files(tree, [manifests[number] for number in asked], found, whole=release is None)
    if release is not None:
        found.numbers = (release,)
        found.unsealed = [number for number in found.unsealed if number == release]
        found.sealed = 1 - len(found.unsealed)
    if head is not None and head not in found.heads:
        found.wrong.append(f"seal {head[:16]}: missing, the end of the chain was cut off")
    return found


def _manifests(tree: PublicTree, found: Verification) -> dict[int, PublicManifest]:
    manifests = {}
    for path in _listed(tree.root / "releases", found):
        if not _MANIFEST.fullmatch(path.name):
            found.wrong.append(f"{path}: foreign, no manifest has this name")
            continue
        try:
            manifest = PublicManifest.from_bytes(path.read_bytes())
        except (OSError, ValueError):
            found.wrong.append(f"{path}: broken, no public manifest")
            continue
        if manifest.release != int(path.stem):
            found.wrong.append(f"{path}: changed, it says release {manifest.release}")
        manifests[int(path.stem)] = manifest
    return manifests


def _listed(folder: Path, found: Verification) -> list[Path]:
    """Return what lies in a folder but what a writer is about to rename."""
    if not folder.is_dir():
        return []
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    found.wrong.extend(f"{path}: foreign, no file" for path in inside if not path.is_file())
    return [path for path in inside if path.is_file()]


def _verify_pointer(tree: PublicTree, found: Verification) -> None:
    path = tree.root / "current.json"
    try:
        data = path.read_bytes()
    except OSError:
        found.wrong.append(f"{path}: missing")
        return
    if data != pointer_bytes(found.numbers[-1]):
        found.wrong.append(f"{path}: changed, it does not point at release {found.numbers[-1]}")
    known = {"current.json", "files", "releases", "seals", "keys"}
    strange = [one for one in sorted(tree.root.iterdir()) if one.name not in known and not one.name.startswith(".")]
    found.wrong.extend(f"{one}: foreign" for one in strange)


def _verify_chain(tree: PublicTree, key: PublicKey, manifests: dict[int, PublicManifest], found: Verification) -> None:
    known = _Keys(tree, key, found)
    previous, before = FIRST, None
    for number, manifest in manifests.items():
        if manifest.previous != before:
            found.wrong.append(f"release {number}: broken, it follows release {manifest.previous}, not {before}")
        before = number
        path = tree.seal_path(number)
        if not path.exists():
            found.unsealed.append(number)
            continue
        data = path.read_bytes()
        try:
            seal = Seal.from_bytes(data)
        except ValueError:
            found.wrong.append(f"{path}: broken, no seal")
            continue
        found.wrong.extend(f"{path}: {wrong}" for wrong in _wrong(seal, number, tree, previous, known))
        found.sealed += 1
        if seal.to_bytes() != data:
            found.wrong.append(f"{path}: changed, it is not written as seals are")
        previous = hashlib.sha256(data).hexdigest()
        found.heads.append(previous)
    for path in _listed(tree.root / "seals", found):
        if not _MANIFEST.fullmatch(path.name) or int(path.stem) not in manifests:
            found.wrong.append(f"{path}: foreign, no release has this seal")


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
    """The keys that may have sealed: the one named, those it took the place of, and those that took its place."""

    def __init__(self, tree: PublicTree, key: PublicKey, found: Verification) -> None:
        told = list(_successions(tree, found))
        line = [key]
        for one in told * len(told):
            if one.previous_key_id == line[-1].id:
                line.append(PublicKey.parse(one.public_key))
        for one in told * len(told):
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


def _successions(tree: PublicTree, found: Verification) -> Iterator[Succession]:
    for path in _listed(tree.root / "keys", found):
        try:
            data = path.read_bytes()
            one = Succession.from_bytes(data)
            old, new = PublicKey.parse(one.previous_public_key), PublicKey.parse(one.public_key)
        except (OSError, ValueError):
            found.wrong.append(f"{path}: broken, no succession of keys")
            continue
        named = (old.id, new.id, path.stem) == (one.previous_key_id, one.key_id, one.key_id)
        if not named or data != one.to_bytes() or not old.signed(one.signed_bytes(), one.signature):
            found.wrong.append(f"{path}: changed, the key before has not signed this")
            continue
        yield one


def _verify_files(tree: PublicTree, manifests: list[PublicManifest], found: Verification, *, whole: bool) -> None:
    named: dict[str, int] = {}
    for manifest in manifests:
        named |= manifest.files
    for sha256, size in sorted(named.items()):
        path = tree.file_path(sha256)
        if not path.is_file():
            found.wrong.append(f"{path}: missing")
        elif path.stat().st_size != size or _sha256(path) != sha256:
            found.wrong.append(f"{path}: changed")
        else:
            found.files += 1
    if whole:
        foreign = [path for path in _listed(tree.root / "files", found) if path.name not in named]
        found.wrong.extend(f"{path}: foreign, no manifest names it" for path in foreign)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
