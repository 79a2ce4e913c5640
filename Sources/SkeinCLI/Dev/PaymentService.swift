// A stand-in for somebody's payment service, so that the sample flows have something to call. Only `skein dev` starts
// it.

import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import SkeinCore
import Synchronization

/// Approves payments on loopback: `POST /demo/payments` → `{"approved": true, "paymentId": "…"}`. The same idempotency
/// key is paid once.
struct PaymentService: Service {
    private final class Ledger: Sendable {
        private let payments = Mutex<[String: String]>([:])

        func pay(_ key: String?) -> String {
            let id = "pay_\(UniqueID.v4(random: .random(in: .min ... .max), .random(in: .min ... .max)))"
            guard let key else { return id }
            return payments.withLock { payments in
                if let known = payments[key] { return known }
                payments[key] = id
                return id
            }
        }
    }

    static let path = "/demo/payments"
    private let application: Application<RouterResponder<BasicRequestContext>>

    /// - Parameter onListening: called with the free port that it took.
    init(logger: Logger, onListening: @escaping @Sendable (Int) async -> Void) {
        let ledger = Ledger()
        let router = Router(context: BasicRequestContext.self)
        router.post(RouterPath(Self.path)) { request, _ in
            let key = request.headers.first { $0.name.canonicalName == "idempotency-key" }?.value
            let id = ledger.pay(key)
            let answer: JSONValue = ["approved": true, "paymentId": .string(id), "reference": .string(id)]
            return Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: answer.serialized())))
        }
        application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0), serverName: nil),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) }, logger: logger)
    }

    func run() async throws {
        try await application.run()
    }
}
