/// The health of coordination that needs no service.
public struct InProcessHealth: CoordinationHealth {
    public init() {}

    public var isUp: Bool { true }
    public var isShared: Bool { false }

    public func check() async -> (isFine: Bool, message: String) {
        (true, "within this process; no other instance takes part")
    }
}
