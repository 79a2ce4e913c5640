// The ways into the parser.

extension JSONValue {
    /// Parses one document from bytes, strictly as RFC 8259 says.
    ///
    /// Refused are: numbers such as `01` or `+1`, trailing commas, comments, a byte order mark, invalid UTF-8, lone
    /// surrogates, raw control characters, the same key twice, content after the document, and what exceeds the limits.
    /// Bytes in contiguous memory are read in place, others are copied first.
    ///
    /// - Parameters:
    ///   - bytes: the document in UTF-8.
    ///   - limits: the bounds to enforce, ``JSONLimits/default`` when left out.
    /// - Throws: ``JSONParseError`` with reason, position and the place in the document.
    public init(parsing bytes: some Collection<UInt8>, limits: JSONLimits = .default) throws(JSONParseError) {
        let inPlace = bytes.withContiguousStorageIfAvailable { buffer in
            Result<JSONValue, JSONParseError> { () throws(JSONParseError) in
                try JSONParser.parse(buffer, limits: limits)
            }
        }
        let result =
            inPlace
            ?? Array(bytes).withUnsafeBufferPointer { buffer in
                Result { () throws(JSONParseError) in try JSONParser.parse(buffer, limits: limits) }
            }
        self = try result.get()
    }

    /// Parses one document from a string; with the same rules as for bytes.
    public init(parsing text: String, limits: JSONLimits = .default) throws(JSONParseError) {
        self = try JSONValue(parsing: text.utf8, limits: limits)
    }
}
