// The service that the flows under test call. It writes down every request, and can keep answers back behind a gate, so
// that a test knows what runs at the moment at which it breaks something.

import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// `/work/<number>/<step>` over HTTP, with a memory.
final class Ledger: Sendable {
    struct Entry: Sendable, Hashable {
        /// `Idempotency-Key`: the same for all attempts of a step.
        var key: String
        var execution: String
        var number: Int
        var step: String
        /// Whether nobody has asked with this key before.
        var isFirst = true
    }

    private struct State {
        var entries: [Entry] = []
        var gate: (@Sendable (Entry) -> Bool)?
        var held: [(entry: Entry, answer: @Sendable () -> Void)] = []
        var keys: Set<String> = []
    }

    private let state = Mutex(State())
    private let channel = Mutex<(any Channel)?>(nil)

    static func run(_ body: (Ledger) async throws -> Void) async throws {
        let ledger = Ledger()
        try await ledger.listen()
        do {
            try await body(ledger)
        } catch {
            await ledger.close()
            throw error
        }
        await ledger.close()
    }

    private func listen() async throws {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024).serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
                    try channel.pipeline.syncOperations.addHandler(LedgerHandler(ledger: self))
                }
            }
        let bound = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        channel.withLock { $0 = bound }
    }

    private func close() async {
        open()
        try? await channel.withLock { $0 }?.close()
    }

    var url: String { "http://127.0.0.1:\(channel.withLock { $0?.localAddress?.port } ?? 0)" }

    /// Everything that was asked so far.
    var entries: [Entry] { state.withLock { $0.entries } }

    /// What waits behind the gate.
    var held: [Entry] { state.withLock { $0.held.map(\.entry) } }

    /// Keeps answers back from now on.
    func close(for isHeld: @escaping @Sendable (Entry) -> Bool) {
        state.withLock { $0.gate = isHeld }
    }

    /// Answers everything, now and from now on.
    func open() {
        let held = state.withLock { state in
            state.gate = nil
            defer { state.held = [] }
            return state.held
        }
        for request in held { request.answer() }
    }

    /// Answers some of what waits behind the gate, which stays closed.
    func open(where isAnswered: (Entry) -> Bool) {
        let answered = state.withLock { state in
            let answered = state.held.filter { isAnswered($0.entry) }
            state.held.removeAll { isAnswered($0.entry) }
            return answered
        }
        for request in answered { request.answer() }
    }

    /// Writes a request down, and answers it at once or when the gate opens.
    func take(_ entry: Entry, answer: @escaping @Sendable () -> Void) {
        let isHeld = state.withLock { state in
            var entry = entry
            entry.isFirst = state.keys.insert(entry.key).inserted
            state.entries.append(entry)
            guard state.gate?(entry) ?? false else { return false }
            state.held.append((entry, answer))
            return true
        }
        if !isHeld { answer() }
    }
}

/// One connection to the ledger.
private final class LedgerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let ledger: Ledger
    private var head: HTTPRequestHead?

    init(ledger: Ledger) { self.ledger = ledger }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            let entry = Self.entry(head)
            let channel = context.channel
            ledger.take(entry) { Self.answer(entry, on: channel) }
        }
    }

    private static func entry(_ head: HTTPRequestHead) -> Ledger.Entry {
        let parts = head.uri.split(separator: "/")
        // W3C Trace Context: the trace is the execution's id without its dashes.
        let trace = Array(head.headers.first(name: "traceparent")?.split(separator: "-").dropFirst().first ?? "")
        var execution = ""
        for (index, digit) in trace.enumerated() {
            if [8, 12, 16, 20].contains(index) { execution.append("-") }
            execution.append(digit)
        }
        return Ledger.Entry(
            key: head.headers.first(name: "idempotency-key") ?? "", execution: execution,
            number: parts.count > 1 ? Int(parts[1]) ?? -1 : -1,
            step: parts.count > 2 ? String(parts[2]) : "")
    }

    private static func answer(_ entry: Ledger.Entry, on channel: any Channel) {
        let body = ByteBuffer(string: #"{"receipt":"\#(entry.key)","number":\#(entry.number)}"#)
        let headers: HTTPHeaders = ["content-type": "application/json", "content-length": "\(body.readableBytes)"]
        channel.eventLoop.execute {
            channel.write(
                HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)),
                promise: nil)
            channel.write(HTTPServerResponsePart.body(.byteBuffer(body)), promise: nil)
            channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
