import Skein
import SkeinCore

/// What the tests of flows in Swift share: the order of the documentation.
struct Order: FlowState, Equatable {
    let id: String
    let total: Int
    var reservation: String?
    var payment: Payment?
    var approval: Approval?
    var parcel: String?
    var invoice: String?
    var note: String?

    init(id: String, total: Int, note: String? = nil) {
        self.id = id
        self.total = total
        self.note = note
    }
}

struct Payment: Codable, Sendable, Equatable {
    var amount: Int
}

struct Approval: Codable, Sendable, Equatable {
    var granted: Bool
}

extension Signal where Payload == Approval {
    static var approval: Self { "approval" }
}

/// Adds `by` to a number; a handler that steps take by `using:`.
struct Adder: Handler {
    static let type = "adder"
    let by: Int

    func execute(_ input: Int, _ step: StepContext) async throws -> StepResult<Payment> {
        .success(Payment(amount: input + by))
    }
}

/// A function that returns a step stands in a flow like any element.
func charge(_ name: String) -> Step<Order> {
    Step(name, into: \.payment) { order, _ in Payment(amount: order.total) }
}

enum Orders {
    /// Everything the contract's example has.
    static let full = Flow<Order>("order") {
        Step("reserve", into: \.reservation) { order, _ in
            "r-\(order.id)"
        } compensate: { _, reservation, _ in
            guard reservation == "r-o1" else { throw StepFailure("WRONG_RESERVATION") }
        }
        Step("charge", into: \.payment, retries: 3, timeout: .seconds(30), when: { $0.total > 0 }) { order, _ in
            Payment(amount: order.total)
        } compensate: { _, payment, _ in
            guard payment.amount == 5 else { throw StepFailure("WRONG_PAYMENT") }
        }
        If("needs-approval", when: { $0.total > 1000 }) {
            Wait(for: .approval, into: \.approval, timeout: .hours(24))
            Step("check") { order, _ in
                guard order.approval?.granted == true else { throw StepFailure("REJECTED", isRetryable: false) }
            }
        } else: {
            Step("note") { order, _ in order.note = "small" }
        }
        Parallel("fulfil") {
            Step("pack", into: \.parcel) { order, _ in "p-\(order.id)" }
            Step("invoice", into: \.invoice) { order, _ in "i-\(order.id)" }
        }
        Commit("ship") { order, _ in order.note = "shipped" }
    }
}
