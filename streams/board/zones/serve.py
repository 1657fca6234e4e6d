"""A zone put together from its settings; what is missing for that is said before anything is served."""

import ssl
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sinks.public.prepared import PreparedReleases
from sinks.question_box import QuestionBox
from streams.board.app import Board
from streams.board.library import Library
from streams.board.serve import Served
from streams.board.settings import BoardSettings
from streams.board.zones.accesses import Accesses
from streams.board.zones.house import House
from streams.board.zones.identity import SHORTEST_SECRET, Door, Reader, UsersError, Zone, readers_of
from streams.board.zones.receipts import Receipts
from streams.board.zones.site import ZoneSite, build_zone
from streams.kafka.settings import KafkaSettings
from streams.release.publishing import PACKAGE
from streams.settings import UsageError
from streams.shell.clock import instant


def zone(root: Path, which: Zone, settings: BoardSettings, folder: Path) -> Served:
    """Return the site of a zone over a store; ``folder`` is empty, for what prepared releases would add.

    Raises UsageError where a setting is missing or cannot be, StoreError where there is no store.
    """
    tls = _tls(settings)
    secret = _secret(settings.proxy_secret_file, "OCMW_BOARD_PROXY_SECRET_FILE")
    if secret is None and not tls:
        message = (
            f"--zone {which} needs a proxy that proves itself: OCMW_BOARD_PROXY_SECRET_FILE, or the three "
            "OCMW_BOARD_TLS_…_FILE; see docs/board.md"
        )
        raise UsageError(message)
    key = _secret(settings.log_key_file, "OCMW_BOARD_LOG_KEY_FILE")
    if settings.users is None or settings.access_log is None or key is None:
        message = f"--zone {which} needs OCMW_BOARD_USERS, OCMW_BOARD_ACCESS_LOG and OCMW_BOARD_LOG_KEY_FILE"
        raise UsageError(message)
    door = Door(secret, settings.identity_header.lower().encode(), _readers(settings.users))
    house, program = House(root, _receipts()), version(PACKAGE)
    source = PreparedReleases(house.store, program, folder)
    board = Board(Library(source, settings.cache_mb), program, settings.address, published=source.published.current)
    site = ZoneSite(board, which, house, QuestionBox(settings.questions) if settings.questions else None)
    return Served(board, build_zone(site, door, Accesses(settings.access_log, key, instant)), tls, "zone")


def _receipts() -> Receipts | None:
    """Return the receipts of the Kafka that the environment names, None where it names none."""
    kafka = KafkaSettings()
    return Receipts(kafka) if "servers" in kafka.model_fields_set else None


def _secret(path: Path | None, name: str) -> bytes | None:
    if path is None:
        return None
    secret = path.read_bytes().strip()
    if len(secret) < SHORTEST_SECRET:
        message = f"{name}: {path} holds fewer than {SHORTEST_SECRET} bytes; make one with openssl rand -hex 32"
        raise UsageError(message)
    return secret


def _readers(path: Path) -> dict[str, Reader]:
    try:
        return readers_of(path.read_text(encoding="utf-8"))
    except (UsersError, OSError, UnicodeDecodeError) as error:
        raise UsageError(f"OCMW_BOARD_USERS: {path}: {error}") from None


def _tls(settings: BoardSettings) -> dict[str, Any]:
    """Return what the server needs to take the proxy alone, by its certificate; nothing where none is named."""
    files = (settings.tls_cert_file, settings.tls_key_file, settings.tls_client_ca_file)
    if not any(files):
        return {}
    if not all(files):
        message = "OCMW_BOARD_TLS_CERT_FILE, …_KEY_FILE and …_CLIENT_CA_FILE go together"
        raise UsageError(message)
    certificate, key, authority = map(str, files)
    return {
        "ssl_certfile": certificate,
        "ssl_keyfile": key,
        "ssl_ca_certs": authority,
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
    }
