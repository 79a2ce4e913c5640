/// Reads server-sent events from chunks of bytes that end anywhere.
struct EventStreamParser {
    struct Event: Sendable, Hashable {
        var id: String?
        var name: String?
        var data: String
    }

    private var line: [UInt8] = []
    private var skipsNewline = false
    private var id: String?
    private var name: String?
    private var data: [String] = []

    /// Returns the events that are complete now.
    mutating func feed(_ bytes: some Sequence<UInt8>) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            if skipsNewline {
                skipsNewline = false
                if byte == UInt8(ascii: "\n") { continue }
            }
            guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else {
                line.append(byte)
                continue
            }
            skipsNewline = byte == UInt8(ascii: "\r")
            if let event = endLine() { events.append(event) }
        }
        return events
    }

    private mutating func endLine() -> Event? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else { return dispatch() }
        let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        let field = String(decoding: parts[0], as: UTF8.self)
        var value = parts.count > 1 ? parts[1] : []
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        let text = String(decoding: value, as: UTF8.self)
        switch field {
        case "id": id = text
        case "event": name = text
        case "data": data.append(text)
        case _: break
        }
        return nil
    }

    private mutating func dispatch() -> Event? {
        defer {
            name = nil
            data = []
        }
        guard !data.isEmpty else { return nil }
        return Event(id: id, name: name, data: data.joined(separator: "\n"))
    }
}
