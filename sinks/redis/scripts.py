"""The two scripts that Redis runs whole: moving the pointers, and sweeping what no kept release names.

Each checks everything before it writes anything, because Redis does not undo what a failed script has written.
"""

MOVE = """
local number, zones = tonumber(ARGV[1]), tonumber(ARGV[2])
for zone = 1, zones do
  local current = redis.call('GET', KEYS[zone])
  if current and tonumber(current) >= number then return 'shown' end
end
for at = 2 * zones + 1, #KEYS do
  if redis.call('EXISTS', KEYS[at]) == 0 then return 'missing' end
end
for zone = 1, zones do
  local stream = KEYS[zones + zone]
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  if not last or tonumber(string.match(last[1], '^%d+')) < number then
    redis.call('XADD', stream, number .. '-0', 'release', number, 'update_id', ARGV[3], 'reference_month', ARGV[4])
  end
end
for zone = 1, zones do redis.call('SET', KEYS[zone], number) end
return 'moved'
"""
"""KEYS: the pointers, the streams, then all that the release needs. ARGV: number, how many zones, update, month.

Returns ``moved``, ``shown`` (this release or a later one is shown already) or ``missing``. A notice that is there
already (a pointer was lost, the stream was not) is not sent twice.
"""

SWEEP = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local swept = 0
for at = 2, #KEYS do swept = swept + redis.call('UNLINK', KEYS[at]) end
return swept
"""
"""KEYS: a pointer, then what to sweep. ARGV: the number it must have. Returns how many values went."""
