// Invariants of parts that the product does not have yet. They are said aloud in every report, and are never green.

/// Outgoing webhooks.
struct WebhooksDelivered: Invariant {
    static let name = "I11 webhooks are delivered"
    func check(_ history: History, _ finding: inout Evidence) { finding.silence = "there is no outbox yet" }
}

/// Tenants.
struct TenantsApart: Invariant {
    static let name = "I16 tenants are apart"
    func check(_ history: History, _ finding: inout Evidence) { finding.silence = "there are no keys and tenants yet" }
}
