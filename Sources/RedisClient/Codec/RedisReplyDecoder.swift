import CHiredis

/// Owns one hiredis reader and turns bytes into replies.
///
/// Each reply is copied into Swift values and freed before the next is read. After a thrown error the decoder must not
/// be used again: where the next reply would begin is unknown.
struct RedisReplyDecoder: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>
    private var scanner: RedisReplyScanner
    private var violation: RedisError?

    /// Makes a decoder that refuses replies beyond the limits.
    ///
    /// - Throws: `RedisError` with code `protocolViolation` when there is no memory for a reader.
    init(limits: RedisReplyLimits) throws(RedisError) {
        guard let reader = redisReaderCreate() else {
            throw RedisError(.protocolViolation, "no memory for a reply reader")
        }
        // Keeps the buffer between reads, but gives back what a single huge reply made of it.
        reader.pointee.maxbuf = 256 << 10
        self.reader = reader
        self.scanner = RedisReplyScanner(limits: limits)
    }

    deinit {
        redisReaderFree(reader)
    }

    /// Takes bytes in, up to the first that breaks the protocol or a limit; `next` reports that one in its turn.
    mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        guard violation == nil else { return }
        let outcome = scanner.scan(bytes)
        if let reason = outcome.violation {
            violation = RedisError(.protocolViolation, reason)
        }
        guard outcome.accepted > 0, let start = bytes.baseAddress else { return }
        let text = start.assumingMemoryBound(to: CChar.self)
        if redisReaderFeed(reader, text, outcome.accepted) != REDIS_OK {
            violation = readerError()
        }
    }

    /// The next complete reply, or nil until more bytes come.
    ///
    /// - Throws: `RedisError` with code `protocolViolation`, after all the replies before the violation.
    mutating func next() throws(RedisError) -> RedisReply? {
        var object: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &object) == REDIS_OK else { throw readerError() }
        guard let object else {
            if let violation { throw violation }
            return nil
        }
        defer { freeReplyObject(object) }
        return try Self.copy(object.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private func readerError() -> RedisError {
        let text = withUnsafeBytes(of: reader.pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return RedisError(.protocolViolation, text.isEmpty ? "the reply could not be read" : text)
    }

    private static func copy(_ reply: redisReply) throws(RedisError) -> RedisReply {
        switch reply.type {
        case REDIS_REPLY_STATUS: return .simple(text(of: reply))
        case REDIS_REPLY_ERROR: return .error(text(of: reply))
        case REDIS_REPLY_STRING: return .bulk(Array(UnsafeRawBufferPointer(start: reply.str, count: reply.len)))
        case REDIS_REPLY_INTEGER: return .integer(reply.integer)
        case REDIS_REPLY_NIL: return .null
        case REDIS_REPLY_ARRAY:
            var elements: [RedisReply] = []
            elements.reserveCapacity(reply.elements)
            for index in 0..<reply.elements {
                guard let element = reply.element[index] else {
                    throw RedisError(.protocolViolation, "an array lacks an element")
                }
                elements.append(try copy(element.pointee))
            }
            return .array(elements)
        default:
            throw RedisError(.protocolViolation, "type \(reply.type) is no type of reply")
        }
    }

    private static func text(of reply: redisReply) -> String {
        String(decoding: UnsafeRawBufferPointer(start: reply.str, count: reply.len), as: UTF8.self)
    }
}
