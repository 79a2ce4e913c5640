-- KEYS sorted sets of ids by due ms, one for each lane, ARGV[1] now in ms, ARGV[2] at most so many (<= 1000).
-- Removes and answers due ids, from each lane as many as from the others, and the score of the next one or false.
local due, left, open = {}, tonumber(ARGV[2]), 0
for i, key in ipairs(KEYS) do
    due[i] = redis.call('ZCOUNT', key, '-inf', ARGV[1])
    if due[i] > 0 then open = open + 1 end
end
local taken = {}
while left > 0 and open > 0 do
    local share = math.max(1, math.floor(left / open))
    open = 0
    for i in ipairs(KEYS) do
        local n = math.min(due[i], share, left)
        if n > 0 then
            taken[i] = (taken[i] or 0) + n
            due[i] = due[i] - n
            left = left - n
            if due[i] > 0 then open = open + 1 end
        end
    end
end
local ids, following = {}, false
for i, key in ipairs(KEYS) do
    if taken[i] then
        local part = redis.call('ZRANGE', key, 0, taken[i] - 1)
        redis.call('ZREM', key, unpack(part))
        for _, id in ipairs(part) do ids[#ids + 1] = id end
    end
    local score = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
    if score and (not following or tonumber(score) < tonumber(following)) then following = score end
end
return {ids, following}
