import CHiredis

/// Turns arguments into a RESP request. Every argument goes length-prefixed, so no content of it can matter.
enum RedisCommandEncoder {
    /// Bytes of one command's arguments at most; Redis itself takes no argument over 512 MiB.
    static let maximumBytes = 512 << 20

    /// Appends one command to a request.
    ///
    /// - Parameters:
    ///   - parts: The command's name and its arguments; at least the name.
    ///   - request: The bytes to append to.
    /// - Throws: `RedisError` with code `invalidCommand` for an empty or oversized command.
    static func append<Part: Collection<UInt8>>(_ parts: [Part], to request: inout [UInt8]) throws(RedisError) {
        guard !parts.isEmpty, parts.count <= 1 << 20 else {
            throw RedisError(.invalidCommand, "a command has between 1 and 1048576 parts, not \(parts.count)")
        }
        var packed: [UInt8] = []
        var size = parts.count
        for part in parts {
            size += part.count
        }
        guard size <= maximumBytes else {
            throw RedisError(.invalidCommand, "the command's \(size) bytes are more than \(maximumBytes)")
        }
        packed.reserveCapacity(size)
        var lengths: [Int] = []
        lengths.reserveCapacity(parts.count)
        for part in parts {
            packed.append(contentsOf: part)
            lengths.append(part.count)
        }
        // One byte more, so that the address of a last, empty argument is inside the allocation too.
        packed.append(0)
        guard format(packed, lengths, into: &request) else {
            throw RedisError(.invalidCommand, "the command could not be formatted")
        }
    }

    private static func format(_ packed: [UInt8], _ lengths: [Int], into request: inout [UInt8]) -> Bool {
        packed.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: lengths.count) { pointers in
                var offset = 0
                for (index, length) in lengths.enumerated() {
                    let start = bytes.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self)
                    pointers.initializeElement(at: index, to: start)
                    offset += length
                }
                var target: UnsafeMutablePointer<CChar>?
                let count = redisFormatCommandArgv(&target, Int32(lengths.count), pointers.baseAddress, lengths)
                guard count > 0, let target else { return false }
                request.append(contentsOf: UnsafeRawBufferPointer(start: target, count: Int(count)))
                redisFreeCommand(target)
                return true
            }
        }
    }
}
