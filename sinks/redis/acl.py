"""Who may do what in Redis: a user for each zone that reads its prefix alone, and the publisher that writes.

Patterns of keys are the whole protection: a zone's user cannot name, list or subscribe to anything under another
prefix. ``SCAN`` and ``KEYS`` would tell names of other zones, so nobody but the publisher has them.
"""

from collections.abc import Mapping

from sinks.redis.names import prefix
from sinks.zones import READ_ZONES

_CONNECT = ("hello", "auth", "ping", "client|setname", "client|id")
_READ = ("get", "mget", "exists", "hget", "hgetall", "hmget", "hkeys", "xread", "xrange", "xrevrange")
_WRITE = ("set", "hset", "xadd", "unlink", "scan", "eval", "evalsha", "script|load", "script|exists", "info", "dbsize")

PUBLISHER = "ocmw-publish"
USERS: tuple[str, ...] = (*(f"ocmw-{zone}" for zone in READ_ZONES), PUBLISHER)
"""Names of the users: three readers, then the publisher."""


def rules(user: str) -> tuple[str, ...]:
    """Return what follows ``ACL SETUSER <user>``, without the password. Raises KeyError for no user of ours."""
    reading = {f"ocmw-{zone}": f"%R~{prefix(zone)}*" for zone in READ_ZONES}
    pattern = "~ocmw:*" if user == PUBLISHER else reading[user]
    commands = (*_CONNECT, *_READ, *(_WRITE if user == PUBLISHER else ()))
    return ("reset", "on", "sanitize-payload", pattern, "-@all", *(f"+{command}" for command in commands))


def acl_file(hashes: Mapping[str, str]) -> str:
    """Return the lines of a Redis ACL file; ``hashes`` gives the SHA-256 (hex) of each user's password.

    Raises KeyError for a user without one: a user without a password would be open or useless.
    """
    lines = [f"user {user} {' '.join(rules(user)[1:])} #{hashes[user]}" for user in USERS]
    return "\n".join(lines) + "\n"
