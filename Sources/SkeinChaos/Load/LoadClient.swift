import AsyncHTTPClient
package import SkeinCore
import Synchronization

/// A client that writes down what it asks and what it is answered: `ok`, `fail` for a refusal that is certain, `info` for
/// whatever may or may not have happened.
package final class LoadClient: Sendable {
    private let lab: Lab
    private let file: LineFile
    private let turn = Mutex(0)
    private let known = Mutex<[String]>([])
    private let payload = Mutex<Int64>(0)
    private let readers = Mutex(0)
    private let behind = Mutex(false)

    package init(_ lab: Lab) throws {
        self.lab = lab
        file = try LineFile(lab.folder.client)
    }

    /// Whether more is due than the instances come round to: those who load them then hold back.
    package var isBehind: Bool {
        get { behind.withLock { $0 } }
        set { behind.withLock { $0 = newValue } }
    }

    /// Executions that were acknowledged so far.
    package var executions: [String] { known.withLock { $0 } }

    /// A payload that nobody else sends.
    package func newPayload() -> Int64 {
        payload.withLock { number in
            number += 1
            return number
        }
    }

    /// A number for whoever follows one execution from its beginning.
    func newReader() -> Int {
        readers.withLock { number in
            number += 1
            return number
        }
    }

    private func web() -> LabWeb? {
        let instances = lab.instances
        guard !instances.isEmpty else { return nil }
        let index = turn.withLock { turn in
            turn += 1
            return turn
        }
        return instances[index % instances.count].web
    }

    /// One request to one of the instances, written down.
    @discardableResult
    package func ask(
        _ process: Int, _ operation: String, _ path: String, _ body: JSONValue?, key: String? = nil,
        more: JSONObject = [:], at instance: LabInstance? = nil
    ) async -> (result: String, reply: JSONValue) {
        let invoke = presentTime()
        var result = "info"
        var status = 0
        var reply = JSONValue.null
        if let web = instance?.web ?? web() {
            do {
                let answer = try await web.post(path, body, key: key, within: .seconds(8))
                status = answer.status
                reply = answer.json
                result = (200..<300).contains(status) ? "ok" : (400..<500).contains(status) ? "fail" : "info"
                // Somebody else has it at the moment: neither done nor refused for good.
                if status == 409 || status == 408 || status == 429 { result = "info" }
            } catch {
                reply = .string("\(error)")
            }
        }
        var line: JSONObject = [
            "proc": .int(Int64(process)), "op": .string(operation), "path": .string(path), "invoke": .int(invoke),
            "end": .int(presentTime()), "result": .string(result), "status": .int(Int64(status)),
        ]
        line["key"] = key.map { .string($0) }
        if let id = reply.execution.id.string { line["id"] = .string(id) }
        if result != "ok" { line["reply"] = reply }
        for (name, value) in more { line[name] = value }
        file.append(.object(line))
        return (result, reply)
    }

    /// Starts an execution, and asks again with the same key while the outcome is not known.
    @discardableResult
    package func create(
        _ process: Int, _ flow: String, _ context: JSONObject = [:], key: String? = nil, marker: Int64? = nil,
        patience: Int = 40, at instance: LabInstance? = nil
    ) async -> String? {
        let marker = marker ?? newPayload()
        var context = context
        context["marker"] = .int(marker)
        let body: JSONValue = ["flowId": .string(flow), "context": .object(context)]
        for _ in 0..<patience {
            let (result, reply) = await ask(
                process, "create", "/v1/executions", body, key: key,
                more: ["flow": .string(flow), "marker": .int(marker)], at: instance)
            if result == "ok", let id = reply.execution.id.string {
                known.withLock { $0.append(id) }
                return id
            }
            guard result == "info", key != nil else { return nil }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return nil
    }

    /// Sends a signal with a payload that nobody else sends.
    package func signal(_ process: Int, _ id: String, _ name: String) async {
        let payload = newPayload()
        await ask(
            process, "signal", "/v1/executions/\(id)/signals/\(name)", ["payload": .int(payload)],
            more: ["execution": .string(id), "name": .string(name), "payload": .int(payload)])
    }

    package func cancel(_ process: Int, _ id: String) async {
        await ask(
            process, "cancel", "/v1/executions/\(id)/cancel", ["reason": "enough"], more: ["execution": .string(id)])
    }

    package func resume(_ process: Int, _ id: String) async {
        await ask(
            process, "resume", "/v1/executions/\(id)/resume", ["data": .int(newPayload())],
            more: ["execution": .string(id)])
    }

    package func pause(_ process: Int, _ id: String) async {
        await ask(process, "pause", "/v1/executions/\(id)/pause", nil, more: ["execution": .string(id)])
    }
}
