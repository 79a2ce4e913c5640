extension CommandFailure {
    /// The same failure, saying which of several items it is about.
    func naming(_ item: String, amongOthers: Bool) -> CommandFailure {
        guard amongOthers, !what.contains(item) else { return self }
        var copy = self
        copy.what = "\(item): \(what)"
        return copy
    }

    /// Throws what the failures of some of `count` items come to; nothing when there are none.
    static func throwAll(_ failures: [CommandFailure], of count: Int, what: String) throws(CommandFailure) {
        guard let first = failures.first else { return }
        guard count > 1 else { throw first }
        let status = ExitStatus(items: failures.map(\.status) + Array(repeating: .ok, count: count - failures.count))
        throw CommandFailure(
            status, "\(failures.count) of \(count) \(what) failed",
            details: failures.flatMap { [$0.what] + $0.details.map { "  \($0)" } },
            fix: first.fix)
    }
}
