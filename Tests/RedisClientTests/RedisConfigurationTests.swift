import Testing

@testable import RedisClient

@Suite("Reading the URL")
struct RedisConfigurationTests {
    @Test(
        "Addresses, databases and logins are read",
        arguments: [
            ("redis://localhost", "redis://localhost:6379/0"), ("redis://h:1/", "redis://h:1/0"),
            ("REDIS://h:6380/3", "redis://h:6380/3"), ("rediss://h", "rediss://h:6379/0"),
            ("redis://:pw@h", "redis://:***@h:6379/0"), ("redis://me:p%40w@h/1", "redis://me:***@h:6379/1"),
            ("redis://[::1]:7/2", "redis://[::1]:7/2"), ("redis://h?db=4", "redis://h:6379/4"),
            ("redis+unix:///run/redis.sock?db=2", "redis+unix:///run/redis.sock?db=2"),
            ("unix:///a%20b", "redis+unix:///a b?db=0"), ("redis+unix://u:p@/s", "redis+unix://u:***@/s?db=0"),
        ])
    func valid(url: String, printed: String) throws {
        #expect(try RedisConfiguration(url: url).description == printed)
    }

    @Test("User and password are percent-decoded, and an unescaped at sign does no harm")
    func login() throws {
        let configuration = try RedisConfiguration(url: "redis://a%3Ab:p%2Fw@x:y@h")
        #expect(configuration.username == "a:b")
        #expect(configuration.password?.value == "p/w@x:y")
        #expect(configuration.address == .tcp(host: "h", port: 6379))
    }

    @Test("TLS settings are read")
    func tls() throws {
        let url = "rediss://h?tls_verify=ca&tls_ca=/ca.pem&tls_cert=/c.pem&tls_key=/k.pem&tls_server_name=n"
        let expected = RedisTLS(
            verification: .chain, caFile: "/ca.pem", certificateFile: "/c.pem", keyFile: "/k.pem", serverName: "n")
        #expect(try RedisConfiguration(url: url).tls == expected)
        #expect(try RedisConfiguration(url: "rediss://h").tls == RedisTLS())
        #expect(try RedisConfiguration(url: "redis://h").tls == nil)
    }

    @Test(
        "A bad URL is refused without telling the password",
        arguments: [
            "", "localhost:6379", "http://u:hunter2@h", "redis://u:hunter2@", "redis://u:hunter2@h:x",
            "redis://u:hunter2@h:0", "redis://u:hunter2@h:65536", "redis://u:hunter2@h/x", "redis://u:hunter2@h/-1",
            "redis://hunter2@h", "redis://u:hunter2%zz@h", "redis://u:hunter2%4@h", "redis://u:hunter2%00@h",
            "redis://u:hunter2%ff@h", "redis://u:hunter2@[::1", "redis://u:hunter2@[::1]x",
            "redis+unix://u:hunter2@h/s",
            "unix://", "unix:///", "redis://u:hunter2@h?tls_ca=/x", "rediss://u:hunter2@h?tls_verify=maybe",
            "rediss://u:hunter2@h?tls_cert=/x", "redis://u:hunter2@h?hunter2=1",
        ])
    func invalid(url: String) {
        #expect {
            try RedisConfiguration(url: url)
        } throws: { error in
            let error = error as? RedisError
            return error?.code == .url && error?.description.contains("hunter2") == false
        }
    }

    @Test("A password never prints")
    func secret() throws {
        let configuration = try RedisConfiguration(url: "redis://u:hunter2@h")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(!String(reflecting: configuration).contains("hunter2"))
    }
}
