import ArgumentParser
import SkeinCore

/// One request from the arguments, or many from stdin.
struct BatchOptions: ParsableArguments {
    @Flag(help: "Read requests from stdin, one JSON object per line; print an answer per line.")
    var batch = false

    @OptionGroup var output: OutputOptions

    func json(_ argument: String?, _ name: String) throws(CommandFailure) -> JSONValue? {
        guard let argument else { return nil }
        return try JSONArgument.read(argument, option: name)
    }

    /// Answers all requests. Returns the value of the one that the arguments made.
    @discardableResult
    func run(
        _ evaluation: Evaluation, _ arguments: [(name: String, value: JSONValue?)],
        _ options: (inout JSONObject) -> Void = { _ in }
    ) throws -> JSONValue? {
        guard !batch else {
            guard arguments.allSatisfy({ $0.value == nil }) else {
                throw CommandFailure(.usage, "with --batch everything comes from stdin", fix: "leave the arguments out")
            }
            try answer(evaluation)
            return nil
        }
        var request: JSONObject = [:]
        for (member, argument) in zip(evaluation.members, arguments) {
            guard let value = argument.value else {
                throw CommandFailure(
                    .usage, "\(argument.name) is missing", fix: "see skein eval \(evaluation.rawValue) --help")
            }
            request[member] = value
        }
        options(&request)
        let value: JSONValue
        do {
            value = try evaluation.value(of: .object(request))
        } catch {
            throw CommandFailure(.failure, "\(error)")
        }
        try output.printer.document(value)
        return value
    }

    private func answer(_ evaluation: Evaluation) throws {
        while let line = readLine() {
            if line.allSatisfy(\.isWhitespace) { continue }
            var answer: JSONObject = [:]
            do {
                answer["value"] = try evaluation.value(of: try JSONValue(parsing: line, limits: .documents))
            } catch {
                answer["error"] = .string("\(error)")
            }
            try Console.process.write(String(decoding: JSONValue.object(answer).serialized(), as: UTF8.self) + "\n")
        }
    }
}

extension JSONLimits {
    /// Documents to try things on may be as deep as any the parser takes.
    fileprivate static var documents: JSONLimits {
        var limits = JSONLimits.default
        limits.maxBytes = 64 << 20
        limits.maxDepth = JSONLimits.depthCeiling
        limits.allowsNulCharacter = true
        return limits
    }
}
