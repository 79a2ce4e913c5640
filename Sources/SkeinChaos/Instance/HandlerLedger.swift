import Foundation
import Skein
import SkeinCore

/// What handlers write down themselves: every start and every end, with the tokens they were given.
final class HandlerLedger: Sendable {
    private let file: LineFile
    private let label: String

    init(_ path: String, label: String) throws {
        file = try LineFile(path)
        self.label = label
    }

    func start(_ step: StepContext) { write("start", step, nil) }

    func end(_ step: StepContext, _ outcome: String) { write("end", step, outcome) }

    private func write(_ event: String, _ step: StepContext, _ outcome: String?) {
        var line: JSONObject = [
            "event": .string(event), "execution": .string(step.executionID.description),
            "flow": .string(step.flowID), "step": .string(step.stepID.rawValue), "attempt": .int(Int64(step.attempt)),
            "fence": .int(step.fencingToken), "token": .string(step.idempotencyToken),
            "undo": .bool(step.isCompensation), "instance": .string(label), "pid": .int(Int64(getpid())),
            "at": .int(presentTime()),
        ]
        line["outcome"] = outcome.map { .string($0) }
        file.append(.object(line))
    }
}
