// Ids are types, so that a worker's id cannot be handed where an execution's is meant.

/// A UUID with a meaning. Text and JSON form: the 36-character UUID.
public protocol TypedID: Hashable, Sendable, Comparable, Codable, LosslessStringConvertible {
    var raw: UniqueID { get }
    init(raw: UniqueID)
}

extension TypedID {
    public init?(_ description: String) {
        guard let raw = UniqueID(description) else { return nil }
        self.init(raw: raw)
    }

    public init(from decoder: any Decoder) throws {
        self.init(raw: try UniqueID(from: decoder))
    }

    public func encode(to encoder: any Encoder) throws {
        try raw.encode(to: encoder)
    }

    public var description: String { raw.description }

    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.raw < rhs.raw }
}

/// Identifies an execution. Version 7: ids sort by creation time.
public struct ExecutionID: TypedID {
    public let raw: UniqueID
    public init(raw: UniqueID) { self.raw = raw }
}

/// Identifies one life of one instance: a restarted process is another worker.
public struct WorkerID: TypedID {
    public let raw: UniqueID
    public init(raw: UniqueID) { self.raw = raw }
}

/// Identifies one claim call. Random; it says whose turn an execution is, and never permits a write.
public struct ClaimID: TypedID {
    public let raw: UniqueID
    public init(raw: UniqueID) { self.raw = raw }
}

/// Names a resume token for lists and revocation. Not secret: the token itself is.
public struct TokenID: TypedID {
    public let raw: UniqueID
    public init(raw: UniqueID) { self.raw = raw }
}

/// Identifies one write, chosen before the first attempt: answers "was that mine?" after an unknown commit.
public struct OperationID: TypedID {
    public let raw: UniqueID
    public init(raw: UniqueID) { self.raw = raw }
}

/// Identifies a schedule.
public struct ScheduleID: TypedID {
    public let raw: UniqueID
    public init(raw: UniqueID) { self.raw = raw }
}
