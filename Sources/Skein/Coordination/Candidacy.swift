public import SkeinCore

/// A candidate for a duty as other instances see it: a worker, and the term it leads under. Written `<worker id>:<term>`,
/// without a term where none could be had.
public struct Candidacy: Sendable, Hashable, LosslessStringConvertible {
    public var worker: WorkerID
    /// Greater than that of whoever led before.
    public var term: Int64?

    public init(_ worker: WorkerID, term: Int64? = nil) {
        self.worker = worker
        self.term = term
    }

    public init?(_ description: String) {
        let parts = description.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let worker = WorkerID(String(parts[0])) else { return nil }
        self.worker = worker
        guard parts.count > 1 else { return }
        guard let term = Int64(parts[1]) else { return nil }
        self.term = term
    }

    public var description: String { term.map { "\(worker):\($0)" } ?? "\(worker)" }
}
