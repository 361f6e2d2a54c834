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
-- Where a build can stand.
local STATES = { serving = true, building = true, retired = true }

local HOLDS = {
  LLEN = 'list', LINDEX = 'list', LRANGE = 'list',
  HGET = 'hash', HMGET = 'hash', HLEN = 'hash', HGETALL = 'hash',
  ZCARD = 'zset', ZRANGEBYLEX = 'zset', ZREVRANGEBYLEX = 'zset',
  XRANGE = 'stream',
  GET = 'string',
}

-- Stops: what lies under this key is not ours.
local function foreign(key, reason)
  error({ foreign = key, reason = reason })
end

local function is_wrong_type(reply)
  return string.find(reply.err, 'WRONGTYPE', 1, true) ~= nil
end

-- Whether the user lacks a right. Within a script, servers say so in words of their own, and do not name the command.
local function is_forbidden(reply)
  for _, words in ipairs({ 'NOPERM', 'The user executing the script', 'ACL failure in script' }) do
    if string.find(reply.err, words, 1, true) then return true end
  end
  return false
end

local function no_right(command, key)
  return redis.error_reply('NOPERM this user may not run ' .. command .. (key and ' on ' .. key or ''))
end

local wrong_type

local function read(command, ...)
  local reply = redis.pcall(command, ...)
  if type(reply) == 'table' and reply.err then
    local key = ...
    if is_wrong_type(reply) then wrong_type(key, HOLDS[command]) end
    if is_forbidden(reply) then error(no_right(command, key)) end
    error(reply)
  end
  return reply
end

function wrong_type(key, expected)
  foreign(key, 'expected a ' .. expected .. ', found a ' .. read('TYPE', key).ok)
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
      -- Whatever else it may be, it does not say that there is no log: that would begin anew at position 1.
      if string.find(info.err, 'no such key', 1, true) then return 0, 0 end
      error(is_forbidden(info) and no_right('XINFO STREAM', log) or info)
    end
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then id = info[i + 1] end
    end
  end
  local millis, number = string.match(id, '^(%d+)%-(%d+)$')
  -- Lua counts exactly up to 15 digits.
  if not millis or #millis > 15 or #number > 15 then
    foreign(head, 'expected a log id such as 1732000000000-41, found ' .. id)
  end
  return tonumber(millis), tonumber(number)
end

-- Runs a command on one key with many values, a chunk at a time.
local function in_chunks(command, key, values, from, to)
  for i = from, to, CHUNK do
    redis.call(command, key, unpack(values, i, math.min(i + CHUNK - 1, to)))
  end
end

-- Adds every `step`th of these values to a sorted set that is ordered by its members alone.
local function add_in_order(set, values, from, to, step)
  local scored, size = {}, 0
  for i = from, to, step do
    -- A text, since the server turns numbers into texts slowly.
    scored[size + 1], scored[size + 2] = '0', values[i]
    size = size + 2
    if size == CHUNK then
      redis.call('ZADD', set, unpack(scored, 1, size))
      size = 0
    end
  end
  if size > 0 then redis.call('ZADD', set, unpack(scored, 1, size)) end
end

-- The values of these fields of a hash that are there, or of which `missing` says what it means that they are not.
local function values_of(hash, fields, count, missing)
  local values = {}
  for from = 1, count, CHUNK do
    local to = math.min(from + CHUNK - 1, count)
    local some = read('HMGET', hash, unpack(fields, from, to))
    for i = from, to do
      values[i] = some[i - from + 1] or missing(i)
    end
  end
  return values
end

