/// The commands that make a fresh connection ours, and the judgement of their replies. A pure value.
struct Handshake: Equatable {
    /// What a reply means.
    enum Progress: Equatable {
        case waiting
        case done
        case failed(RedisError)
    }

    private enum Step: Equatable {
        case login
        case select(Int)
        case name
    }

    private var steps: [Step] = []
    /// The commands to send, in order; there may be none.
    let commands: [[String]]

    init(_ configuration: RedisConfiguration) {
        var commands: [[String]] = []
        if let password = configuration.password {
            steps.append(.login)
            commands.append(["AUTH"] + (configuration.username.map { [$0] } ?? []) + [password.value])
        }
        if configuration.database != 0 {
            steps.append(.select(configuration.database))
            commands.append(["SELECT", String(configuration.database)])
        }
        if !configuration.clientName.isEmpty {
            steps.append(.name)
            commands.append(["CLIENT", "SETNAME", configuration.clientName])
        }
        self.commands = commands
    }

    /// Judges the next reply. A refused name is harmless, unless it shows that a login is missing.
    mutating func receive(_ reply: RedisReply) -> Progress {
        guard let step = steps.first else {
            return .failed(RedisError(.protocolViolation, "a reply came that nothing asked for"))
        }
        steps.removeFirst()
        if let error = reply.serverError, let failure = Self.failure(of: step, error) {
            return .failed(failure)
        }
        return steps.isEmpty ? .done : .waiting
    }

    private static func failure(of step: Step, _ error: RedisError) -> RedisError? {
        switch step {
        case .login:
            RedisError(error.code, "login was refused: \(error.message)")
        case .select(let database):
            RedisError(error.code, "database \(database) was refused: \(error.message)")
        case .name:
            error.code == .server("NOAUTH") ? RedisError(error.code, "a login is needed: \(error.message)") : nil
        }
    }
}
