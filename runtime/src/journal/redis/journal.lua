-- What must happen together on the server: appends, commits, and the searches that would cost many round trips.
--
-- Lua has no rollback. So everything is checked before the first write, the first write is the only one that can fail,
-- and whoever is told of an error knows that nothing was changed.
--
-- A function gets the keys and the arguments and answers with a flat array whose first word says what the rest is.

-- How many versions one list holds.
local SEGMENT = 4096
-- How many values one command is given: Lua can unpack no more than some thousands.
local CHUNK = 1000
-- How many events are looked through for an append that is sent again.
local SCAN = 4096
-- How many are looked through for one that is sent for the first time, as far as its sender knows: where its connection
-- froze, it may arrive behind the one that was sent after it.
local GLANCE = 16
-- How many missed events a conflict brings.
local MOST_MISSED = 1000

local HOLDS = {
  LLEN = 'list', LINDEX = 'list', LRANGE = 'list',
  HGET = 'hash', HMGET = 'hash', HLEN = 'hash', HGETALL = 'hash',
  ZCARD = 'zset', ZRANGEBYLEX = 'zset',
  XRANGE = 'stream',
  GET = 'string',
}

-- Stops: what lies under this key is not ours.
local function foreign(key, reason)
  error({ foreign = key, reason = reason })
end

local function wrong_type(key, expected)
  foreign(key, 'expected a ' .. expected .. ', found a ' .. redis.call('TYPE', key).ok)
end

local function is_wrong_type(reply)
  return string.find(reply.err, 'WRONGTYPE', 1, true) ~= nil
end

local function read(command, key, ...)
  local reply = redis.pcall(command, key, ...)
  if type(reply) == 'table' and reply.err then
    if is_wrong_type(reply) then wrong_type(key, HOLDS[command]) end
    error(reply)
  end
  return reply
end

local function segment_key(base, index)
  if index == 0 then return base end
  return string.format('%s:%d', base, index)
end

-- The list that holds this version, and its place there.
local function place(base, version)
  local index = math.floor((version - 1) / SEGMENT)
  return segment_key(base, index), version - 1 - index * SEGMENT
end

-- The version of a stream: only its last segment is not full. The search begins where `near` lies.
local function version_of(base, near)
  local function filled(index)
    local key = segment_key(base, index)
    local count = read('LLEN', key)
    if count > SEGMENT then
      foreign(key, string.format('expected at most %d events in a list, found %d', SEGMENT, count))
    end
    return count
  end
  local index = math.floor(math.max(near - 1, 0) / SEGMENT)
  local count = filled(index)
  local full, empty = -1, index
  if count > 0 then
    local step = 1
    while count == SEGMENT do
      full = index
      index = index + step
      step = step * 2
      count = filled(index)
    end
    if count > 0 then return index * SEGMENT + count end
    empty = index
  end
  while empty - full > 1 do
    local middle = math.floor((full + empty) / 2)
    count = filled(middle)
    if count == 0 then
      empty = middle
    elseif count == SEGMENT then
      full = middle
    else
      return middle * SEGMENT + count
    end
  end
  return empty * SEGMENT
end

local function element_at(base, version)
  local key, offset = place(base, version)
  local element = read('LINDEX', key, offset)
  if not element then foreign(key, string.format('expected event %d, found none', version)) end
  return element
end

-- The log id of a stored event, and the id of the append that added it.
local function header(element)
  return string.match(element, '^(%d+%-%d+) %S+ %d+ (%S+)')
end

-- Whether the event at this version has this log id.
local function has(base, actual, version, log_id)
  return version > 0 and version <= actual and header(element_at(base, version)) == log_id
end

local function append_id_at(base, version)
  local _, id = header(element_at(base, version))
  return id
end

