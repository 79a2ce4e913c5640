/// Which commands may go over a connection that all tasks share.
enum CommandRules {
    /// Refuses commands that have no reply, more than one, or change the connection for everybody.
    ///
    /// - Parameters:
    ///   - name: The command's name.
    ///   - second: The first byte of the command's first argument.
    static func checkPipelined(_ name: [UInt8]?, second: UInt8?) throws(RedisError) {
        guard let name else { throw RedisError(.invalidCommand, "a command has a name") }
        try refuse(name, ifIn: connectionState)
        // CLIENT REPLY switches replies off.
        if let second, second | 0x20 == UInt8(ascii: "r"), name.map({ $0 | 0x20 }) == Array("client".utf8) {
            throw RedisError(.invalidCommand, "CLIENT REPLY cannot be used over a shared connection")
        }
    }

    /// The same, and no transactions: between two single commands others come in.
    static func checkSingle(_ name: [UInt8]?, second: UInt8?) throws(RedisError) {
        try checkPipelined(name, second: second)
        if let name {
            try refuse(name, ifIn: transaction)
        }
    }

    private static func refuse(_ name: [UInt8], ifIn list: Set<String>) throws(RedisError) {
        guard lengths.contains(name.count), let first = name.first, initials.contains(first | 0x20) else { return }
        let upper = String(decoding: name, as: UTF8.self).uppercased()
        guard !list.contains(upper) else {
            throw RedisError(.invalidCommand, "\(upper) cannot be used over a shared connection")
        }
    }

    private static let connectionState: Set<String> = [
        "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "MONITOR", "SYNC",
        "PSYNC", "RESET", "HELLO", "SELECT",
    ]
    private static let transaction: Set<String> = ["MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH"]
    private static let initials = Set("spmurhedw".utf8)
    private static let lengths = 4...12
}
