import ArgumentParser

/// `skein token …`
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Keys that each end one wait once: list, revoke, use.",
        subcommands: [TokenListCommand.self, TokenCreateCommand.self, TokenRevokeCommand.self, TokenResumeCommand.self])

    static let columns = [
        Column("id"), Column("stepId", "STEP"), Column("status", "STATUS", .status),
        Column("createdAt", "CREATED", .time), Column("expiresAt", "EXPIRES", .time), Column("usedAt", "USED", .time),
        Column("revokedAt", "REVOKED", .time), Column("metadata"),
    ]
}