local function elements_between(base, from, to, reply)
  while from <= to do
    local key, offset = place(base, from)
    local count = math.min(to - from + 1, SEGMENT - offset)
    local elements = read('LRANGE', key, offset, offset + count - 1)
    if #elements ~= count then
      foreign(key, string.format('expected %d events from the one at index %d on, found %d', count, offset, #elements))
    end
    for i = 1, count do reply[#reply + 1] = elements[i] end
    from = from + count
  end
  return reply
end

-- The newest version that the append `id` added, looking back from `version` over at most `limit` events.
local function look_back(base, version, id, limit)
  local last = math.max(version - limit, 0)
  while version > last do
    local from = math.max(last, version - 256) + 1
    local elements = elements_between(base, from, version, {})
    for i = #elements, 1, -1 do
      local _, found = header(elements[i])
      if found == id then return from + i - 1 end
    end
    version = from - 1
  end
end

-- The answer to an append whose events lie there already, from `first` on.
local function duplicate(base, first, count, id, actual)
  local found = 0
  while first + found <= actual and append_id_at(base, first + found) == id do
    found = found + 1
  end
  if found ~= count then return { 'reused', found } end
  return { 'duplicate', header(element_at(base, first)), first }
end

local function conflict(base, actual, expected)
  return elements_between(base, expected + 1, math.min(actual, expected + MOST_MISSED), { 'conflict', actual })
end

-- The milliseconds and the position of the last log entry.
local function head_of(head, log)
  local id = read('GET', head)
  if not id then
    local info = redis.pcall('XINFO', 'STREAM', log)
    if info.err then
      if is_wrong_type(info) then wrong_type(log, 'stream') end
      return 0, 0
    end
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then id = info[i + 1] end
    end
  end
  local millis, number = string.match(id, '^(%d+)%-(%d+)$')
  if not millis then foreign(head, 'expected a log id such as 1732000000000-41, found ' .. id) end
  return tonumber(millis), tonumber(number)
end

-- Runs a command on one key with many values, a chunk at a time.
local function in_chunks(command, key, values, from, to)
  for i = from, to, CHUNK do
    redis.call(command, key, unpack(values, i, math.min(i + CHUNK - 1, to)))
  end
end

-- The error that says which of these commands the user may not run, if any.
local function forbidden(commands)
  for _, command in ipairs(commands) do
    if not redis.acl_check_cmd(unpack(command)) then
      return redis.error_reply('NOPERM this user may not run ' .. command[1] .. ' on ' .. command[2])
    end
  end
end

-- How often the rows of a model were changed.
local function revision_of(checkpoints, model)
  local revision = read('HGET', checkpoints, model) or '0'
  if not string.match(revision, '^%d+$') then
    foreign(checkpoints, 'expected a revision under ' .. model .. ', found ' .. revision)
  end
  return tonumber(revision)
end

local journal = {}

-- Which server this is.
function journal.about()
  return { 'about', redis.REDIS_VERSION or 'before 7.0' }
end

-- The fixed settings of the journal, recorded now where there are none.
-- KEYS meta ARGV format partitions hash segment; the partitions are empty where any number will do.
function journal.open(keys, args)
  local meta = keys[1]
  if read('HLEN', meta) == 0 then
    local partitions = args[2]
    if partitions == '' then partitions = '1' end
    redis.call('HSET', meta, 'format', args[1], 'partitions', partitions, 'hash', args[3], 'segment', args[4])
  end
  local found = read('HMGET', meta, 'format', 'partitions', 'hash', 'segment')
  return { 'meta', found[1] or '', found[2] or '', found[3] or '', found[4] or '' }
end

-- Adds events to a stream and their pointers to the log.
-- KEYS stream log head ARGV kind version append-id retried stream-name after event...
-- The kind is `version`, `existing` or `any`; `after` is the log id of the event at the version, or empty where any will
-- do; an event is all of its element but the log id.
function journal.append(keys, args)
  local base, log, head = keys[1], keys[2], keys[3]
  local kind, expected, id, retried, name = args[1], tonumber(args[2]), args[3], args[4] == '1', args[5]
  local count = #args - 6

  local actual = version_of(base, expected)
  if kind == 'version' then
    if args[6] ~= '' and not has(base, actual, expected, args[6]) then return { 'rewound', actual } end
    if actual > expected and append_id_at(base, expected + 1) == id then
      return duplicate(base, expected + 1, count, id, actual)
    end
    if actual ~= expected then return conflict(base, actual, expected) end
  else
    if kind == 'existing' and actual == 0 then return { 'conflict', 0 } end
    local newest = look_back(base, actual, id, retried and SCAN or GLANCE)
    if newest then
      local first = newest
      while first > 1 and append_id_at(base, first - 1) == id do first = first - 1 end
      return duplicate(base, first, count, id, actual)
    end
    if retried and actual > SCAN then return { 'unknown', SCAN } end
  end

  local millis, number = head_of(head, log)
  local time = redis.call('TIME')
  millis = math.max(millis, time[1] * 1000 + math.floor(time[2] / 1000))
  for index = math.max(math.ceil(actual / SEGMENT), 1), math.floor((actual + count - 1) / SEGMENT) do
    local key = segment_key(base, index)
    if redis.call('EXISTS', key) == 1 then foreign(key, 'expected no events beyond version ' .. actual) end
  end
  if not (redis.acl_check_cmd('XADD', log, '*', 'e', '') and redis.acl_check_cmd('RPUSH', base, '')
    and redis.acl_check_cmd('SET', head, '')) then
    return redis.error_reply('NOPERM this user may not run XADD, RPUSH and SET on the keys of the journal')
  end

  local elements, log_id = {}, nil
  for i = 1, count do
    local event = args[6 + i]
    log_id = string.format('%d-%d', millis, number + i)
    local pointer = string.format('%s %d %s', name, actual + i, string.match(event, '^%S+'))
    local reply = redis.pcall('XADD', log, log_id, 'e', pointer)
    if type(reply) == 'table' and reply.err then
      if is_wrong_type(reply) then wrong_type(log, 'stream') end
      if string.find(reply.err, 'equal or smaller', 1, true) then
        foreign(log, string.format('expected its last entry at position %d, as %s says, found a later one', number, head))
      end
      error(reply)
    end
    elements[i] = log_id .. ' ' .. event
  end
  local written = 0
  while written < count do
    local index = math.floor((actual + written) / SEGMENT)
    local size = math.min(count - written, (index + 1) * SEGMENT - actual - written, CHUNK)
    redis.call('RPUSH', segment_key(base, index), unpack(elements, written + 1, written + size))
    written = written + size
  end
  redis.call('SET', head, log_id)
  return { 'appended', string.format('%d-%d', millis, number + 1), actual + 1 }
end

-- Records that events of these types are those of one kind of aggregate.
-- KEYS types ARGV aggregate type...
function journal.claim(keys, args)
  local types, aggregate = keys[1], args[1]
  local new = {}
  for i = 2, #args do
    local owner = read('HGET', types, args[i])
    if not owner then
      new[#new + 1] = args[i]
      new[#new + 1] = aggregate
    elseif owner ~= aggregate then
      return { 'taken', args[i], owner }
    end
  end
  in_chunks('HSET', types, new, 1, #new)
  return { 'done' }
end

-- KEYS stream
function journal.version(keys)
  return { 'version', version_of(keys[1], 0) }
end

-- The version, log id and fingerprint of the snapshot under this key, and its text; or why there is none, if there is
-- something. It is never an error: it was made of the events, and they are all there.
local function snapshot_at(key)
  local text = redis.pcall('GET', key)
  if not text then return nil end
  if type(text) == 'table' then
    if not is_wrong_type(text) then error(text) end
    return nil, 'expected a string, found a ' .. redis.call('TYPE', key).ok
  end
  local version, log_id, fingerprint = string.match(text, '^([1-9]%d*) (%d+%-%d+) (%x+)\n')
  if not version or #version > 15 then return nil, 'expected VERSION LOG-ID FINGERPRINT and a line break' end
  return { version = tonumber(version), log_id = log_id, fingerprint = fingerprint, text = text }
end

-- Whether a snapshot is one of the history that the stream has.
local function belongs(base, snapshot)
  local key, offset = place(base, snapshot.version)
  local element = read('LINDEX', key, offset)
  return element and header(element) == snapshot.log_id
end

-- The events of a stream after a version, at most `limit`.
local function elements_after(base, version, limit, reply)
  while limit > 0 do
    local key, offset = place(base, version + 1)
    local wanted = math.min(limit, SEGMENT - offset)
    local elements = read('LRANGE', key, offset, offset + wanted - 1)
    for i = 1, #elements do reply[#reply + 1] = elements[i] end
    if #elements < wanted then
      local next = place(base, version + wanted + 1)
      if limit > wanted and redis.call('EXISTS', next) == 1 then
        foreign(next, 'expected no events, since the list before it is not full, found some')
      end
      break
    end
    version = version + wanted
    limit = limit - wanted
  end
  return reply
end

-- The newest snapshot of a stream, if there is one of this fingerprint that belongs to its history, and the events after
-- it; and what stands there instead, if it is no snapshot.
-- KEYS stream snapshot ARGV fingerprint limit
function journal.restore(keys, args)
  local base = keys[1]
  local snapshot, reason = snapshot_at(keys[2])
  if snapshot and (snapshot.fingerprint ~= args[1] or not belongs(base, snapshot)) then snapshot = nil end
  local reply = { 'restored', snapshot and snapshot.text or '', reason or '' }
  return elements_after(base, snapshot and snapshot.version or 0, tonumber(args[2]), reply)
end

-- Keeps a snapshot, unless there is a newer one that would be read in its place.
-- KEYS stream snapshot ARGV version fingerprint text
function journal.keep(keys, args)
  local newest = snapshot_at(keys[2])
  if newest and newest.fingerprint == args[2] and newest.version > tonumber(args[1]) and belongs(keys[1], newest) then
    return { 'older' }
  end
  redis.call('SET', keys[2], args[3])
  return { 'done' }
end

-- The log id of the entry at a position: both halves of the ids grow, so a search by time finds it.
-- KEYS log head ARGV position
function journal.seek(keys, args)
  local log, wanted = keys[1], tonumber(args[1])
  local latest, number = head_of(keys[2], log)
  if wanted > number then return { 'beyond' } end
  -- The position of the first entry at this time or later.
  local function first_from(millis)
    local entry = read('XRANGE', log, string.format('%d', millis), '+', 'COUNT', 1)[1]
    if not entry then return math.huge, nil end
    local at, position = string.match(entry[1], '^(%d+)%-(%d+)$')
    return tonumber(position), tonumber(at)
  end
  local position, low = first_from(0)
  if position > wanted then return { 'found', string.format('0-%d', wanted) } end
  local high = latest + 1
  while high - low > 1 do
    local middle = math.floor((low + high) / 2)
    local found, at = first_from(middle)
    if found <= wanted then low = at else high = middle end
  end
  return { 'found', string.format('%d-%d', low, wanted) }
end

-- Changes rows and moves the checkpoint.
-- KEYS rows keys checkpoints ARGV field expected checkpoint model revision writes {key row}... deleted-key...
-- The revision is empty where any will do.
function journal.commit(keys, args)
  local rows, index, checkpoints = keys[1], keys[2], keys[3]
  local field, expected, checkpoint, model, writes = args[1], args[2], args[3], args[4], tonumber(args[6])
  local found = read('HGET', checkpoints, field) or ''
  if found ~= expected then return { 'moved', found } end
  local revision = revision_of(checkpoints, model)
  if args[5] ~= '' and tonumber(args[5]) ~= revision then return { 'moved', found } end
  read('HLEN', rows)
  read('ZCARD', index)
  local refusal = forbidden({ { 'HSET', rows, '', '' }, { 'ZADD', index, 0, '' }, { 'HDEL', rows, '' },
    { 'ZREM', index, '' }, { 'HSET', checkpoints, '', '' } })
  if refusal then return refusal end

  local first, deletes = 7, 6 + 2 * writes
  local members = {}
  for i = first, deletes, 2 do
    members[#members + 1] = 0
    members[#members + 1] = args[i]
  end
  in_chunks('HSET', rows, args, first, deletes)
  in_chunks('ZADD', index, members, 1, #members)
  in_chunks('HDEL', rows, args, deletes + 1, #args)
  in_chunks('ZREM', index, args, deletes + 1, #args)
  redis.call('HSET', checkpoints, field, checkpoint, model, string.format('%d', revision + 1))
  return { 'done' }
end

-- Deletes a read model.
-- Its revision goes on, so that nobody takes the rows that come next for those that were here.
-- KEYS rows keys checkpoints ARGV model field...
function journal.clear(keys, args)
  local rows, index, checkpoints, model = keys[1], keys[2], keys[3], args[1]
  read('HLEN', rows)
  read('ZCARD', index)
  local revision = revision_of(checkpoints, model)
  local refusal = forbidden({ { 'UNLINK', rows }, { 'UNLINK', index }, { 'HDEL', checkpoints, '' },
    { 'HSET', checkpoints, '', '' } })
  if refusal then return refusal end
  redis.call('UNLINK', rows, index)
  in_chunks('HDEL', checkpoints, args, 2, #args)
  redis.call('HSET', checkpoints, model, string.format('%d', revision + 1))
  return { 'done' }
end

-- Some rows in the order of their keys, and whether there are more behind them.
-- KEYS rows keys ARGV limit from; `from` is as ZRANGEBYLEX wants it.
function journal.page(keys, args)
  local rows, index, limit = keys[1], keys[2], tonumber(args[1])
  local found = read('ZRANGEBYLEX', index, args[2], '+', 'LIMIT', 0, limit + 1)
  local reply = { 'page', #found > limit and 1 or 0 }
  local count = math.min(#found, limit)
  for from = 1, count, CHUNK do
    local to = math.min(from + CHUNK - 1, count)
    local values = read('HMGET', rows, unpack(found, from, to))
    for i = from, to do
      local row = values[i - from + 1]
      if not row then foreign(rows, 'expected a row for every key in ' .. index .. ', found none for ' .. found[i]) end
      reply[#reply + 1] = found[i]
      reply[#reply + 1] = row
    end
  end
  return reply
end

-- Runs one of the above, and answers what it stopped with.
local function answer(run, keys, args)
  local fine, reply = pcall(run, keys, args)
  if fine then return reply end
  if type(reply) ~= 'table' then return redis.error_reply('ERR ' .. tostring(reply)) end
  if reply.foreign then return { 'foreign', reply.foreign, reply.reason } end
  return reply
end
