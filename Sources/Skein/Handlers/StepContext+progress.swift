// What a running step tells those who watch it.

public import SkeinCore

extension StepContext {
    /// Says that the attempt lives: a step with `heartbeatMs` is given up when it is silent for longer than that.
    ///
    /// - Throws: `CancellationError` when the attempt is to stop; as ``progress(_:stage:percent:)`` with one.
    public func heartbeat(_ progress: Progress? = nil) async throws {
        try Task.checkCancellation()
        giveSign()
        if let progress { try await report(progress) }
    }

    /// Records how far the step is: an event `progress`, and `progress` of the execution. A sign of life, too.
    ///
    /// - Parameters:
    ///   - text: for people.
    ///   - stage: what is being done.
    ///   - percent: 0 to 100.
    /// - Throws: `StepFailure` with INVALID_PROGRESS when there is nothing to say or the percentage is out of range.
    public func progress(_ text: String? = nil, stage: String? = nil, percent: Double? = nil) async throws {
        giveSign()
        try await report(Progress(stageName: stage, text: text, percent: percent))
    }

    private func report(_ progress: Progress) async throws {
        if undoesCode { return }
        try replay?.checkOutsidePieces("progress", transactions: true)
        try await record(.progressed(stepID, try Self.checked(progress)))
    }

    /// What is recorded of it.
    ///
    /// - Throws: `StepFailure` with INVALID_PROGRESS.
    static func checked(_ progress: Progress) throws -> Progress {
        var told = progress
        told.text = try trimmed(progress.text, "text")
        told.stageName = try trimmed(progress.stageName, "stage")
        guard told.text != nil || told.stageName != nil || told.percent != nil else {
            throw invalid("progress needs a text, a stage or a percentage")
        }
        if let percent = told.percent, !(0...100).contains(percent) {
            throw invalid("the percentage must be 0 to 100, not \(percent)")
        }
        return told
    }

    private static func trimmed(_ text: String?, _ name: String) throws -> String? {
        guard let text else { return nil }
        guard !text.utf8.contains(0) else { throw invalid("the \(name) has a NUL character") }
        let words = text.drop { $0.isWhitespace }
        guard let last = words.lastIndex(where: { !$0.isWhitespace }) else {
            throw invalid("the \(name) must not be empty")
        }
        return String(words[...last].prefix(1_000))
    }

    private static func invalid(_ message: String) -> StepFailure {
        StepFailure("INVALID_PROGRESS", message, isRetryable: false)
    }
}
