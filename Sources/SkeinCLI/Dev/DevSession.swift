// One process with everything in it: engine, embedded store, HTTP, sample flows and what they call.

import Logging
import ServiceLifecycle
import Skein
import SkeinCore

/// An engine for trying things out.
struct DevSession: Sendable {
    private let composition: Composition
    private let console: Console
    private let signals: StopSignals
    private let engine: Engine

    init(composition: Composition, console: Console, signals: StopSignals) throws {
        self.composition = composition
        self.console = console
        self.signals = signals
        engine = try composition.engine(
            InMemoryExecutionStore(clock: composition.clock), .inProcess(clock: composition.clock), claims: true,
            isClustered: false)
    }

    /// Serves until a signal comes.
    func runUntilStopped() async throws {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let server = composition.server(engine) { found.yield($0) }
        do {
            try await run([server]) { paymentURL in
                var listening = ports.makeAsyncIterator()
                guard let port = await listening.next() else { return }
                try await introduce(ListenFailure.url(composition.settings.host, port), paymentURL)
                try await gracefulShutdown()
            }
        } catch {
            throw ListenFailure.explain(error, host: composition.settings.host, port: composition.settings.port)
        }
    }

    /// Runs the sample flow `order` to its end and prints every event.
    ///
    /// - Throws: a failure unless it completed.
    func runOrder() async throws {
        try await run([]) { paymentURL in
            let flows = try await registerSamples()
            guard let order = flows.first(where: { $0.flow.id == SampleOrder.flowID }) else {
                throw CommandFailure(
                    .failure, "there is no sample flow '\(SampleOrder.flowID)' to run",
                    fix: "run `skein dev --once` in a checkout of Skein")
            }
            let context = SampleOrder.context(for: order.flow.json, paymentURL: paymentURL)
            let execution = try await engine.create(order.flow.id, context: context).execution
            console.note("\(order.flow.id) \(order.flow.version) runs as \(execution.id)")
            for try await event in try await engine.follow(execution.id) {
                try console.write(EventLines.line(event.json).withoutControls + "\n")
            }
            try Task.checkCancellation()
            try await conclude(execution.id)
        }
    }

    private func conclude(_ id: ExecutionID) async throws {
        let end = try await engine.execution(id)
        // The last step of the sample only logs: what the flow came to is under `outcome`.
        let result =
            end.result.flatMap { $0.object?.isEmpty == true ? JSONValue?.none : $0 } ?? end.context["outcome"]
            ?? .object(end.context)
        try console.write("result  \(result.text(.pretty))\n")
        if let endedAt = end.endedAt {
            let span = RelativeTime.span(milliseconds: (endedAt - end.creation.createdAt).wholeMilliseconds)
            console.note(
                "\(end.status.rawValue) after \(span); nothing is kept: the embedded store ends with this process")
        }
        try ExecutionWaiter.check(end.json)
    }

    // MARK: - Parts

    /// Runs the engine, the payment service and `others` around a body, and stops them when it ends or a signal comes.
    private func run(_ others: [any Service], _ body: @escaping @Sendable (_ paymentURL: String) async throws -> Void)
        async throws
    {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        // Whatever goes wrong is told as this command's own failure.
        var quiet = composition.logger
        quiet.logLevel = .critical
        let payments = PaymentService(logger: quiet) { found.yield($0) }
        let main = MainService {
            var listening = ports.makeAsyncIterator()
            guard let port = await listening.next() else { return }
            while !engine.isRunning { try await composition.clock.sleep(for: .milliseconds(2)) }
            try await body("http://127.0.0.1:\(port)\(PaymentService.path)")
        }
        let group = ServiceGroup(
            configuration: .instance(
                [engine] + others + [payments], main: main, signals, grace: composition.settings.grace, logger: quiet))
        try await group.run()
    }

    @discardableResult
    private func registerSamples() async throws -> [RegisteredFlow] {
        guard let samples = try SampleFlows.find() else {
            console.note(
                "no sample flows here: they are in ops/examples of a checkout; register your own with `skein flow register FILE`"
            )
            return []
        }
        var flows: [RegisteredFlow] = []
        for document in samples.documents {
            do {
                flows.append(try await engine.register(document.value))
            } catch let error as EngineError {
                console.note("warning: \(document.path) is not registered: \(error.message)")
                for problem in error.problems { console.note("  \(problem)") }
            }
        }
        console.note(
            "registered \(flows.map { "\($0.flow.id) \($0.flow.version)" }.joined(separator: ", ")) from \(samples.folder)"
        )
        return flows
    }

    private func introduce(_ url: String, _ paymentURL: String) async throws {
        let flows = try await registerSamples()
        console.note("API        \(url)/v1/flows")
        console.note("health     \(url)/readyz")
        console.note("metrics    \(url)/metrics")
        console.note("payments   \(paymentURL) (a stand-in for the sample flows)")
        guard let flow = flows.first(where: { $0.flow.id == SampleOrder.flowID }) ?? flows.first else { return }
        let context = SampleOrder.context(for: flow.flow.json, paymentURL: paymentURL)
        let body = JSONValue.object(["flowId": .string(flow.flow.id), "context": .object(context)])
        console.note("try it:")
        console.note(
            "  curl -s \(url)/v1/executions -H 'Content-Type: application/json' -d '\(body.text().shellQuoted)'")
        console.note("  SKEIN_URL=\(url) skein exec list")
    }
}

extension String {
    /// For between single quotes of a shell.
    fileprivate var shellQuoted: String {
        split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
    }
}
