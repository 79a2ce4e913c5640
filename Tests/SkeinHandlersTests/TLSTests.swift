import AsyncHTTPClient
import NIOHTTP1
import NIOSSL
import Skein
import SkeinCore
import Testing

@testable import SkeinHandlers

/// Names, addresses and certificates. The certificate is for `pay.example`, signed by itself and good until 2126.
@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
    private func ask(_ name: String) async throws -> (StepResult<JSONValue>, SeenRequest?) {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(Self.certificate.utf8)).map {
            NIOSSLCertificateSource.certificate($0)
        }
        let key = try NIOSSLPrivateKey(bytes: Array(Self.key.utf8), format: .pem)
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
        return try await TestServer.with(tls: context, { _, _ in .json("{}") }) { server in
            var bench = HandlerBench()
            var trust = TLSConfiguration.makeClientConfiguration()
            trust.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(Self.certificate.utf8)))
            bench.configuration.http.tlsConfiguration = trust
            bench.configuration.resolver = ScriptedResolver(["127.0.0.1"])
            let result = try await bench.run("http", ["url": .string("https://\(name):\(server.port)/")])
            return (result, server.seen.all.first)
        }
    }

    @Test func `the certificate is checked for the name, not for the address connected to`() async throws {
        let (result, request) = try await ask("pay.example")
        #expect(result.output?["status"] == 200, "\(String(describing: result))")
        #expect(request?.headers["host"].first?.hasPrefix("pay.example:") == true)
    }

    @Test func `a certificate for another name ends the request`() async throws {
        let (result, request) = try await ask("other.example")
        #expect(result.code == "REQUEST_FAILED")
        #expect(request == nil)
    }

    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmzCCAUGgAwIBAgIUd2BZ8GvgukRam/RbBsj8G4NXWzAwCgYIKoZIzj0EAwIw
        FjEUMBIGA1UEAwwLcGF5LmV4YW1wbGUwIBcNMjYxMTIxMDc0OTUzWhgPMjEyNjEw
        MjgwNzQ5NTNaMBYxFDASBgNVBAMMC3BheS5leGFtcGxlMFkwEwYHKoZIzj0CAQYI
        KoZIzj0DAQcDQgAExPbH5ilhD0F50S7oj31W+ShULIn36ss+Jljyob26zZx6tM3G
        vSzb/uDfqZIgZkE4QDqBa3vnriUo+tD36gdtB6NrMGkwHQYDVR0OBBYEFBvScobQ
        o21Vh0qMecVGr0USO2VjMB8GA1UdIwQYMBaAFBvScobQo21Vh0qMecVGr0USO2Vj
        MA8GA1UdEwEB/wQFMAMBAf8wFgYDVR0RBA8wDYILcGF5LmV4YW1wbGUwCgYIKoZI
        zj0EAwIDSAAwRQIgTkk+yICSr6QpVooYWW9Vb8BKa9QAlZj+zxAs/4JrTqECIQCV
        rPbisP4hkU+hjHB+mlNwUruIlzg/+1bnz/fVWaAubg==
        -----END CERTIFICATE-----
        """

    /// Belongs to the certificate above, which nobody trusts but this suite.
    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLTv42yekM3H2f3A2
        B6GTgtWvmts8YNudLw9uV/905KShRANCAATE9sfmKWEPQXnRLuiPfVb5KFQsiffq
        yz4mWPKhvbrNnHq0zca9LNv+4N+pkiBmQThAOoFre+euJSj60PfqB20H
        -----END PRIVATE KEY-----
        """
}
