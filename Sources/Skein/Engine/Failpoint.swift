// Named points at which a debug build can be made to crash, hang, wait or lose an answer. Compiled only under
// SKEIN_FAILPOINTS, which Package.swift defines for debug builds: a release has neither the names nor the calls.

#if SKEIN_FAILPOINTS
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Synchronization

/// Reads `SKEIN_FAILPOINTS="commit.afterSend=crash@3;claim.afterCommit=delay(200)%10"` once: at the third time, or at ten
/// in a hundred. `SKEIN_FAILPOINTS_SEED` makes chance repeatable; `SKEIN_FAILPOINTS_LOG` names a file that gets a line
/// for each time an action is taken and for each note.
package enum Failpoint {
    /// What happens at a point.
    private enum Action {
        case crash, hang, lose
        case delay(Duration)
    }

    private struct Rule {
        var action: Action
        /// At this time only; nil: by chance.
        var time: Int?
        var percent = 100
        var count = 0
    }

    private struct State {
        var rules: [String: Rule] = [:]
        var word: UInt64
        let log: Int32
    }

    private static let state: Mutex<State> = {
        let path = variable("SKEIN_FAILPOINTS_LOG")
        var state = State(
            word: UInt64(variable("SKEIN_FAILPOINTS_SEED")) ?? 1,
            log: path.isEmpty ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644))
        for part in variable("SKEIN_FAILPOINTS").split(separator: ";") {
            let sides = part.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, let rule = rule(sides[1]) else {
                preconditionFailure("SKEIN_FAILPOINTS has no meaning at '\(part)'")
            }
            state.rules[String(sides[0])] = rule
        }
        return Mutex(state)
    }()

    private static func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }

    private static func rule(_ text: Substring) -> Rule? {
        var name = text
        var rule = Rule(action: .hang)
        if let mark = text.firstIndex(where: { $0 == "@" || $0 == "%" }) {
            guard let number = Int(text[text.index(after: mark)...]) else { return nil }
            if text[mark] == "@" { rule.time = number } else { rule.percent = number }
            name = text[..<mark]
        }
        switch name {
        case "crash": rule.action = .crash
        case "hang": rule.action = .hang
        case "lose": rule.action = .lose
        default:
            guard name.hasPrefix("delay("), name.hasSuffix(")"), let span = Int(name.dropFirst(6).dropLast()) else {
                return nil
            }
            rule.action = .delay(.milliseconds(span))
        }
        return rule
    }

    /// Passes a point. True: what was answered there is to be taken for lost.
    @discardableResult
    package static func reach(_ name: String) async -> Bool {
        let action: Action? = state.withLock { state in
            guard var rule = state.rules[name] else { return nil }
            rule.count += 1
            state.rules[name] = rule
            state.word = state.word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            guard rule.time.map({ $0 == rule.count }) ?? (Int(state.word >> 33) % 100 < rule.percent) else {
                return nil
            }
            write(name, to: state.log)
            return rule.action
        }
        switch action {
        case nil: return false
        case .lose?: return true
        case .crash?: kill(getpid(), SIGKILL)
        case .hang?: await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        case .delay(let span)?: try? await Task.sleep(for: span, clock: .continuous)
        }
        return false
    }

    /// Writes down that something rare took place.
    package static func note(_ name: String) {
        state.withLock { write(name, to: $0.log) }
    }

    private static func write(_ name: String, to log: Int32) {
        guard log >= 0 else { return }
        let line = Array("\(name)\n".utf8)
        _ = line.withUnsafeBytes { systemWrite(log, $0.baseAddress, $0.count) }
    }
}

#if canImport(Glibc)
private let systemWrite = Glibc.write
#else
private let systemWrite = Darwin.write
#endif
#endif
