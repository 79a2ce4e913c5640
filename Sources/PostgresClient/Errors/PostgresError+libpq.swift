internal import CPostgres

extension PostgresError {
    /// Reads the error fields of a result; the result stays the caller's.
    init(result: OpaquePointer, statement: String?) {
        self.init(code: .server, message: Self.field(result, "M") ?? String(cString: PQresultErrorMessage(result)))
        sqlState = Self.field(result, "C")
        detail = Self.field(result, "D")
        hint = Self.field(result, "H")
        constraint = Self.field(result, "n")
        table = Self.field(result, "t")
        schema = Self.field(result, "s")
        self.statement = statement
        message = message.trimmed
    }

    /// One field of an error or notice, by the letter it has in the protocol.
    static func field(_ result: OpaquePointer, _ letter: Unicode.Scalar) -> String? {
        PQresultErrorField(result, Int32(letter.value)).map { String(cString: $0) }
    }
}

extension String {
    /// Without line ends and spaces at the end, as libpq's messages have them.
    var trimmed: String {
        var text = Substring(self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
