// How long retries wait, and which failures are retried.

import SkeinCore
import Testing

@Suite("Retry policies", .timeLimit(.minutes(1)))
struct RetryPolicyTests {
    @Test func `the defaults are those of the contract`() {
        let policy = RetryPolicy()
        #expect(policy.maxAttempts == 0)
        #expect(policy.backoff == .zero)
        #expect(policy.multiplier == 2)
        #expect(policy.maxBackoff == .seconds(60))
        #expect(policy.jitter == 0)
        #expect(policy.delay(retry: 5, random: 0.5) == .zero)
    }

    @Test(arguments: [
        (0, 100), (1, 200), (2, 400), (3, 800), (4, 1000), (5, 1000), (1000, 1000), (Int.max, 1000), (-1, 100),
        (Int.min, 100),
    ])
    func `waits double up to the longest`(retry: Int, milliseconds: Int) {
        let policy = RetryPolicy(maxAttempts: 9, backoff: .milliseconds(100), maxBackoff: .seconds(1))
        #expect(policy.delay(retry: retry, random: 0.9) == .milliseconds(milliseconds))
    }

    @Test func `a multiplier of one keeps the wait, a fractional one is exact to the nanosecond`() {
        let steady = RetryPolicy(backoff: .milliseconds(250), multiplier: 1)
        #expect(steady.delay(retry: Int.max, random: 0) == .milliseconds(250))
        let slow = RetryPolicy(backoff: .milliseconds(100), multiplier: 1.5)
        #expect(slow.delay(retry: 2, random: 0) == .milliseconds(225))
    }

    @Test func `a wait above the longest is cut at once`() {
        let policy = RetryPolicy(backoff: .seconds(100), maxBackoff: .seconds(60))
        #expect(policy.delay(retry: 0, random: 0) == .seconds(60))
    }

    @Test(arguments: [
        Duration.seconds(Int64.max), .seconds(1_000_000_000_000), .milliseconds(1), .zero, .seconds(-5),
    ])
    func `no numbers are too large or odd`(_ duration: Duration) {
        for multiplier in [0, 1, 2, 1e300, .infinity, -.infinity, .nan, -1] {
            for jitter in [0, 0.5, 1, 7, -1, .nan] {
                for random in [0, 0.5, 1, 2, -1, .nan] {
                    let policy = RetryPolicy(
                        backoff: duration, multiplier: multiplier, maxBackoff: .seconds(Int64.max), jitter: jitter)
                    let delay = policy.delay(retry: 99, random: random)
                    #expect(delay >= .zero)
                    #expect(delay <= .nanoseconds(Int64.max))
                }
            }
        }
    }

    @Test(arguments: [(0.0, 80), (0.25, 90), (0.5, 100), (0.75, 110), (1.0, 120)])
    func `jitter spreads evenly around the wait`(random: Double, milliseconds: Int) {
        let policy = RetryPolicy(backoff: .milliseconds(100), jitter: 0.2)
        #expect(policy.delay(retry: 0, random: random) == .milliseconds(milliseconds))
    }

    @Test(arguments: [(0.0, 500), (0.5, 750), (1.0, 1000)])
    func `jitter stays below the longest wait`(random: Double, milliseconds: Int) {
        let policy = RetryPolicy(backoff: .milliseconds(100), maxBackoff: .seconds(1), jitter: 0.5)
        #expect(policy.delay(retry: 20, random: random) == .milliseconds(milliseconds))
    }

    @Test func `full jitter can be no wait at all`() {
        let policy = RetryPolicy(backoff: .milliseconds(100), jitter: 1)
        #expect(policy.delay(retry: 0, random: 0) == .zero)
        #expect(policy.delay(retry: 0, random: 1) == .milliseconds(200))
    }

    @Test(
        arguments: [
            ([], [], "A", true, true), ([], [], "A", false, false),
            (["A"], [], "A", true, true), (["A"], [], "B", true, false), (["A"], [], "A", false, false),
            ([], ["A"], "A", true, false), ([], ["A"], "B", true, true), (["A"], ["A"], "A", true, false),
        ] as [([String], [String], String, Bool, Bool)])
    func `which failures are retried`(_ on: [String], _ notOn: [String], _ code: String, _ retryable: Bool, _ is: Bool)
    {
        let policy = RetryPolicy(maxAttempts: 1, retryOn: on, doNotRetryOn: notOn)
        #expect(policy.retries(code: code, isRetryable: retryable) == `is`)
    }
}
