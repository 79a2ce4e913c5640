-- KEYS[1] lock, ARGV[1] value, ARGV[2] ttl in ms. Answers 1 when the lock is now the caller's.
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
    return 1
end
-- Every lock of ours expires. What never would is somebody's mistake and must not stand in the way for ever.
if redis.call('PTTL', KEYS[1]) == -1 then
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 1
end
return 0
