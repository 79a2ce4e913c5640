// Members that requests of workers have in common.

import Skein
import SkeinCore

extension BodyReader {
    /// The id that a worker goes by.
    mutating func workerID() -> WorkerID? {
        guard let text = text("workerId") else { return nil }
        guard let id = WorkerID(text) else {
            add(.badValue, place("workerId"), #""workerId" must be the id that a claim was answered with, a UUID."#)
            return nil
        }
        return id
    }

    /// Which attempt is meant.
    mutating func handle() -> WorkHandle {
        let step = requiredText("stepId") ?? ""
        if value("executionId") == nil { _ = requiredText("executionId") }
        let execution = id("executionId")
        if value("fencingToken") == nil {
            add(.requiredMissing, place("fencingToken"), #"The request needs "fencingToken"."#)
        }
        let token = integer("fencingToken") ?? 0
        // What is wrong stops the request: the placeholder is never looked up.
        let nobody = ExecutionID(raw: UniqueID(high: 0, low: 0))
        return WorkHandle(
            execution ?? nobody, StepID(step), fencingToken: Int64(token), workerID: workerID())
    }

    /// A sign of life; `shared`: who gives it, unless it says so itself.
    mutating func beat(_ shared: WorkerID?) -> WorkBeat {
        var beat = WorkBeat(handle())
        if beat.handle.workerID == nil { beat.handle.workerID = shared }
        nested("progress", known: ["stageName", "text", "percent"]) { progress in
            beat.progress = Progress(
                stageName: progress.text("stageName"), text: progress.text("text"), percent: progress.number("percent"))
        }
        nested("checkpoint", known: ["name", "value"]) { checkpoint in
            beat.checkpoint = (checkpoint.requiredText("name") ?? "", checkpoint.value("value") ?? .null)
        }
        if problems.isEmpty { problems += beat.problems(at: root) }
        return beat
    }

    /// A list of texts that has to be there.
    mutating func requiredTexts(_ key: String) -> [String] {
        guard let value = value(key) else {
            _ = requiredText(key)
            return []
        }
        guard let list = value.array else {
            add(.wrongType, place(key), "\(key.quoted) must be a list of texts, not \(value.kind.withArticle).")
            return []
        }
        return list.enumerated().map { index, item in
            if item.string == nil {
                add(
                    .wrongType, place(key).appending(index: index),
                    "An element of \(key.quoted) must be a text, not \(item.kind.withArticle).")
            }
            return item.string ?? ""
        }
    }

    mutating func number(_ key: String) -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value.double else {
            add(.wrongType, place(key), "\(key.quoted) must be a number, not \(value.kind.withArticle).")
            return nil
        }
        return number
    }

    /// A span that is not negative and at most ten years.
    mutating func positiveSpan(_ key: String) -> Duration? {
        guard let span = span(key) else { return nil }
        guard span >= .zero, span <= .seconds(3_650 * 86_400) else {
            add(.outOfRange, place(key), "\(key.quoted) must be between 0 and 10 years.")
            return nil
        }
        return span
    }

    /// When a timer ends: a time or a span.
    mutating func timer() -> WorkWait.Until {
        let (time, delay) = (time("wakeAt"), positiveSpan("delayMs"))
        switch (value("wakeAt") != nil, value("delayMs") != nil) {
        case (true, false): return .time(time ?? Timestamp(microseconds: 0))
        case (false, true): return .delay(delay ?? .zero)
        case (false, false):
            add(.requiredMissing, place("wakeAt"), #"A timer needs "wakeAt" or "delayMs"."#)
        case (true, true):
            add(.badValue, place("delayMs"), #"Either "wakeAt" or "delayMs" may be given, not both."#)
        }
        return .delay(.zero)
    }
}
