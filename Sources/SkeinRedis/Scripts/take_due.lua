-- KEYS[1] sorted set of ids by due ms, ARGV[1] now in ms, ARGV[2] at most so many (<= 1000).
-- Removes and answers the due ids, and the score of the next one or false.
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
if #ids > 0 then
    redis.call('ZREM', KEYS[1], unpack(ids))
end
return {ids, redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or false}
