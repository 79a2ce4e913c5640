/// One unit of work of a connection, with the task that waits for it.
struct PostgresCommand: Sendable {
    enum Work: Sendable {
        /// Statements and one Sync: one implicit transaction.
        case pipeline([PostgresQuery])
        /// Text for the simple protocol, several statements allowed.
        case script(String)
    }

    let work: Work
    let deadline: ContinuousClock.Instant
    let reply: OneShot<[PostgresResult]>
    /// True when it has been repeated after a prepared statement turned out to be missing or stale.
    var isRepeated = false

    /// The name used in errors that concern the command as a whole.
    var name: String? {
        switch work {
        case .pipeline(let queries): queries.first?.statement.name
        case .script: nil
        }
    }

    func fail(_ error: PostgresError) {
        reply.settle(.failure(error))
    }
}
