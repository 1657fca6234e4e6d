"""Seals: what is signed of a published release, so that whoever holds the public key sees each later change.

    seal 1 ◄── seal 2 ◄── seal 3        each holds the SHA-256 of its manifest and of the seal before

A manifest names every file by its SHA-256, so the seal of a release vouches for all of it and for all before it. What
was cut off at the end is seen only by whoever kept the newest seal.
"""

import json
from dataclasses import asdict, dataclass
from typing import Self

FIRST = "-"
"""Stands for the seal before the first one."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The seal of a release; digests are SHA-256 (hex) over files as they lie, ``signature`` is base64 (Ed25519)."""

    release: int
    manifest_sha256: str
    previous_seal_sha256: str
    key_id: str
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """Return what the signature is over."""
        statements = (str(self.release), self.manifest_sha256, self.previous_seal_sha256, self.key_id)
        return "\n".join(("ocmw-seal-v1", *statements)).encode()

    def to_bytes(self) -> bytes:
        """Return the seal file."""
        return (json.dumps(asdict(self), indent=2) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the seal of a file. Raises ValueError for anything else."""
        try:
            seal = cls(**json.loads(data))
        except (TypeError, AttributeError) as error:
            message = "no seal"
            raise ValueError(message) from error
        if not isinstance(seal.release, int):
            message = "no seal"
            raise ValueError(message)  # noqa: TRY004 - of a file, not of an argument
        return seal


@dataclass(frozen=True, slots=True)
class Succession:
    """A key that took the place of another: public keys in base64, ``signature`` made by the one before."""

    key_id: str
    public_key: str
    previous_key_id: str
    previous_public_key: str
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """Return what the signature is over."""
        statements = (self.key_id, self.public_key, self.previous_key_id, self.previous_public_key)
        return "\n".join(("ocmw-key-v1", *statements)).encode()

    def to_bytes(self) -> bytes:
        """Return the file of the new key."""
        return (json.dumps(asdict(self), indent=2) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the succession of a file. Raises ValueError for anything else."""
        try:
            return cls(**json.loads(data))
        except (TypeError, AttributeError) as error:
            message = "no succession of keys"
            raise ValueError(message) from error
