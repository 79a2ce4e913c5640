// A Redis that is slow, gone, flushed, or lies.

import Foundation
import RedisClient
import SkeinCore
import SkeinSimulation

/// R1-R11.
enum RedisScenarios {
    static let all: [Scenario] = [
        Scenario("R1", "FLUSHALL again and again", [.a, .b]) { stage in
            try await stage.storm {
                for _ in 0..<10 {
                    await stage.lab.redis.command(["FLUSHALL"])
                    try await stage.progress(2)
                }
                try await until("a sweep has found something") {
                    await stage.readCounters()
                    return stage.counter("wakes.sweep") > 0
                }
            }
            stage.sometimes("R1 wakes found by a sweep", stage.counter("wakes.sweep"))
        },
        Scenario("R2", "Redis dies and comes back empty") { stage in
            try await stage.storm {
                for _ in 0..<3 {
                    try await stage.progress(5)
                    try await stage.lab.redis.crash()
                    try await stage.progress(10)
                    try await stage.lab.redis.start()
                }
            }
        },
        Scenario(
            "R3", "no Redis from the beginning to the end", [.a, .b], world: { $0.redisURL = "redis://127.0.0.1:1/0" }
        ) {
            stage in
            try await stage.storm {
                try await stage.progress(30)
                try await until("a sweep has found something") {
                    await stage.readCounters()
                    return stage.counter("wakes.sweep") > 0
                }
            }
            stage.sometimes("R3 wakes found by a sweep", stage.counter("wakes.sweep"))
        },
        Scenario("R4", "Redis pauses all clients, then writes only") { stage in
            try await stage.storm {
                for kind in ["ALL", "WRITE"] {
                    await stage.lab.redis.command(["CLIENT", "PAUSE", "3000", kind])
                    try await stage.progress(15)
                }
            }
        },
        Scenario("R5", "Redis cuts its clients again and again") { stage in
            try await stage.storm {
                for _ in 0..<15 {
                    await stage.lab.redis.command(["CLIENT", "KILL", "TYPE", "normal"])
                    await stage.lab.redis.command(["CLIENT", "KILL", "TYPE", "pubsub"])
                    try await stage.progress(2)
                }
            }
        },
        Scenario(
            "R6", "a fail-over of Redis that loses writes",
            skipped: "R2 and R11 show the same to the engine: keys gone or foreign; no replica is set up"),
        Scenario("R7", "Redis is full, then evicts what it likes") { stage in
            try await stage.storm {
                await stage.lab.redis.command(["CONFIG", "SET", "maxmemory", "1mb"])
                try await stage.progress(10)
                await stage.lab.redis.command(["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"])
                try await stage.progress(15)
                await stage.lab.redis.command(["CONFIG", "SET", "maxmemory", "0"])
            }
        },
        Scenario("R8", "Redis lies", [.a, .b], world: { $0.redisURL = "" }) { stage in
            try await stage.storm { try await stage.progress(30, within: .seconds(60)) }
        },
        Scenario("R9", "Redis' clock is an hour off", skipped: "libfaketime does not go together with jemalloc"),
        Scenario("R10", "links to Redis with 30-500 ms of latency, and deaf in one direction") { stage in
            try await stage.storm {
                for instance in stage.lab.instances {
                    instance.redis?.set { faults in
                        faults.delay = .milliseconds(30)
                        faults.jitter = .milliseconds(470)
                    }
                }
                try await stage.progress(20)
                stage.lab.instances.first?.redis?.set { $0.silence = .toClient }
                try await stage.progress(10)
            }
        },
        Scenario("R11", "a foreign hand writes our keys") { stage in
            try await stage.storm {
                for _ in 0..<10 {
                    for key in await stage.lab.redis.command(["KEYS", "\(stage.lab.name)*"])?.strings ?? [] {
                        guard let key else { continue }
                        await stage.lab.redis.command(["DEL", key])
                        if key.utf8.count % 2 == 0 {
                            await stage.lab.redis.command(["SET", key, "nonsense", "EX", "60"])
                        }
                    }
                    try await stage.progress(3)
                }
            }
        },
    ]
}
