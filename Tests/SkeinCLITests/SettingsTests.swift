import Logging
import SkeinCore
import Testing

@testable import SkeinCLI

/// Flags, environment and file become settings, or a list of everything that is wrong.
@Suite struct SettingsTests {
    private func read(
        _ purpose: SettingsReader.Purpose = .serve, flags: [Setting: String] = [:],
        _ environment: [String: String] = ["DATABASE_URL": "postgres://db/skein"], file: String? = nil
    ) throws -> SettingsReader.Result {
        let file = try file.map { SettingsFile(try DocumentFile(text: $0, path: "skein.yaml")) }
        var reader = SettingsReader(purpose: purpose, flags: flags, environment: environment, file: file)
        return reader.read()
    }

    @Test func `without anything but a database the defaults of the contract hold`() throws {
        let result = try read()
        var expected = ServeSettings()
        expected.databaseURL = "postgres://db/skein"
        #expect(result.settings == expected)
        #expect(result.problems.isEmpty && result.warnings.isEmpty)
        #expect(expected.port == 7_580 && expected.host == "127.0.0.1" && expected.concurrency == 256)
        #expect(expected.lease == .seconds(10) && expected.sweep == .seconds(5) && expected.grace == .seconds(30))
    }

    @Test func `flags win over the environment and the environment over the file`() throws {
        let environment = ["DATABASE_URL": "postgres://db/skein", "SKEIN_HTTP_PORT": "2", "SKEIN_LEASE_MS": "2000"]
        let file = "SKEIN_HTTP_PORT: 3\nleaseMs: 3000\nsweepMs: 4000\n"
        let settings = try read(flags: [.port: "1"], environment, file: file).settings
        #expect(settings.port == 1)
        #expect(settings.lease == .seconds(2))
        #expect(settings.sweep == .seconds(4))
    }

    @Test func `an empty variable counts as unset`() throws {
        let settings = try read(["DATABASE_URL": "postgres://db/skein", "SKEIN_HTTP_PORT": ""], file: "httpPort: 99")
            .settings
        #expect(settings.port == 99)
    }

    private func read(_ environment: [String: String], file: String? = nil) throws -> SettingsReader.Result {
        try read(.serve, flags: [:], environment, file: file)
    }

    @Test(arguments: [
        "SKEIN_HTTP_PORT: 8080", "httpPort: 8080", "http-port: 8080", "http: { port: 8080 }",
        "skein: { http: { port: 8080 } }",
        "skein: { httpPort: 8080 }", #"{"SKEIN_HTTP_PORT": "8080"}"#,
    ])
    func `a file may spell a name in several ways`(text: String) throws {
        let result = try read(["DATABASE_URL": "postgres://db/skein"], file: text)
        #expect(result.problems.isEmpty)
        #expect(result.settings.port == 8_080)
    }

