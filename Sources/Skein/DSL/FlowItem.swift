import SkeinCore

/// An element without its state's type: what ``FlowPlan`` makes a step map of.
indirect enum FlowItem: Sendable {
    case step(StepPlan)
    /// Each item is a branch.
    case parallel(String, [FlowItem])
    case choice(StepPlan, then: [FlowItem], else: [FlowItem])
    case loop(StepPlan, [FlowItem])
}

/// One step of the step map and the closures behind it.
struct StepPlan: Sendable {
    /// Who runs it.
    enum Runner: Sendable {
        /// A closure of the flow, registered as `flow/step`.
        case closure(Closure)
        /// A handler by its type.
        case handler(String)
    }

    /// A handler's body, once it is known where handlers by type are found.
    typealias Closure = @Sendable (HandlerRegistry) -> AnyHandler.Body

    var name: String
    var runner: Runner
    /// The type of the handler that the closure calls; its check the config must pass.
    var calledType: String?
    var config: JSONObject = [:]
    var outputKey: String?
    var retries: Retries?
    var timeout: Duration?
    var isCommit = false
    var condition: AnyHandler.Body?
    var compensation: AnyHandler.Body?
    /// Further closures, registered as `flow/step.suffix`; the config names them.
    var parts: [Part] = []
    /// A wait whose end by time is no failure.
    var goesOnAfterTimeout = false
    /// For people only: of a wait, whose attempt itself takes no time.
    var waitTimeout: Duration?
    /// Made by the compiler to hold branches together.
    var isSynthetic = false
    var problems: [String] = []

    struct Part: Sendable {
        var suffix: String
        /// Where the config says the registered type: under this member, as a text or as `{handler: type}`.
        var member: String
        var isNested: Bool
        var body: AnyHandler.Body
    }

    init(_ name: String, _ runner: Runner) {
        self.name = name
        self.runner = runner
    }

    init(_ name: String, body: @escaping AnyHandler.Body) {
        self.init(name, .closure({ _ in body }))
    }

    /// A step that does nothing but end.
    static func end(of name: String) -> StepPlan {
        var plan = StepPlan("\(name).end") { _, _ in .success(.null) }
        plan.isSynthetic = true
        return plan
    }
}
