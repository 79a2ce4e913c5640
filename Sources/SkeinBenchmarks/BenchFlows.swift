import Skein
import SkeinCore

/// The flows and contexts that are measured: a context of about 235 bytes, outputs of about 77.
enum BenchFlows {
    static func chain(_ count: Int) -> JSONValue {
        var steps: JSONObject = [:]
        for index in 1...count {
            steps["step-\(index)"] = [
                "type": "work", "input": ["type": "key", "key": "customer"], "outputKey": "result",
                "transitions": ["onSuccess": index == count ? .null : .string("step-\(index + 1)")],
            ]
        }
        return [
            "id": .string("chain-\(count)"), "version": "1.0.0", "initialStepId": "step-1", "steps": .object(steps),
        ]
    }

    static let context: JSONObject = [
        "customer": ["id": "c-102938", "name": "A. Customer", "email": "customer@example.org", "vip": true],
        "items": [["sku": "sku-1", "count": 2, "price": "19.90"], ["sku": "sku-2", "count": 1, "price": "5.00"]],
        "currency": "EUR", "channel": "web",
    ]

    static let output: JSONValue = [
        "status": "accepted", "reference": "0d9f1c7e-2b5a-4b57", "amount": 4480, "ok": true,
    ]
}
