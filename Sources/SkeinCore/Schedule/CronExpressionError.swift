/// Everything that is wrong with a cron expression.
public struct CronExpressionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One mistake.
    public struct Mistake: Sendable, Hashable {
        /// The field it is in; nil: the whole expression.
        public var field: CronField?
        /// Where in the text, in characters from 0.
        public var offset: Int
        /// One sentence.
        public var message: String
    }

    /// In the order of the text; never empty.
    public var mistakes: [Mistake]

    /// All mistakes in one line, with their places.
    public var description: String {
        mistakes.map { mistake in
            let place = mistake.field.map { "\($0.rawValue), at character \(mistake.offset + 1)" }
            return place.map { "\($0): \(mistake.message)" } ?? mistake.message
        }.joined(separator: "; ")
    }

    /// The mistakes as problems of the document that holds the expression.
    public func problems(at pointer: JSONPointer) -> [Problem] {
        mistakes.map { mistake in
            let place = mistake.field.map { "\($0.rawValue), character \(mistake.offset + 1): " } ?? ""
            return Problem(code: "BAD_CRON", pointer: pointer, message: place + mistake.message)
        }
    }
}
