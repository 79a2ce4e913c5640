import SkeinCore

extension StepContext {
    /// Leaves the handler until the signal comes, and returns what it carries. Nil: nothing came within the timeout.
    ///
    /// - Throws: `StepFailure` with INPUT_ERROR, without a retry, when what came does not fit.
    public func waitForSignal<Payload>(_ signal: Signal<Payload>, timeout: Duration? = nil) async throws -> Payload? {
        guard let value = try await waitForSignal(named: signal.name, timeout: timeout) else { return nil }
        do {
            return try JSONValueDecoder().decode(Payload.self, from: value)
        } catch {
            throw StepFailure(
                "INPUT_ERROR", "what the signal '\(signal.name)' carries does not fit: \(error)", isRetryable: false)
        }
    }
}
