"""How this program publishes, from its settings: the clock, its version, the key that seals, whether it waits."""

from importlib.metadata import version

from sinks.public.keys import SealKey
from sinks.public.writer import Publishing
from streams.shell import clock
from streams.settings import Settings, UsageError

PACKAGE = "ocmw-figures"


def publishing(settings: Settings) -> Publishing:
    """Return how releases become public.

    Raises UsageError where approval is required and no key is named, SealKeyError for a key that cannot be read.
    """
    required = settings.release_approval == "required"
    if required and settings.seal_key_file is None:
        message = "OCMW_RELEASE_APPROVAL=required needs OCMW_SEAL_KEY_FILE; make a key with ocmw keys sign --out FILE"
        raise UsageError(message)
    key = SealKey.read(settings.seal_key_file) if settings.seal_key_file else None
    return Publishing(now, version(PACKAGE), key, required)


def unsealed() -> Publishing:
    """Return how releases become public where no setting says otherwise: at once, without a seal."""
    return Publishing(now, version(PACKAGE))


def now() -> str:
    """Return the time as manifests write it: UTC, to the second."""
    return clock.instant().strftime("%Y-%m-%dT%H:%M:%SZ")
