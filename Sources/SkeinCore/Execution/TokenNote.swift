// Resume tokens as executions know them: whose wait one ends, and what became of it. The secret never comes here.

/// One thing that happened to a resume token, for the log.
public struct TokenNote: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable { case created, used, revoked }

    public var kind: Kind
    public var id: TokenID
    /// The step whose wait it ends.
    public var stepID: StepID
    /// When it expires, for `created`.
    public var expiresAt: Timestamp?
    public var by = Intervention()

    public init(_ kind: Kind, _ id: TokenID, stepID: StepID, expiresAt: Timestamp? = nil) {
        self.kind = kind
        self.id = id
        self.stepID = stepID
        self.expiresAt = expiresAt
    }
}

extension TokenNote {
    /// What an inbox item of the kind `note` carries.
    public var json: JSONValue {
        var object: JSONObject = [
            "token": .string(kind.rawValue), "id": .string(id.description), "step": .string(stepID.rawValue),
        ]
        object["expires"] = expiresAt.map { .int($0.microseconds) }
        object["actor"] = by.actor.map { .string($0) }
        object["reason"] = by.reason.map { .string($0) }
        return .object(object)
    }

    public init?(_ json: JSONValue?) {
        guard let object = json?.object, let kind = object["token"]?.string.flatMap(Kind.init(rawValue:)),
            let id = object["id"]?.string.flatMap({ TokenID($0) }), let stepID = object["step"]?.string
        else { return nil }
        self.init(kind, id, stepID: StepID(stepID), expiresAt: object.time("expires"))
        by = Intervention(object)
    }
}

/// Which wait of an execution a token ends: that of one visit of a step, whenever it begins.
public struct TokenTarget: Sendable, Hashable {
    public var stepID: StepID
    /// No two visits of an execution have the same number.
    public var visit: Int
    /// Of code that waits several times: which of its waits. Nil: whichever it is at.
    public var key: String?

    public init(_ stepID: StepID, visit: Int, key: String? = nil) {
        self.stepID = stepID
        self.visit = visit
        self.key = key
    }
}

/// A token's use, as the name of an inbox item says it: `<token id> <visit>/<step>[/<key>]`.
public struct TokenUse: Sendable, Hashable {
    public var id: TokenID
    public var visit: Int
    public var key: String?

    /// The name of the inbox item.
    public static func name(_ id: TokenID, _ target: TokenTarget) -> String {
        "\(id) \(target.visit)/\(target.stepID)" + (target.key.map { "/" + $0 } ?? "")
    }

    /// - Parameter stepID: the step that waits. Names that are for another one are nil.
    public init?(_ name: String, at stepID: StepID) {
        let parts = name.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let id = TokenID(String(parts[0])) else { return nil }
        let target = parts[1].split(separator: "/", maxSplits: 1)
        guard target.count == 2, let visit = Int(target[0]), target[1].hasPrefix(stepID.rawValue) else { return nil }
        let rest = target[1].dropFirst(stepID.rawValue.count)
        guard rest.isEmpty || rest.first == "/" else { return nil }
        self.id = id
        self.visit = visit
        key = rest.isEmpty ? nil : String(rest.dropFirst())
    }

    /// Whether it ends the wait that the branch is in.
    func fits(_ branch: Branch, _ wait: Wait) -> Bool {
        wait.kind == .token && visit == branch.visit && (key == nil || key == wait.reentry)
    }
}

/// Tokens that cannot end anything any more.
public enum TokenScope: Sendable, Hashable {
    /// All of an execution.
    case all
    /// Those of one wait.
    case wait(visit: Int, key: String?)
}

extension ExecutionState {
    /// The tokens that a row with these events makes useless: those of waits that it ends, and all of an execution that
    /// is rolled back or begins anew. What ends needs no mention: nobody can resume it.
    public func closedTokens(by events: [ExecutionEvent]) -> [TokenScope] {
        var closed: [TokenScope] = []
        for event in events {
            switch event {
            case .rollbackStarted, .reopened: return [.all]
            case .resumed(let resumption): close(resumption.stepID ?? main?.stepID, &closed)
            case .stepTimedOut(let attempt, _, _), .stepFailed(let attempt, _, _): close(attempt.stepID, &closed)
            case .stepSkipped(let skip): close(skip.stepID, &closed)
            default: break
            }
        }
        return closed
    }

    private func close(_ stepID: StepID?, _ closed: inout [TokenScope]) {
        guard let stepID, let branch = branch(at: stepID), let wait = branch.wait, wait.kind == .token else { return }
        closed.append(.wait(visit: branch.visit, key: wait.reentry))
    }
}
