import Foundation
import SkeinCore
import Testing

extension EndToEnd {
    /// One lock over several processes; the resource that it guards is a file that notes who was there.
    @Suite(.serialized, .timeLimit(.minutes(2)))
    struct LockTests {
        /// Notes its token at the beginning and at the end of its turn.
        private static func guarded(_ turns: String) -> [String] {
            [
                "--", "sh", "-c",
                "echo in $SKEIN_LOCK_TOKEN >> \(turns); sleep 0.05; echo out $SKEIN_LOCK_TOKEN >> \(turns)",
            ]
        }

        private func lines(_ cluster: Cluster, _ file: String) -> [String] {
            let text = (try? String(contentsOf: cluster.folder.appending(path: file), encoding: .utf8)) ?? ""
            return text.split(separator: "\n").map(String.init)
        }

        @Test("eight callers in processes of their own hold a lock one at a time, with growing tokens")
        func oneAtATime() async throws {
            try await Cluster.run { cluster in
                _ = try await cluster.command(["migrate"])
                let callers = try (0..<8).map { index in
                    try cluster.start(
                        "caller-\(index)",
                        ["lock", "run", "till", "--ttl-ms", "5000", "--timeout-ms", "60000"] + Self.guarded("turns"))
                }
                for caller in callers { #expect(try await caller.waitForExit(within: .seconds(60)) == .code(0)) }
                let turns = lines(cluster, "turns")
                #expect(turns.count == 16)
                let tokens = stride(from: 0, to: turns.count, by: 2).compactMap { Int(turns[$0].dropFirst(3)) }
                #expect(tokens == tokens.sorted() && Set(tokens).count == 8)
                for index in stride(from: 0, to: turns.count - 1, by: 2) {
                    #expect(turns[index].dropFirst(3) == turns[index + 1].dropFirst(4), "nobody came in between")
                }
            }
        }

        @Test("a holder that is killed is followed when its time is over, by a larger token")
        func killedHolder() async throws {
            try await Cluster.run { cluster in
                _ = try await cluster.command(["migrate"])
                let lock = ["lock", "run", "till", "--ttl-ms", "2000", "--timeout-ms", "60000"]
                let holder = try cluster.start(
                    "holder",
                    lock + ["--", "sh", "-c", "echo $$ > pid; echo $SKEIN_LOCK_TOKEN >> tokens; exec sleep 600"])
                try await until("the lock is held") { lines(cluster, "tokens").count == 1 }
                let others = try ["a", "b"].map {
                    try cluster.start($0, lock + ["--", "sh", "-c", "echo $SKEIN_LOCK_TOKEN >> tokens"])
                }
                let busy = try await cluster.command(["lock", "run", "till", "--", "true"])
                #expect(busy.end == .code(5))
                holder.send(SIGKILL)
                // What it ran goes on until somebody ends it: that is what the token is for.
                if let pid = lines(cluster, "pid").first.flatMap({ Int32($0) }) { kill(pid, SIGKILL) }
                for other in others { #expect(try await other.waitForExit(within: .seconds(30)) == .code(0)) }
                let tokens = lines(cluster, "tokens").compactMap { Int($0) }
                #expect(tokens.count == 3 && tokens == tokens.sorted() && Set(tokens).count == 3)
            }
        }

        @Test("the command's exit code is the caller's, and a stop reaches it")
        func exitCodes() async throws {
            try await Cluster.run { cluster in
                _ = try await cluster.command(["migrate"])
                #expect(try await cluster.command(["lock", "run", "x", "--", "sh", "-c", "exit 42"]).end == .code(42))
                let script =
                    "trap 'echo stopped >> told; exit 3' TERM; echo up >> told; while :; do sleep 0.05; done"
                let held = try cluster.start("held", ["lock", "run", "x", "--", "sh", "-c", script])
                try await until("it runs") { lines(cluster, "told") == ["up"] }
                held.send(SIGTERM)
                #expect(try await held.waitForExit() == .code(3))
                #expect(lines(cluster, "told") == ["up", "stopped"])
                #expect(try await cluster.command(["lock", "run", "x", "--", "true"]).end == .code(0))
            }
        }
    }
}
