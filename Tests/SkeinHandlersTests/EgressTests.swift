import NIOHTTP1
import Skein
import SkeinCore
import Testing

@testable import SkeinHandlers

struct EgressTests {
    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.1",
        "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
        "64:ff9b:1::1", "100::1",
        "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1",
        "ff02::1", "4000::1", "1::1",
    ])
    func `addresses that are not public are denied`(address: String) {
        #expect(!EgressPolicy.publicOnly.permits(address))
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
        "192.169.0.1",
        "198.17.255.255", "198.20.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1", "2003::1",
    ])
    func `public addresses are permitted`(address: String) {
        #expect(EgressPolicy.publicOnly.permits(address))
    }

    @Test(arguments: [
        "", "localhost", "127.1", "0x7f.1", "2130706433", "010.0.0.1", "1.2.3.4.5", "1.2.3", "256.1.1.1",
        "fe80::1%eth0", " 8.8.8.8", "８.8.8.8",
    ])
    func `what is no address in standard notation is denied`(text: String) {
        #expect(!EgressPolicy.publicOnly.permits(text))
        #expect(!EgressPolicy.loopbackAllowed.permits(text))
    }

    @Test func `allowed ranges are permitted and nothing beside them`() throws {
        let policy = try EgressPolicy(
            allow: ["10.1.0.0/16", "fd00::/8", "192.168.7.9"], deny: ["10.1.2.0/24", "9.9.9.9"])
        #expect(
            policy.permits("10.1.255.1") && policy.permits("fd12::1") && policy.permits("192.168.7.9")
                && policy.permits("8.8.8.8"))
        #expect(!policy.permits("10.2.0.1") && !policy.permits("192.168.7.8") && !policy.permits("127.0.0.1"))
        #expect(!policy.permits("10.1.2.3") && !policy.permits("9.9.9.9") && !policy.permits("::ffff:10.1.0.1"))
        #expect(EgressPolicy.loopbackAllowed.permits("127.9.9.9") && EgressPolicy.loopbackAllowed.permits("::1"))
        #expect(
            !EgressPolicy.loopbackAllowed.permits("10.0.0.1")
                && !EgressPolicy.loopbackAllowed.permits("::ffff:127.0.0.1"))
    }

    @Test func `all ranges that are none are reported at once`() {
        let error = #expect(throws: EgressPolicyError.self) {
            try EgressPolicy(allow: ["10.0.0.0/8", "10.0.0.1/8", "nonsense", "::/129", "1.2.3.4/", "fe80::/10"])
        }
        #expect(error?.invalid == ["10.0.0.1/8", "nonsense", "::/129", "1.2.3.4/"])
        #expect(error?.description.contains("nonsense") == true)
    }

    @Test(arguments: [
        "http://2130706433/", "http://0x7f.1/", "http://017700000001/", "http://127.1/", "http://0177.0.0.1/",
        "http://127.0.0.1.:80/",
        "http://[::ffff:7f00:1]/", "http://[::1]/", "http://127.0.0.1/", "http://１２７.0.0.1/", "http://①②⑦.0.0.1/",
        "http://0/",
        "http://[fe80::1%25eth0]/", "http://1.2.3/", "http://0x7f000001", "http://a.0x1/",
        "http://user@example.com/", "http://user:pw@example.com/", "http://example.com@127.0.0.1/",
        "http://127.0.0.1\\@example.com/",
        "file:///etc/passwd", "gopher://example.com/", "unix:///tmp/s", "http+unix://x/", "//example.com/",
        "example.com", "",
        "http:///path", "http://exa mple.com/", "http://example.com:0/", "http://example.com:65536/",
        "http://example.com:80a/", "http://example.com:",
        "http://[::1", "http://a..b/", "http://ex%61mple.com/", "http://example.com/\r\nHost: x",
        "http://example.com/\u{0}", "javascript:alert(1)",
    ])
    func `URLs that may not be asked are denied before anything is sent`(url: String) async throws {
        var bench = HandlerBench()
        bench.configuration = BuiltinHandlers.Configuration()
        bench.configuration.resolver = ScriptedResolver(["93.184.216.34"])
        let result = try await bench.run("http", ["url": "${u}", "retries": 3], context: ["u": .string(url)])
        #expect(result.code == (url.isEmpty ? "INPUT_ERROR" : "EGRESS_DENIED"))
        #expect(result.failure?.isRetryable == false)
    }

    @Test(arguments: [
        ("https://Example.COM", "https://example.com/"),
        ("http://example.com:8080/a b?q=ü#top", "http://example.com:8080/a%20b?q=%C3%BC"),
        ("HTTP://example.com./x", "http://example.com/x"),
        ("https://[2606:4700::1111]:443/", "https://[2606:4700:0:0:0:0:0:1111]:443/"),
        ("https://example.com?x=1", "https://example.com/?x=1"),
        ("https://xn--bcher-kva.example/%41%zz", "https://xn--bcher-kva.example/%41%25zz"),
        ("http://8.8.8.8/\"<>^`{|}[]", "http://8.8.8.8/%22%3C%3E%5E%60%7B%7C%7D%5B%5D"),
    ])
    func `a URL is written anew from its one reading`(text: String, expected: String) throws {
        #expect(try RequestURL(text).text == expected)
    }

    @Test(arguments: [
        [["127.0.0.1"]], [["93.184.216.34", "10.0.0.1"]], [["::ffff:93.184.216.34"]], [["169.254.169.254"]],
        [["93.184.216.34", "rubbish"]],
    ])
    func `a name is denied when any of its addresses is`(answers: [[String]]) async throws {
        var bench = HandlerBench()
        bench.configuration = BuiltinHandlers.Configuration()
        bench.configuration.resolver = ScriptedResolver(answers[0])
        let result = try await bench.run("http", ["url": "http://rebind.example/"])
        #expect(result.code == "EGRESS_DENIED")
        #expect(result.failure?.failure.message.contains("rebind.example") == true)
    }

    @Test func `a name is resolved anew and checked for every attempt`() async throws {
        try await TestServer.with({ _, _ in Reply(hangsUp: true) }) { server in
            var bench = HandlerBench(clock: SystemClock())
            bench.configuration.egress = .loopbackAllowed
            bench.configuration.resolver = ScriptedResolver(["127.0.0.1"], ["10.0.0.1"])
            let result = try await bench.run(
                "http", ["url": .string("http://rebind.example:\(server.port)/"), "retries": 2])
            #expect(result.code == "EGRESS_DENIED")
            #expect(server.seen.all.count == 1)
        }
    }

    @Test func `the connection goes to the checked address with the name's Host`() async throws {
        try await TestServer.with({ _, _ in .json("{}") }) { server in
            var bench = HandlerBench()
            bench.configuration.resolver = ScriptedResolver(["127.0.0.1"], ["10.0.0.1"])
            let result = try await bench.run("http", ["url": .string("http://pinned.example:\(server.port)/x")])
            #expect(result.output?["status"] == 200)
            #expect(server.seen.all.first?.headers["host"] == ["pinned.example:\(server.port)"])
        }
    }

    @Test func `the next address is tried when nobody listens at one`() async throws {
        try await TestServer.with({ _, _ in .json("{}") }) { server in
            var bench = HandlerBench()
            bench.configuration.resolver = ScriptedResolver(["127.7.7.7", "127.0.0.1"])
            let result = try await bench.run("http", ["url": .string("http://two.example:\(server.port)/")])
            #expect(result.output?["status"] == 200)
        }
    }

    @Test func `the system's resolver finds this machine and denies it`() async throws {
        var bench = HandlerBench()
        bench.configuration.egress = .publicOnly
        #expect(try await bench.run("http", ["url": "http://localhost:9/"]).code == "EGRESS_DENIED")
        #expect(try await SystemHostResolver().addresses(of: "localhost").contains("127.0.0.1"))
        #expect(try await bench.run("http", ["url": "http://no-such-name.invalid/"]).code == "REQUEST_FAILED")
    }
}
