"""Keys that sign releases (Ed25519): files of their owner alone, PEM, and the signatures made with them."""

import base64
import hashlib
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from schemas.seals import Seal, Succession
from sinks.durability import write_for_owner
from sinks.errors import StoreError

_KEY_BYTES = 32
_ID_DIGITS = 16


class SealKeyError(StoreError):
    """A key file that is no key, or that others may read."""


class PublicKey:
    """A key that verifies; ``text`` is its 32 bytes in base64, ``id`` the first 16 hex digits of their SHA-256."""

    def __init__(self, raw: bytes) -> None:
        """Take the 32 bytes. Raises ValueError for others."""
        self._key = Ed25519PublicKey.from_public_bytes(raw)
        self.text = base64.b64encode(raw).decode()
        self.id = hashlib.sha256(raw).hexdigest()[:_ID_DIGITS]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key that people write: base64 or hex of its bytes, or PEM. Raises ValueError."""
        stripped = text.strip()
        if stripped.startswith("-----BEGIN PUBLIC KEY"):
            loaded = load_pem_public_key(stripped.encode())
            if not isinstance(loaded, Ed25519PublicKey):
                message = "no Ed25519 key"
                raise ValueError(message)
            return cls(loaded.public_bytes(Encoding.Raw, PublicFormat.Raw))
        if len(stripped) == 2 * _KEY_BYTES:
            return cls(bytes.fromhex(stripped))
        return cls(base64.b64decode(stripped, validate=True))

    def signed(self, data: bytes, signature: str) -> bool:
        """Tell whether a signature (base64) over some bytes is by this key."""
        try:
            self._key.verify(base64.b64decode(signature, validate=True), data)
        except (InvalidSignature, ValueError):
            return False
        return True


class SealKey:
    """A key that signs."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        """Take the private key."""
        self._key = key
        self.public = PublicKey(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @classmethod
    def made(cls, path: Path) -> Self:
        """Draw a key and write it where only its owner reads it. Raises SealKeyError for a file that is there."""
        if path.exists():
            message = f"{path}: a file is there already; a key is never written over, name another"
            raise SealKeyError(message)
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_for_owner(path, pem.decode())
        return cls(key)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the key of a file. Raises SealKeyError for no key, or one that others than its owner may read."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError as error:
            message = f"{path}: no key can be read here ({error.strerror}); make one with ocmw keys sign --out FILE"
            raise SealKeyError(message) from None
        with os.fdopen(descriptor, "rb") as file:
            if os.fstat(descriptor).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                message = f"{path}: others than its owner may read this key; run chmod 600 on it"
                raise SealKeyError(message)
            data = file.read()
        try:
            loaded = load_pem_private_key(data, None)
        except (ValueError, TypeError):
            loaded = None
        if not isinstance(loaded, Ed25519PrivateKey):
            message = f"{path}: no key that signs releases; make one with ocmw keys sign --out FILE"
            raise SealKeyError(message)
        return cls(loaded)

    def seal(self, release: int, manifest_sha256: str, previous_seal_sha256: str) -> Seal:
        """Return the signed seal of a release."""
        unsigned = Seal(release, manifest_sha256, previous_seal_sha256, self.public.id)
        return replace(unsigned, signature=self._signature(unsigned.signed_bytes()))

    def succeeded_by(self, new: PublicKey) -> Succession:
        """Return the statement, signed by this key, that another takes its place."""
        unsigned = Succession(new.id, new.text, self.public.id, self.public.text)
        return replace(unsigned, signature=self._signature(unsigned.signed_bytes()))

    def _signature(self, data: bytes) -> str:
        return base64.b64encode(self._key.sign(data)).decode()
