#!lua name=annals_bench

-- The least that appends of one partition in one call can do: no names, no ids, no verdicts.
-- KEYS log stream... ARGV {pointer event}...
redis.register_function('annals_bench_appends', function(keys, args)
  local reply = {}
  for i = 2, #keys do
    local version = redis.call('LLEN', keys[i])
    local log_id = redis.call('XADD', keys[1], '*', 'e', args[2 * i - 3])
    redis.call('RPUSH', keys[i], log_id .. ' ' .. args[2 * i - 2])
    reply[i - 1] = version + 1
  end
  return reply
end)