    @Test func `everything that is wrong is reported at once, with its place`() throws {
        let environment = [
            "SKEIN_LEASE_MS": "soon", "SKEIN_LOG_FORMAT": "xml", "SKEIN_HOST": "0.0.0.0", "SKEIN_AUTH": "keys",
            "SKEIN_EGRESS_ALLOW": "10.0.0.1/8,fd00::/8", "SKEIN_PAYLOAD_KEY": "hush", "REDIS_URL": "http://x",
        ]
        let problems = try read(
            .serve, flags: [.port: "70000"], environment, file: "prot: 1\nsweepMs: -1\nhost: {a: 1}\n"
        ).problems
        let text = problems.joined(separator: "\n")
        for part in [
            "skein.yaml:1: unknown key prot; did you mean SKEIN_HTTP_PORT?",
            "SKEIN_SWEEP_MS in skein.yaml:2: must be a whole number",
            "skein.yaml:3: SKEIN_HOST must be a single value",
            "--port: must be a whole number from 0 to 65535, not '70000'",
            "SKEIN_LEASE_MS: must be a whole number", "SKEIN_LOG_FORMAT: must be text|json, not 'xml'",
            "SKEIN_HOST: '0.0.0.0' is not a loopback",
            "SKEIN_AUTH: 'keys' is not in this version", "SKEIN_EGRESS_ALLOW: not a range",
            "SKEIN_PAYLOAD_KEY: encryption", "REDIS_URL: ",
            "DATABASE_URL: is not set",
        ] { #expect(text.contains(part), "\(part) is missing in:\n\(text)") }
        #expect(problems.count == 12)
        #expect(!text.contains("hush"))
    }

    @Test func `secrets are never shown`() throws {
        let result = try read([
            "DATABASE_URL": "postgres://u:hush@db/x", "REDIS_URL": "redis://:hush@r", "SKEIN_PAYLOAD_KEY": "hush",
        ])
        #expect(!"\(result.settings)".contains("hush"))
        #expect("\(result.settings)".contains("database=***"))
        #expect(!result.problems.joined().contains("hush"))
        #expect(!(try read(["DATABASE_URL": "mysql://u:hush@db/x"]).problems.joined().contains("hush")))
    }

    @Test(arguments: [
        ("SKEIN_PORT", "SKEIN_HTTP_PORT"), ("SKEIN_LAESE_MS", "SKEIN_LEASE_MS"), ("SKEIN_POD", "SKEIN_POD_ID"),
        ("SKEIN_REDIS_URL", "REDIS_URL"), ("SKEIN_CONCURENCY", "SKEIN_CONCURRENCY"),
    ])
    func `an unknown variable is one warning with what was probably meant`(name: String, meant: String) {
        #expect(
            EnvironmentNames.warnings([name: "1"]) == ["the variable \(name) has no meaning; did you mean \(meant)?"])
    }

    @Test func `a variable like no other gets no suggestion`() {
        #expect(EnvironmentNames.warnings(["SKEIN_ZZZZZZ": "1"]) == ["the variable SKEIN_ZZZZZZ has no meaning"])
    }

    @Test func `what Kubernetes, flows and scripts set is not warned of`() throws {
        let environment = [
            "DATABASE_URL": "postgres://db/skein", "SKEIN_HTTP_PORT": "tcp://10.0.0.1:80",
            "SKEIN_SERVICE_HOST": "10.0.0.1",
            "SKEIN_SERVICE_PORT_HTTP": "80", "SKEIN_PORT_80_TCP_ADDR": "10.0.0.1", "SKEIN_PORT": "tcp://10.0.0.1:80",
            "SKEIN_URL": "http://x", "SKEIN_TEST_DATABASE_URL": "x", "SKEIN_SECRET_STRIPE": "y", "OTHER": "z",
        ]
        let result = try read(environment)
        #expect(result.warnings.isEmpty && result.problems.isEmpty)
        #expect(result.settings.port == 7_580)
    }

    @Test func `libpq's own variables are enough`() throws {
        let result = try read(["PGHOST": "/run/postgresql"])
        #expect(result.problems.isEmpty)
        #expect(result.settings.databaseURL == "")
    }

    @Test func `the development server needs no database and ignores one`() throws {
        let result = try read(.dev, flags: [.port: "0"], ["DATABASE_URL": "mysql://x"])
        #expect(result.problems.isEmpty)
        #expect(result.settings.databaseURL == nil && result.settings.port == 0 && result.settings.logLevel == .notice)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.9.9", true), ("localhost", true), ("::1", true), ("[::1]", true),
        ("0.0.0.0", false), ("127.0.0.1.evil", false), ("127.x.0.1", false), ("::", false),
    ])
    func `loopback is recognised`(host: String, isLoopback: Bool) {
        #expect(ServeSettings.isLoopback(host) == isLoopback)
    }

    @Test func `unknown flags are problems, their values are not`() {
        let problems = UnknownFlags.problems(
            ["--prot", "80", "--concurency=3", "extra"], known: ["--port", "--concurrency"])
        #expect(
            problems == [
                "unknown flag --prot; did you mean --port?", "unknown flag --concurency; did you mean --concurrency?",
                "unexpected argument 'extra'",
            ])
    }

    @Test func `serve takes unknown flags without an error of the parser`() throws {
        let command = try #require(
            try CommandRunner.parse(["serve", "--nope", "1", "--port", "x", "--worker-only"]) as? ServeCommand)
        #expect(command.flags.unknown == ["--nope", "1"])
        #expect(command.flags.values == [.port: "x"])
        #expect(command.workerOnly)
    }
}
