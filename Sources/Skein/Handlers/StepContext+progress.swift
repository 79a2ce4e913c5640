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
    ///   - metadata: whatever else there is to say.
    /// - Throws: `StepFailure` with INVALID_PROGRESS when there is nothing to say or the percentage is out of range.
    public func progress(
        _ text: String? = nil, stage: String? = nil, percent: Double? = nil, metadata: JSONObject = [:]
    ) async throws {
        giveSign()
        try await report(Progress(stageName: stage, text: text, percent: percent, metadata: metadata))
    }

    /// Records something for those who read the log: an event `checkpoint`. A sign of life, too. Code that is entered
    /// again says it again.
    ///
    /// - Parameters:
    ///   - code: what programs search for.
    ///   - message: for people. Default: the code.
    ///   - metadata: at most 64 KiB as JSON.
    /// - Throws: `StepFailure` with INVALID_AUDIT when a text is empty or something cannot be stored.
    public func audit(_ code: String, _ message: String? = nil, metadata: JSONObject = [:]) async throws {
        giveSign()
        if undoesCode { return }
        try replay?.checkOutsidePieces("audit", transactions: true)
        let note = AuditNote(
            try Self.trimmed(code, "code", invalid: Self.invalidAudit) ?? code,
            message: try Self.trimmed(message, "message", invalid: Self.invalidAudit),
            metadata: try Self.checked(metadata, invalid: Self.invalidAudit))
        try await record(.noted(stepID, attempt: attempt, note))
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
        told.text = try trimmed(progress.text, "text", invalid: invalid)
        told.stageName = try trimmed(progress.stageName, "stage", invalid: invalid)
        told.metadata = try checked(progress.metadata, invalid: invalid)
        guard told.text != nil || told.stageName != nil || told.percent != nil else {
            throw invalid("progress needs a text, a stage or a percentage")
        }
        if let percent = told.percent, !(0...100).contains(percent) {
            throw invalid("the percentage must be 0 to 100, not \(percent)")
        }
        return told
    }

    private static func checked(_ metadata: JSONObject, invalid: (String) -> StepFailure) throws -> JSONObject {
        let value = JSONValue.object(metadata)
        guard value.isStorable else { throw invalid("the metadata has a NUL character") }
        guard value.byteCount <= 65_536 else { throw invalid("the metadata has more than 64 KiB") }
        return metadata
    }

    private static func trimmed(_ text: String?, _ name: String, invalid: (String) -> StepFailure) throws -> String? {
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

    private static func invalidAudit(_ message: String) -> StepFailure {
        StepFailure("INVALID_AUDIT", message, isRetryable: false)
    }
}
