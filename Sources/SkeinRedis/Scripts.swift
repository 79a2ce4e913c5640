import RedisClient

/// The Lua scripts, each in a file of its own below `Scripts/`.
enum Scripts {
    static let acquire = RedisScript(String(decoding: PackageResources.acquire_lua, as: UTF8.self))
    static let extend = RedisScript(String(decoding: PackageResources.extend_lua, as: UTF8.self))
    static let release = RedisScript(String(decoding: PackageResources.release_lua, as: UTF8.self))
    static let campaign = RedisScript(String(decoding: PackageResources.campaign_lua, as: UTF8.self))
    static let takeDue = RedisScript(String(decoding: PackageResources.take_due_lua, as: UTF8.self))
}
