import Foundation
import RedisClient
import Testing

@Suite("TLS", .needsRedisServer, .timeLimit(.minutes(2)))
struct TLSTests {
    /// Runs a body against a TLS server whose self-signed certificate names `localhost` only.
    static func run(body: (_ port: Int, _ certificate: String) async throws -> Void) async throws {
        let directory = try OwnRedisServer.makeDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let (key, certificate) = ("\(directory.path)/key.pem", "\(directory.path)/cert.pem")
        try OwnRedisServer.execute(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            ], making: certificate)
        let port = try OwnRedisServer.freePort()
        let server = try OwnRedisServer(
            directory: directory,
            arguments: [
                "--port", "0", "--tls-port", "\(port)", "--tls-cert-file", certificate, "--tls-key-file", key,
                "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no", "--requirepass", "s3cret",
            ])
        defer { server.stop() }
        try await body(port, certificate)
    }

    @Test("A trusted certificate is accepted, an unknown or misnamed one is not")
    func verification() async throws {
        try await Self.run { port, certificate in
            let trusting = try TestRedis.client(url: "rediss://:s3cret@localhost:\(port)?tls_ca=\(certificate)")
            #expect(try await trusting.command(["SET", "a", "b"]).isOK)
            let subscription = try await trusting.subscribe(["news"])
            #expect(try await trusting.command(["PUBLISH", "news", "x"]).int == 1)
            var messages = subscription.makeAsyncIterator()
            #expect(await messages.next()?.text == "x")
            await trusting.close()

            for (url, accepted) in [
                ("rediss://:s3cret@localhost:\(port)", false),
                ("rediss://:s3cret@127.0.0.1:\(port)?tls_ca=\(certificate)", false),
                ("rediss://:s3cret@127.0.0.1:\(port)?tls_ca=\(certificate)&tls_verify=ca", true),
                ("rediss://:s3cret@127.0.0.1:\(port)?tls_ca=\(certificate)&tls_server_name=localhost", true),
                ("rediss://:s3cret@127.0.0.1:\(port)?tls_verify=none", true),
                ("rediss://:s3cret@localhost:\(port)?tls_ca=/nowhere.pem", false),
                ("redis://:s3cret@localhost:\(port)", false),
            ] {
                let client = try TestRedis.client(url: url)
                let answer = try? await client.command(["GET", "a"])
                #expect(answer == (accepted ? .bulk([98]) : nil), "\(url)")
                await client.close()
            }
        }
    }

    @Test("A refused certificate is a connection error")
    func refused() async throws {
        try await Self.run { port, _ in
            let client = try TestRedis.client(url: "rediss://:s3cret@localhost:\(port)")
            let failure = await #expect(throws: RedisError.self) { try await client.command(["PING"]) }
            #expect(failure?.code == .connection)
            #expect(failure?.description.contains("s3cret") == false)
            await client.close()
        }
    }
}
