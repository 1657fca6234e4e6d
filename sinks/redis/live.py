"""Live figures in Redis, for readers of the provisional zone: a copy of ``sinks.directory.live``, line by line.

    ocmw:provisional:live          a hash: release, turn, as_of, records, supports, columns
    ocmw:provisional:live:<NIS>    a hash for each municipality: release, and a field for each month, compressed columns

One script shows what was counted together: it looks whether the state is newer than what stands there, drops the lines
of an earlier release, and writes; all of it or nothing. What belongs to a release that is no longer current says so by
its number, and is nothing to a reader.
"""

import json
from itertools import chain
from typing import Any

import redis

from schemas.places import MUNICIPALITIES
from schemas.supports import NODES
from sinks.directory.live import COLUMNS, Line, LiveHome, LiveState
from sinks.errors import StoreWriteError
from sinks.redis.names import prefix

STATE = prefix("provisional") + "live"
"""Name of the hash that says what the live figures reflect."""

_SHOW = """
local release, turn = tonumber(ARGV[1]), tonumber(ARGV[2])
local shown = redis.call('HMGET', KEYS[1], 'release', 'turn')
local before = tonumber(shown[1] or '-1')
if before > release or (before == release and tonumber(shown[2]) >= turn) then return 0 end
if before < release then
  for at = 2, #KEYS do redis.call('UNLINK', KEYS[at]) end
end
for at = 7, #ARGV, 3 do
  redis.call('HSET', KEYS[tonumber(ARGV[at])], 'release', release, ARGV[at + 1], ARGV[at + 2])
end
redis.call('HSET', KEYS[1], 'release', release, 'turn', turn, 'as_of', ARGV[3], 'records', ARGV[4],
  'supports', ARGV[5], 'columns', ARGV[6])
return 1
"""
"""KEYS: the state, then the hashes of all municipalities. ARGV: release, turn, as_of, records, supports, columns, then
for each line which of KEYS, the month and the cells. Returns whether it wrote."""


class RedisLive:
    """Keeps the live figures in Redis up with their home."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - see sinks.redis.store.connect
        """Take a client of ``sinks.redis.store.connect``."""
        self._client = client
        self._show = client.register_script(_SHOW)
        self._keys = [STATE, *(f"{STATE}:{nis}" for nis in MUNICIPALITIES)]
        self._number = {nis: number for number, nis in enumerate(MUNICIPALITIES, start=2)}

    def follow(self, home: LiveHome) -> None:
        """Show what the home shows, with the lines that changed since. Raises StoreWriteError where Redis refuses."""
        try:
            release, turn = self._standing()
            changed = home.since(turn)
            if changed is not None and changed[0].reflects.release != release:
                changed = home.since(-1)
            if changed is not None:
                self._show(keys=self._keys, args=self._arguments(*changed))
        except (redis.RedisError, OSError) as error:
            message = f"Redis takes no live figures ({type(error).__name__}); it shows older ones"
            raise StoreWriteError(message) from error

    def _standing(self) -> tuple[int, int]:
        release, turn = self._client.hmget(STATE, "release", "turn")
        return int(release or -1), int(turn or -1)

    def _arguments(self, state: LiveState, lines: list[Line]) -> list[object]:
        supports, columns = " ".join(node.code for node in NODES), json.dumps(COLUMNS)
        given = chain.from_iterable((self._number[line.nis], line.period, line.cells) for line in lines)
        now = state.reflects
        return [now.release, state.turn, now.as_of, sum(now.positions), supports, columns, *given]