-- The server's clock in milliseconds.
local function clock()
  local time = read('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The error that says which of these commands the user may not run, if any.
local function forbidden(commands)
  for _, command in ipairs(commands) do
    if not redis.acl_check_cmd(unpack(command)) then
      return no_right(command[1], command[2])
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

-- Version and number of a build, by its field among the builds.
local function age_of(field)
  local version, number = string.match(field, '^(%d+)%.(%d+)$')
  return tonumber(version or string.match(field, '^%d+$')), tonumber(number or 0)
end

-- Whether one build is newer than another one.
local function is_newer(one, other)
  if one.version ~= other.version then return one.version > other.version end
  return one.number > other.number
end

-- The builds that there are of a read model, by their fields, and the one that is read.
local function builds_at(key)
  local fields = read('HGETALL', key)
  local builds, serving = {}, nil
  for i = 1, #fields, 2 do
    local field, text = fields[i], fields[i + 1]
    local version, number = age_of(field)
    local state, fingerprint = string.match(text, '^(%l+) (%x+)$')
    if not version or not STATES[state] or #fingerprint ~= 16 then
      foreign(key, 'expected STATE FINGERPRINT under each version, found ' .. text .. ' under ' .. field)
    end
    local build = { field = field, version = version, number = number, state = state, fingerprint = fingerprint }
    builds[field] = build
    if state == 'serving' then
      if serving then foreign(key, 'expected one build that serves, found ' .. serving.field .. ' and ' .. field) end
      serving = build
    end
  end
  return builds, serving
end

-- What is behind the last colon: of a read model its field among the builds, of a checkpoint's field the partition.
local function last_part(text)
  return string.match(text, '[^:]+$')
end

-- Whether a build gives no rows and takes no commits.
local function is_retired(key, model)
  local builds, serving = builds_at(key)
  local field = last_part(model)
  if builds[field] then return builds[field].state == 'retired' end
  if not serving then return false end
  -- It may have been forgotten since it was retired.
  local version, number = age_of(field)
  return is_newer(serving, { version = version, number = number })
end

-- The keys of all indexes of a read model, by the key that lists them.
local function indexes_of(indexes)
  local keys = read('ZRANGEBYLEX', indexes, '-', '+')
  for i = 1, #keys do
    keys[i] = indexes .. ':' .. keys[i]
    read('ZCARD', keys[i])
  end
  return keys
end

-- What the leases say of a partition: its number, and by whom and until when it is held, if it is.
local function share_of(key, partition, text)
  local number, till, holder = string.match(text, '^(%d+) (%d+) (%S+)$')
  number = number or string.match(text, '^%d+$')
  if not number or #number > 15 or #(till or '') > 15 then
    foreign(key, 'expected NUMBER or NUMBER UNTIL HOLDER under ' .. partition .. ', found ' .. text)
  end
  return { number = tonumber(number), till = tonumber(till), holder = holder }
end

local function is_held(share, now)
  return share and share.holder and share.till > now
end

-- Whether a partition is held under the lease of this number.
local function is_leased(key, partition, number)
  local text = read('HGET', key, partition)
  local share = text and share_of(key, partition, text)
  return is_held(share, clock()) and string.format('%d', share.number) == number
end

-- All that the leases of a read model say: its shares by their partitions, until when each holder counts, and the
-- shares one after another.
local function leases_at(key)
  local fields = read('HGETALL', key)
  local shares, holders, all = {}, {}, {}
  for i = 1, #fields, 2 do
    local field, text = fields[i], fields[i + 1]
    local name = string.match(field, '^holder:(.+)$')
    if name and string.match(text, '^%d+$') and #text <= 15 then
      holders[#holders + 1] = { name = name, till = tonumber(text) }
    elseif string.match(field, '^%d+$') and #field <= 5 then
      local share = share_of(key, field, text)
      share.partition = field
      all[#all + 1] = share
      shares[tonumber(field)] = share
    else
      foreign(key, 'expected partitions and holder:NAME, found ' .. text .. ' under ' .. field)
    end
  end
  return shares, holders, all
end

local journal = {}

-- Which server this is.
function journal.about()
  return { 'about', redis.REDIS_VERSION or 'before 7.0' }
end

-- The fixed settings of the journal; all empty where there is none.
-- KEYS meta
function journal.settings(keys)
  local found = read('HMGET', keys[1], 'format', 'partitions', 'hash', 'segment')
  if read('HLEN', keys[1]) == 0 then return { 'none' } end
  return { 'settings', found[1] or '', found[2] or '', found[3] or '', found[4] or '' }
end

-- Records the fixed settings where there are none.
-- KEYS meta ARGV format partitions hash segment; the partitions are empty where any number will do.
function journal.make(keys, args)
  local meta = keys[1]
  if read('HLEN', meta) == 0 then
    local partitions = args[2]
    if partitions == '' then partitions = '1' end
    local refusal = forbidden({ { 'HSET', meta, '', '' } })
    if refusal then return refusal end
    redis.call('HSET', meta, 'format', args[1], 'partitions', partitions, 'hash', args[3], 'segment', args[4])
  end
  return { 'done' }
end

-- What is kept under an idempotency key: the command, the stream, and what it led to.
local function record_at(key)
  local record = read('GET', key)
  if not record then return nil end
  local command, stream = string.match(record, '^(%x+) (%S+) ')
  if not command then foreign(key, 'expected COMMAND STREAM VERSION COUNT LOG-ID, found ' .. record) end
  return record, command, stream
end

-- The answer to a command whose key is known.
local function remembered(key, command, stream)
  local record, known, asked = record_at(key)
  if not record then return nil end
  if known ~= command or asked ~= stream then return { 'taken', asked } end
  return { 'remembered', record }
end

-- The last three digits of a position, each made when it is needed first: making a text of a number costs the server more
-- than all else about a log id.
local DIGITS = {}

local function digits(short)
  local text = DIGITS[short]
  if not text then
    text = string.format('%03d', short)
    DIGITS[short] = text
  end
  return text
end

-- Sets the last position of the log.
local function go_back(at, number)
  at.number, at.short = number, number % 1000
  at.prefix = string.format('%d-%d', at.millis, math.floor(number / 1000))
end

-- Where the log goes on: the time that is written beside it, and the last position.
local function place_after(millis, number, now)
  local at = { millis = math.max(millis, now) }
  go_back(at, number)
  return at
end

-- The next log id.
local function next_id(at)
  at.number = at.number + 1
  at.short = at.short + 1
  if at.short == 1000 then
    at.short = 0
    at.prefix = string.format('%d-%d', at.millis, math.floor(at.number / 1000))
  end
  if at.number < 1000 then return string.format('%d-%d', at.millis, at.number) end
  return at.prefix .. digits(at.short)
end

-- Adds a pointer to the log. It is the first write of an append, and the only one that can fail.
local function point(log, log_id, pointer, head, at)
  local reply = redis.pcall('XADD', log, log_id, 'e', pointer)
  if type(reply) == 'table' and reply.err then
    if is_wrong_type(reply) then wrong_type(log, 'stream') end
    if string.find(reply.err, 'equal or smaller', 1, true) then
      local last = at.number - 1
      foreign(log, string.format('expected its last entry at position %d, as %s says, found a later one', last, head))
    end
    error(reply)
  end
end

-- One append of a call: `{ kind, version, id, retried, after, count, name }`, with the key of its stream, and with its
-- idempotency key, the command's fingerprint and the milliseconds to keep it, where it has one. Its events are in `args`
-- from `first` on, each behind its pointer where the version is known. The log goes on at `at`, which is moved.
local function append_one(one, args, first, log, head, at)
  local base, expected, id, count = one.base, one.version, one.id, one.count
  local knows_version = one.kind == 'version'
  if one.kind == 'confirm' then return { 'confirmed' } end
  if one.once then
    local known = remembered(one.once, one.command, one.name)
    if known then return known end
  end
  local actual = version_of(base, expected)
  if knows_version then
    if one.after ~= '' and not has(base, actual, expected, one.after) then return { 'rewound', actual } end
    if actual > expected and append_id_at(base, expected + 1) == id then
      return duplicate(base, expected + 1, count, id, actual)
    end
    if actual ~= expected then return conflict(base, actual, expected) end
  else
    if one.kind == 'existing' and actual == 0 then return { 'conflict', 0 } end
    local newest = look_back(base, actual, id, one.retried and SCAN or GLANCE)
    if newest then
      local from = newest
      while from > 1 and append_id_at(base, from - 1) == id do from = from - 1 end
      return duplicate(base, from, count, id, actual)
    end
    if one.retried and actual > SCAN then return { 'unknown', SCAN } end
  end
  for index = math.max(math.ceil(actual / SEGMENT), 1), math.floor((actual + count - 1) / SEGMENT) do
    local key = segment_key(base, index)
    if read('EXISTS', key) == 1 then foreign(key, 'expected no events beyond version ' .. actual) end
  end

  local elements, first_id = {}, nil
  for i = 1, count do
    local log_id, pointer, event = next_id(at), nil, nil
    if knows_version then
      pointer, event = args[first + 2 * i - 2], args[first + 2 * i - 1]
    else
      event = args[first + i - 1]
      pointer = string.format('%s %d %s', one.name, actual + i, string.match(event, '^%S+'))
    end
    point(log, log_id, pointer, head, at)
    first_id = first_id or log_id
    elements[i] = log_id .. ' ' .. event
  end
  local written = 0
  while written < count do
    local index = math.floor((actual + written) / SEGMENT)
    local size = math.min(count - written, (index + 1) * SEGMENT - actual - written, CHUNK)
    redis.call('RPUSH', segment_key(base, index), unpack(elements, written + 1, written + size))
    written = written + size
  end
  if one.once then
    local record = string.format('%s %s %d %d %s', one.command, one.name, actual + 1, count, first_id)
    redis.call('SET', one.once, record, 'PX', one.keep)
  end
  if knows_version then return first_id end
  return { 'appended', first_id, actual + 1 }
end

-- The answer of one step of a call, where others go on: an error stands among them.
local function verdict_of(fine, reply)
  if fine then return reply end
  if type(reply) ~= 'table' then return redis.error_reply('ERR ' .. tostring(reply)) end
  if reply.foreign then return { 'foreign', reply.foreign, reply.reason } end
  return reply
end

-- Adds events to streams of one partition and their pointers to its log: several appends one after another, each all or
-- nothing, each with a verdict of its own.
-- KEYS log head {stream [once]}...
-- ARGV confirm {short after header [command keep] {[pointer] event}...}...
-- `short` is the expected version of an append of one event without an idempotency key, which nearly all are; otherwise it is
-- empty. `after` is the log id of the event at the expected version and a space, or empty where any will do. A header is
-- `KIND VERSION ID RETRIED COUNT ONCE STREAM`: the kind is `version`, `existing`, `any`, or `confirm`, which adds nothing and is
-- there to be waited for; `ONCE` is `1` where there is an idempotency key. An event is all of its element but the log id, and
-- has its pointer before it where the kind is `version`. `confirm` is `1` where what is answered will be waited for.
-- A verdict is the first log id, where the version is what was expected, or an array.
function journal.append(keys, args)
  local log, head = keys[1], keys[2]
  local millis, number = head_of(head, log)
  local now = clock()
  -- That the keys may be written was looked at before this was called.
  if not (redis.acl_check_cmd('XADD', log, '*', 'e', '') and redis.acl_check_cmd('RPUSH', keys[3], '')
    and redis.acl_check_cmd('SET', head, '')) then
    return redis.error_reply('NOPERM this user may not run XADD, RPUSH and SET on the keys of the journal')
  end
  local at = place_after(millis, number, now)
  local reply = { 'verdicts' }
  local key, arg, last = 3, 2, #args
  while arg <= last do
    local base, expected, after = keys[key], tonumber(args[arg]), args[arg + 1]
    if expected and expected < SEGMENT and redis.pcall('LLEN', base) == expected
      and (after == '' or string.sub(redis.call('LINDEX', base, -1) or '', 1, #after) == after) then
      -- As it nearly always is. What follows does the same as the long way below.
      local log_id = next_id(at)
      local fine, reason = pcall(point, log, log_id, args[arg + 3], head, at)
      if fine then
        redis.call('RPUSH', base, log_id .. ' ' .. args[arg + 4])
        reply[#reply + 1] = log_id
      else
        go_back(at, at.number - 1)
        reply[#reply + 1] = verdict_of(false, reason)
      end
      key = key + 1
      arg = arg + 5
    else
      local kind, version, id, retried, count, once, name =
        string.match(args[arg + 2], '^(%a+) (%d+) (%S+) (%d) (%d+) (%d) (%S+)$')
      local one = {
        base = base, kind = kind, version = tonumber(version), id = id, retried = retried == '1',
        after = string.sub(after, 1, -2), count = tonumber(count), name = name,
      }
      key = key + 1
      arg = arg + 3
      if once == '1' then
        one.once, one.command, one.keep = keys[key], args[arg], args[arg + 1]
        key = key + 1
        arg = arg + 2
      end
      local begun = at.number
      local verdict = verdict_of(pcall(append_one, one, args, arg, log, head, at))
      -- What was stopped before its first write has used no position.
      if type(verdict) == 'table' and verdict[1] ~= 'appended' then go_back(at, begun) end
      arg = arg + one.count * (kind == 'version' and 2 or 1)
      reply[#reply + 1] = verdict
    end
  end
  -- Whoever waits until this is safe waits for the last write of this connection. So what another connection has written
  -- is followed by a write of this one.
  if at.number > number then
    redis.call('SET', head, string.format('%d-%d', at.millis, at.number))
  elseif args[1] == '1' and number > 0 then
    redis.call('SET', head, string.format('%d-%d', millis, number))
  end
  return reply
end

-- Remembers that a command had nothing to do, unless it is known what it led to. In the partition of a key, where that is
-- another one than that of the stream, the same says whose the key is.
-- KEYS once ARGV command stream keep version
function journal.remember(keys, args)
  local known = remembered(keys[1], args[1], args[2])
  if known then return known end
  local refusal = forbidden({ { 'SET', keys[1], '' } })
  if refusal then return refusal end
  local record = string.format('%s %s %s 0 0-0', args[1], args[2], args[4])
  redis.call('SET', keys[1], record, 'PX', args[3])
  return { 'remembered', record }
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
  local refusal = #new > 0 and forbidden({ { 'HSET', types, '', '' } })
  if refusal then return refusal end
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
    if is_forbidden(text) then error(no_right('GET', key)) end
    if not is_wrong_type(text) then error(text) end
    return nil, 'expected a string, found a ' .. read('TYPE', key).ok
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
      if limit > wanted and read('EXISTS', next) == 1 then
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
  local refusal = forbidden({ { 'SET', keys[2], '' } })
  if refusal then return refusal end
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

-- Changes rows, entries of indexes and notes of parked rows, and moves the checkpoint.
-- KEYS rows keys checkpoints builds leases parked counts indexes index...
-- ARGV model field expected checkpoint revision lease writes deletes notes forgotten {key row}... deleted-key... {key note}...
-- forgotten-key... and of each index {removed added removed-entry... added-entry...}
-- Revision and lease are empty where any will do, and none is needed. `found` in an answer is the checkpoint that is there.
function journal.commit(keys, args)
  local rows, row_keys, checkpoints, parked, counts, indexes = keys[1], keys[2], keys[3], keys[6], keys[7], keys[8]
  local model, field = args[1], args[2]
  local found = read('HGET', checkpoints, field) or ''
  if is_retired(keys[4], model) then return { 'retired', found } end
  if args[6] ~= '' and not is_leased(keys[5], last_part(field), args[6]) then return { 'fenced', found } end
  -- Behind the log id, the event's fingerprint may stand.
  if string.match(found, '^%S*') ~= args[3] then return { 'moved', found } end
  local revision = revision_of(checkpoints, model)
  if args[5] ~= '' and tonumber(args[5]) ~= revision then return { 'moved', found } end

  local deletes = 11 + 2 * tonumber(args[7])
  local notes = deletes + tonumber(args[8])
  local forgotten = notes + 2 * tonumber(args[9])
  local entries = forgotten + tonumber(args[10])
  local parks = entries > notes
  read('HLEN', rows)
  read('ZCARD', row_keys)
  local commands = { { 'HSET', rows, '', '' }, { 'ZADD', row_keys, 0, '' }, { 'HDEL', rows, '' }, { 'ZREM', row_keys, '' },
    { 'HSET', checkpoints, '', '' } }
  if parks then
    for _, key in ipairs({ parked, counts }) do
      read('HLEN', key)
      commands[#commands + 1] = { 'HSET', key, '', '' }
      commands[#commands + 1] = { 'HDEL', key, '' }
    end
  end
  for i = 9, #keys do
    read('ZCARD', keys[i])
    commands[#commands + 1] = { 'ZADD', keys[i], 0, '' }
    commands[#commands + 1] = { 'ZREM', keys[i], '' }
  end
  if #keys > 8 then
    read('ZCARD', indexes)
    commands[#commands + 1] = { 'ZADD', indexes, 0, '' }
  end
  local refusal = forbidden(commands)
  if refusal then return refusal end

  in_chunks('HSET', rows, args, 11, deletes - 1)
  add_in_order(row_keys, args, 11, deletes - 1, 2)
  in_chunks('HDEL', rows, args, deletes, notes - 1)
  in_chunks('ZREM', row_keys, args, deletes, notes - 1)
  if parks then
    in_chunks('HSET', parked, args, notes, forgotten - 1)
    in_chunks('HDEL', parked, args, forgotten, entries - 1)
    local count = redis.call('HLEN', parked)
    if count > 0 then redis.call('HSET', counts, model, count) else redis.call('HDEL', counts, model) end
  end
  for i = 9, #keys do
    local index, first = keys[i], entries + 2
    local added = first + tonumber(args[entries])
    entries = added + tonumber(args[entries + 1])
    in_chunks('ZREM', index, args, first, added - 1)
    if entries > added then
      redis.call('ZADD', indexes, '0', string.sub(index, #indexes + 2))
      add_in_order(index, args, added, entries - 1, 1)
    end
  end
  redis.call('HSET', checkpoints, field, args[4], model, string.format('%d', revision + 1))
  return { 'done' }
end

-- Deletes all that a read model has, and then some more keys, once nothing can go wrong any more.
-- Its revision goes on, so that nobody takes the rows that come next for those that were here.
-- `keys` begins with rows keys checkpoints; `fields` are those of its checkpoints, from `first` on.
local function delete_all(keys, parked, counts, indexes, model, fields, first, more)
  local rows, row_keys, checkpoints = keys[1], keys[2], keys[3]
  read('HLEN', rows)
  read('ZCARD', row_keys)
  read('HLEN', parked)
  read('HLEN', counts)
  local revision = revision_of(checkpoints, model)
  local doomed = indexes_of(indexes)
  for _, key in ipairs({ rows, row_keys, parked, indexes, unpack(more) }) do doomed[#doomed + 1] = key end
  local commands = { { 'HDEL', counts, '' }, { 'HDEL', checkpoints, '' }, { 'HSET', checkpoints, '', '' } }
  for _, key in ipairs(doomed) do commands[#commands + 1] = { 'UNLINK', key } end
  local refusal = forbidden(commands)
  if refusal then return refusal end
  for _, key in ipairs(doomed) do redis.call('UNLINK', key) end
  redis.call('HDEL', counts, model)
  in_chunks('HDEL', checkpoints, fields, first, #fields)
  redis.call('HSET', checkpoints, model, string.format('%d', revision + 1))
end

-- Deletes a read model.
-- KEYS rows keys checkpoints builds parked counts indexes ARGV model field...
function journal.clear(keys, args)
  if is_retired(keys[4], args[1]) then return { 'retired' } end
  return delete_all(keys, keys[5], keys[6], keys[7], args[1], args, 2, {}) or { 'done' }
end

-- Some rows in the order of their keys, and whether there are more behind them.
-- KEYS rows keys builds ARGV model limit from; `from` is as ZRANGEBYLEX wants it.
function journal.page(keys, args)
  local rows, index, limit = keys[1], keys[2], tonumber(args[2])
  if is_retired(keys[3], args[1]) then return { 'retired' } end
  local found = read('ZRANGEBYLEX', index, args[3], '+', 'LIMIT', 0, limit + 1)
  local reply = { 'page', #found > limit and 1 or 0 }
  local count = math.min(#found, limit)
  local values = values_of(rows, found, count, function(i)
    foreign(rows, 'expected a row for every key in ' .. index .. ', found none for ' .. found[i])
  end)
  for i = 1, count do
    reply[2 * i + 1], reply[2 * i + 2] = found[i], values[i]
  end
  return reply
end

-- The key of the row that an entry leads to, behind this many values.
local function key_behind(entry, parts)
  local from = 1
  for _ = 1, parts do
    local ending = string.find(entry, '\0', from, true)
    if not ending then return nil end
    from = ending + 1
  end
  return string.sub(entry, from)
end

-- Some entries of an index with the rows that they lead to, and whether there are more behind them.
-- KEYS rows index builds ARGV model parts command limit from to; the places are as the command wants them.
function journal.find(keys, args)
  local rows, index, parts, limit = keys[1], keys[2], tonumber(args[2]), tonumber(args[4])
  if is_retired(keys[3], args[1]) then return { 'retired' } end
  local found = read(args[3], index, args[5], args[6], 'LIMIT', 0, limit + 1)
  local count = math.min(#found, limit)
  local row_keys = {}
  for i = 1, count do
    row_keys[i] = key_behind(found[i], parts)
    if not row_keys[i] then
      foreign(index, string.format('expected %d values and the key of a row, found %s', parts, found[i]))
    end
  end
  local values = values_of(rows, row_keys, count, function(i)
    foreign(index, 'expected entries of rows in ' .. rows .. ', found none for ' .. found[i])
  end)
  local reply = { 'found', #found > limit and 1 or 0 }
  for i = 1, count do
    reply[2 * i + 1], reply[2 * i + 2] = found[i], values[i]
  end
  return reply
end

-- Whether one build has taken in all of the log that another one has.
local function contains(checkpoints, name, own, other, partitions)
  local function position(field)
    local text = read('HGET', checkpoints, field)
    if not text then return nil end
    local number = string.match(text, '^%d+%-(%d+)$') or string.match(text, '^%d+%-(%d+) %x+$')
    if not number or #number > 15 then
      foreign(checkpoints, 'expected a log id under ' .. field .. ', found ' .. text)
    end
    return tonumber(number)
  end
  for partition = 0, partitions - 1 do
    local behind = string.format(':%d', partition)
    local reached = position(name .. ':' .. other.field .. behind)
    if reached and (position(name .. ':' .. own.field .. behind) or -1) < reached then return false end
  end
  return true
end

-- Takes a step with a build, if it can be taken, and answers with the builds that there are then.
-- KEYS builds checkpoints ARGV model step fingerprint partitions
function journal.build(keys, args)
  local key, checkpoints, model, step = keys[1], keys[2], args[1], args[2]
  local name, field = string.match(model, '^(.*):([^:]+)$')
  local builds, serving = builds_at(key)
  local own = builds[field]
  local is_building = own and own.state == 'building'
  local changed, retired = nil, nil
  if step == 'begin' and not own then
    local version, number = age_of(field)
    local build = { field = field, version = version, number = number, fingerprint = args[3] }
    build.state = serving and 'building' or 'serving'
    if not serving or is_newer(build, serving) then changed = build end
  elseif step == 'accept' and own then
    own.fingerprint = args[3]
    changed = own
  elseif step == 'abandon' and is_building then
    retired = own
  elseif step == 'serve' and is_building and (not serving
    or is_newer(own, serving) and contains(checkpoints, name, own, serving, tonumber(args[4]))) then
    own.state = 'serving'
    changed, retired = own, serving
  end
  if changed or retired then
    local revision = retired and revision_of(checkpoints, name .. ':' .. retired.field)
    local refusal = forbidden({ { 'HSET', key, '', '' }, { 'HSET', checkpoints, '', '' } })
    if refusal then return refusal end
    if retired then
      -- A commit that is under way finds another revision, also where a build of the same number is begun later.
      redis.call('HSET', checkpoints, name .. ':' .. retired.field, string.format('%d', revision + 1))
      redis.call('HSET', key, retired.field, 'retired ' .. retired.fingerprint)
    end
    if changed then redis.call('HSET', key, changed.field, changed.state .. ' ' .. changed.fingerprint) end
  end
  local reply = read('HGETALL', key)
  table.insert(reply, 1, 'builds')
  return reply
end

-- Deletes some rows of a retired build, then entries, and at last all else and the build itself; answers whether there is
-- more to delete.
-- KEYS rows keys checkpoints builds leases parked counts indexes ARGV model limit field...
function journal.sweep(keys, args)
  local rows, row_keys, builds, model, left = keys[1], keys[2], keys[4], args[1], tonumber(args[2])
  local build = builds_at(builds)[last_part(model)]
  if not build or build.state ~= 'retired' then return { 'swept', 0 } end
  read('HLEN', rows)
  local sets = indexes_of(keys[8])
  table.insert(sets, 1, row_keys)
  local some, more = {}, false
  local commands = { { 'HDEL', rows, '' }, { 'HDEL', builds, '' } }
  for i, set in ipairs(sets) do
    some[i] = left > 0 and read('ZRANGEBYLEX', set, '-', '+', 'LIMIT', 0, left) or {}
    left = left - #some[i]
    more = more or read('ZCARD', set) > #some[i]
    commands[#commands + 1] = { 'ZREM', set, '' }
  end
  read('HLEN', keys[5])
  local refusal = forbidden(commands)
  if not refusal and not more then
    -- What is left goes whole, however much it is by now.
    refusal = delete_all(keys, keys[6], keys[7], keys[8], model, args, 3, { keys[5] })
    if not refusal then redis.call('HDEL', builds, build.field) end
  elseif not refusal then
    in_chunks('HDEL', rows, some[1], 1, #some[1])
    for i, set in ipairs(sets) do in_chunks('ZREM', set, some[i], 1, #some[i]) end
  end
  return refusal or { 'swept', more and 1 or 0 }
end

-- Gives a holder its share of the partitions.
-- KEYS leases ARGV partitions holder milliseconds
function journal.lease(keys, args)
  local key, count, asker, now = keys[1], tonumber(args[1]), args[2], clock()
  local till = now + tonumber(args[3])
  local shares, holders = leases_at(key)
  local live, gone = 1, {}
  for _, holder in ipairs(holders) do
    if holder.till <= now and holder.name ~= asker then gone[#gone + 1] = 'holder:' .. holder.name end
    if holder.till > now and holder.name ~= asker then live = live + 1 end
  end
  local share = math.ceil(count / live)
  local reply, texts, held = { 'leases', live }, {}, 0
  local function give_up(partition, one)
    texts[#texts + 1] = string.format('%d', partition)
    texts[#texts + 1] = string.format('%d', one.number)
  end
  local function hold(partition, number)
    texts[#texts + 1] = string.format('%d', partition)
    texts[#texts + 1] = string.format('%d %d %s', number, till, asker)
    held = held + 1
    reply[#reply + 1] = partition
    reply[#reply + 1] = number
  end
  -- What it has beyond its share are the highest ones.
  for partition = 0, count - 1 do
    local one = shares[partition]
    if is_held(one, now) and one.holder == asker then
      if held < share then hold(partition, one.number) else give_up(partition, one) end
    end
  end
  for partition = 0, count - 1 do
    if held >= share then break end
    local one = shares[partition]
    if not is_held(one, now) then hold(partition, (one and one.number or 0) + 1) end
  end
  local refusal = forbidden({ { 'HSET', key, '', '' }, { 'HDEL', key, '' } })
  if refusal then return refusal end
  redis.call('HSET', key, 'holder:' .. asker, string.format('%d', till))
  in_chunks('HSET', key, texts, 1, #texts)
  in_chunks('HDEL', key, gone, 1, #gone)
  return reply
end

-- Gives back what a holder has. The numbers stay, so that they always grow.
-- KEYS leases ARGV holder
function journal.release(keys, args)
  local key, holder, texts = keys[1], args[1], {}
  local _, _, all = leases_at(key)
  for _, share in ipairs(all) do
    if share.holder == holder then
      texts[#texts + 1] = share.partition
      texts[#texts + 1] = string.format('%d', share.number)
    end
  end
  local refusal = forbidden({ { 'HSET', key, '', '' }, { 'HDEL', key, '' } })
  if refusal then return refusal end
  redis.call('HDEL', key, 'holder:' .. holder)
  in_chunks('HSET', key, texts, 1, #texts)
  return { 'done' }
end

-- Runs one of the above, and answers what it stopped with.
local function answer(run, keys, args)
  return verdict_of(pcall(run, keys, args))
end
