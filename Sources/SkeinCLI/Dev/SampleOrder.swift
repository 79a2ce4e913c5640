import SkeinCore

/// What `skein dev` gives the sample flow `order`.
enum SampleOrder {
    static let flowID = "order"

    /// The context that the flow itself suggests in `metadata.sampleContext`, or tea and a mug, with the address of the
    /// payment service.
    static func context(for definition: JSONValue, paymentURL: String) -> JSONObject {
        var context = definition["metadata"]?["sampleContext"]?.object ?? order
        context["paymentUrl"] = .string(paymentURL)
        return context
    }

    private static let order: JSONObject = [
        "orderId": "A-17",
        "items": [["sku": "tea", "quantity": 2, "amount": 9], ["sku": "mug", "quantity": 1, "amount": 9.9]],
    ]
}
