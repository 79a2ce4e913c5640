// Stages: a step's code that lets go is entered again for its next stage, with what it left and what came of its wait.

/// What a step's code leaves for its next stage when it lets go.
package struct StageBreak: Sendable, Hashable {
    /// Bytes of its own, as base64. Nil: what an earlier stage left stays.
    package var context: String?

    package init(context: String? = nil) {
        self.context = context
    }

    var json: JSONValue {
        var object = JSONObject()
        if let context { object["context"] = .string(context) }
        return .object(object)
    }

    init?(_ json: JSONValue?) {
        guard let object = json?.object else { return nil }
        context = object["context"]?.string
    }
}

/// The stage that a step's code is in. Kept as the first checkpoint: what the code of earlier stages recorded is
/// theirs.
package struct Stage: Sendable, Hashable {
    private static let mark = "$stage"

    /// 1 for the second entry of the code; a step without one is in stage 0.
    package var number: Int
    /// What the code left, as base64.
    package var context: String?
    /// What ended the wait before it: what became of children, or what a resume brought.
    package var data: JSONValue?

    package init?(_ checkpoint: Checkpoint) {
        guard checkpoint.name == Self.mark, let number = checkpoint.value["n"]?.int else { return nil }
        self.number = number
        context = checkpoint.value["context"]?.string
        data = checkpoint.value["data"]
    }

    init(number: Int, context: String?, data: JSONValue?) {
        self.number = number
        self.context = context
        self.data = data
    }

    func checkpoint(at time: Timestamp) -> Checkpoint {
        var value: JSONObject = ["n": .int(Int64(number))]
        if let context { value["context"] = .string(context) }
        value["data"] = data
        return Checkpoint(Self.mark, .object(value), at: time)
    }
}

extension Branch {
    /// The stage that its step's code is in; nil: its first.
    package var stage: Stage? { checkpoints.first.flatMap { Stage($0) } }

    /// The wait between two stages is over: the next entry of the code is another attempt.
    mutating func enterStage(_ left: StageBreak, _ data: JSONValue?, at time: Timestamp) {
        let before = stage
        let next = Stage(number: (before?.number ?? 0) + 1, context: left.context ?? before?.context, data: data)
        checkpoints = [next.checkpoint(at: time)]
        attempt += 1
        spawn = nil
        stopWaiting()
    }

    /// A retry begins with the first stage, and with nothing that later ones left.
    mutating func forgetStages() {
        if stage != nil { checkpoints = [] }
    }
}
