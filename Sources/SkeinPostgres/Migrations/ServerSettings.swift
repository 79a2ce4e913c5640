// Whether a server can be trusted with work, as a judgement over what it says of itself.

import Skein

/// What a server says about itself.
struct ServerSettings: Hashable {
    /// As in `server_version_num`.
    var version: Int
    var fsync: String
    var fullPageWrites: String
    /// As the writers' connections have it.
    var synchronousCommit: String
    var isInRecovery: Bool
    var encoding: String
    var isSuperuser: Bool

    var findings: [StoreHealth.Finding] {
        [
            .init(
                "version", isFine: version >= 140_000,
                "PostgreSQL \(version / 10_000)" + (version >= 140_000 ? "" : ": 14 is the oldest that works")),
            .init(
                "fsync", isFine: fsync == "on",
                fsync == "on"
                    ? "on" : "fsync is \(fsync): a power loss would lose acknowledged work or the whole database"),
            .init(
                "full_page_writes", isFine: fullPageWrites == "on",
                fullPageWrites == "on"
                    ? "on" : "full_page_writes is \(fullPageWrites): a power loss could leave torn pages"),
            .init(
                "synchronous_commit", isFine: synchronousCommit != "off",
                synchronousCommit == "off"
                    ? "synchronous_commit is off: a crash would lose acknowledged work" : synchronousCommit),
            .init(
                "recovery", isFine: !isInRecovery,
                isInRecovery ? "the server is a standby: nothing can be written" : "the server is a primary"),
            .init(
                "encoding", isFine: encoding == "UTF8",
                encoding == "UTF8" ? "UTF8" : "the database's encoding is \(encoding): UTF8 is needed"),
            .init(
                "role", isFine: true,
                isSuperuser
                    ? "warning: connected as a superuser; a role that owns only the schema is enough"
                    : "not a superuser"),
        ]
    }
}

extension MigrationPlan {
    var finding: StoreHealth.Finding {
        if let objection = objections.first { return .init("schema", isFine: false, objection) }
        guard let first = pending.first else { return .init("schema", isFine: true, "all migrations are applied") }
        return .init(
            "schema", isFine: false,
            "\(pending.count) migrations are missing, the first is '\(first.name)': run migrate")
    }
}
