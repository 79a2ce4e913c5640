-- KEYS[1] lock, ARGV[1] value, ARGV[2] ttl in ms. Compare-and-extend; a value of another type is not ours.
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
