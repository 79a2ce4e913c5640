/// What a store could not do. A store never reports failure while the outcome is unknown: it goes on asking.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// No connection, no room, shutting down: the same call may succeed later.
        case unavailable
        /// The store's schema is missing, too old or too new.
        case schema
        /// The value cannot be stored.
        case invalid
        /// A row that this version cannot read.
        case corrupt
        /// The flow has other versions than the creator knew, or the parent of a child has ended.
        case stale
        /// The server's settings would lose acknowledged work.
        case unsafe
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
