-- KEYS[1] leader key, ARGV[1] candidate, ARGV[2] ttl in ms. Answers 1 when the candidate leads for the ttl from now.
-- First for who leads already: that is asked most.
if redis.pcall('GET', KEYS[1]) == ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 1
end
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
    return 1
end
-- A key without an end is not one of ours: no leader reigns for ever.
if redis.call('PTTL', KEYS[1]) == -1 then
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 1
end
return 0
