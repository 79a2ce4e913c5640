/// Why a command could not do what it was asked: one line what, one line what to do, and details between them.
struct CommandFailure: Error, Sendable, Hashable {
    var status: ExitStatus
    var what: String
    /// Everything else there is to say, a line each.
    var details: [String]
    /// What the reader can do about it.
    var fix: String?

    init(_ status: ExitStatus, _ what: String, details: [String] = [], fix: String? = nil) {
        self.status = status
        self.what = what
        self.details = details
        self.fix = fix
    }

    /// The lines for stderr.
    var lines: [String] {
        ["error: \(what)"] + details.map { "  \($0)" } + (fix.map { ["  → \($0)"] } ?? [])
    }
}
