// A TCP proxy that does to a link what networks do: delay, silence in one direction or both, cuts, and for PostgreSQL the
// loss of a commit or of its answer. Needs no rights and no kernel support.

import NIOCore
import NIOPosix
import SkeinCore
import SkeinSimulation
import Synchronization

/// A listener on the loopback interface in front of one server.
package final class FaultProxy: Sendable {
    /// How often something was done.
    package struct Tally: Sendable {
        package var swallowed = 0
        package var dropped = 0
        package var cut = 0
    }

    private struct State {
        var faults = LinkFaults()
        var tally = Tally()
        var dice: Dice
        var links: [ObjectIdentifier: ProxyLink] = [:]
        var listener: (any Channel)?
    }

    private let state: Mutex<State>
    private let target: SocketAddress
    private let isPostgres: Bool

    private init(_ target: SocketAddress, isPostgres: Bool, seed: UInt64) {
        self.target = target
        self.isPostgres = isPostgres
        state = Mutex(State(dice: Dice(seed)))
    }

    /// Begins to listen on a free port.
    ///
    /// - Parameter isPostgres: read the protocol, so that commits are seen. TLS must be off then.
    package static func start(to port: Int, isPostgres: Bool, seed: UInt64) async throws -> FaultProxy {
        let proxy = FaultProxy(
            try SocketAddress(ipAddress: "127.0.0.1", port: port), isPostgres: isPostgres, seed: seed)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try proxy.accept(channel) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        proxy.state.withLock { $0.listener = listener }
        return proxy
    }

    /// Where it listens.
    package var port: Int { state.withLock { $0.listener?.localAddress?.port ?? 0 } }

    /// What was done so far.
    package var tally: Tally { state.withLock(\.tally) }

    /// Changes what is wrong with the link, for connections that exist too.
    package func set(_ change: (inout LinkFaults) -> Void) {
        state.withLock { change(&$0.faults) }
    }

    /// Nothing is wrong any more. Connections that swallowed bytes are closed: what they lost cannot come.
    package func heal() {
        let torn = state.withLock { state in
            let hadSilence = state.faults.silence != nil
            state.faults = LinkFaults()
            return hadSilence ? Array(state.links.values) : []
        }
        for link in torn { link.close() }
    }

    /// Closes every connection.
    @discardableResult
    package func cut() -> Int {
        let links = state.withLock { state in
            state.tally.cut += state.links.count
            return Array(state.links.values)
        }
        for link in links { link.close() }
        return links.count
    }

    package func stop() async {
        cut()
        try? await state.withLock { $0.listener }?.close()
    }

    // MARK: - For links

    private func accept(_ channel: any Channel) throws {
        if state.withLock(\.faults.refuses) { return channel.close(promise: nil) }
        let link = ProxyLink(self, client: channel, isPostgres: isPostgres)
        state.withLock { $0.links[ObjectIdentifier(link)] = link }
        try channel.pipeline.syncOperations.addHandler(EndHandler(link, isServer: false, target: target))
    }

    func forget(_ link: ProxyLink) {
        state.withLock { _ = $0.links.removeValue(forKey: ObjectIdentifier(link)) }
    }

    func note(_ ambush: CommitWatch.Ambush) {
        state.withLock { state in
            switch ambush {
            case .swallowReply: state.tally.swallowed += 1
            case .dropCommit: state.tally.dropped += 1
            }
        }
    }

    /// How far apart the pieces of a stalled claim come.
    var stall: Duration { state.withLock(\.faults.stall) }

    func stalls() -> Bool {
        state.withLock { state in
            guard state.faults.stallClaims > 0 else { return false }
            state.faults.stallClaims -= 1
            return true
        }
    }

    func ambush(_ occasion: CommitWatch.Occasion) -> CommitWatch.Ambush? {
        state.withLock { state in
            if occasion == .claim {
                guard state.faults.swallowClaims > 0 else { return nil }
                state.faults.swallowClaims -= 1
                return .swallowReply
            }
            if state.faults.swallowNext > 0 {
                state.faults.swallowNext -= 1
                return .swallowReply
            }
            if state.faults.dropNext > 0 {
                state.faults.dropNext -= 1
                return .dropCommit
            }
            if state.faults.swallowPercent > 0, state.dice.percent(state.faults.swallowPercent) { return .swallowReply }
            if state.faults.dropPercent > 0, state.dice.percent(state.faults.dropPercent) { return .dropCommit }
            return nil
        }
    }

    /// How long the next bytes take; nil: they never arrive.
    func latency(toServer: Bool) -> Duration? {
        state.withLock { state in
            switch state.faults.silence {
            case .both?: return nil
            case .toServer? where toServer: return nil
            case .toClient? where !toServer: return nil
            case .toServer?, .toClient?, nil: break
            }
            let jitter = state.faults.jitter
            guard jitter > .zero else { return state.faults.delay }
            return state.faults.delay + jitter * Double(state.dice.below(1_000)) / 1_000
        }
    }
}
