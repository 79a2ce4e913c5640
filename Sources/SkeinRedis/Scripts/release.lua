-- KEYS[1] lock or leader key, ARGV[1] value. Compare-and-delete.
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
return redis.call('DEL', KEYS[1])
