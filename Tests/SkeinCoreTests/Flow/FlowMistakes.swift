// The table of single mistakes.

import SkeinCore

extension FlowValidationTests {
    static let tooLarge = JSONValue.number("1e400") ?? 0
    static let longName = String(repeating: "x", count: 201)

    static let mistakes: [Mistake] = [
        Mistake(["id": nil], "REQUIRED_MISSING /id"), Mistake(["id": 5], "WRONG_TYPE /id"),
        Mistake(["id": "a\n"], "BAD_ID /id"), Mistake(["id": .string(longName)], "BAD_ID /id"),
        Mistake(["id": "team/f"]),
        Mistake(["version": 1.0], "WRONG_TYPE /version"), Mistake(["version": "v1"], "BAD_VERSION /version"),
        Mistake(["version": .string("1.0.0-" + longName)], "BAD_VERSION /version"),
        Mistake(["version": ""], "REQUIRED_MISSING /version"),
        Mistake(["name": 5], "WRONG_TYPE /name"), Mistake(["description": []], "WRONG_TYPE /description"),
        Mistake(["metadata": []], "WRONG_TYPE /metadata"), Mistake(["inputSchema": [:]]),
        Mistake(["inputSchema": 5], "WRONG_TYPE /inputSchema"),
        Mistake(["inputSchema": false]), Mistake(["inputSchema": ["type": "object"]]),
        Mistake(
            ["inputSchema": ["type": "objekt", "properties": ["a": ["minimum": "1"]]]], "BAD_SCHEMA /inputSchema/type",
            "BAD_SCHEMA /inputSchema/properties/a/minimum"),
        Mistake(["initialStepId": nil], "REQUIRED_MISSING /initialStepId"),
        Mistake(["initialStepId": 1], "WRONG_TYPE /initialStepId"),
        Mistake(["initialStepId": "zzz"], "INITIAL_STEP_UNKNOWN /initialStepId"),
        Mistake(["steps": [:]], "STEPS_EMPTY /steps"), Mistake(["steps": []], "WRONG_TYPE /steps"),
        Mistake(["steps": ["a": "log"]], "WRONG_TYPE /steps/a"),
        Mistake(["steps": ["a": ["type": "log"], "": ["type": "log"]]], "BAD_ID /steps/", "STEP_UNREACHABLE /steps/"),
        Mistake(
            ["steps": ["a": ["type": "log"], "b": ["type": "log", "transitions": ["onSuccess": "b"]]]],
            "STEP_UNREACHABLE /steps/b", warnings: ["SELF_TRANSITION /steps/b/transitions/onSuccess"]),
        Mistake(["maxSteps": 0], "OUT_OF_RANGE /maxSteps"), Mistake(["maxSteps": -1], "OUT_OF_RANGE /maxSteps"),
        Mistake(["maxSteps": 1.5], "WRONG_TYPE /maxSteps"), Mistake(["maxSteps": "5"], "WRONG_TYPE /maxSteps"),
        Mistake(["maxSteps": 1e300], "OUT_OF_RANGE /maxSteps"),
        Mistake(["maxSteps": .int(.max)], "OUT_OF_RANGE /maxSteps"),
        Mistake(["timeouts": 5], "WRONG_TYPE /timeouts"),
        Mistake(
            ["timeouts": ["executionMs": 0, "waitMs": .int(.max), "x": 1]],
            "UNKNOWN_FIELD /timeouts/x", "OUT_OF_RANGE /timeouts/executionMs", "OUT_OF_RANGE /timeouts/waitMs"),
        Mistake(["timeouts": ["executionMs": 315_360_000_000]]),
        Mistake(["timeouts": ["executionMs": 315_360_000_001]], "OUT_OF_RANGE /timeouts/executionMs"),
        Mistake(
            ["limits": ["contextDepth": 513, "valueBytes": 0, "contextKeys": "1", "handlerWaitMs": -1, "depth": 1]],
            "UNKNOWN_FIELD /limits/depth", "OUT_OF_RANGE /limits/valueBytes", "WRONG_TYPE /limits/contextKeys",
            "OUT_OF_RANGE /limits/contextDepth", "OUT_OF_RANGE /limits/handlerWaitMs"),
        Mistake(["onCancel": "rollback"]), Mistake(["onCancel": "stop"]),
        Mistake(["onCancel": "roll back"], "BAD_VALUE /onCancel"), Mistake(["onCancel": 1], "WRONG_TYPE /onCancel"),
        Mistake(["onBranchFailure": "cancel"]),
        Mistake(["concurrency": ["limit": 1]]),
        Mistake(["concurrency": ["limit": 0]], "OUT_OF_RANGE /concurrency/limit"),
        Mistake(["concurrency": ["key": "$..["]], "BAD_PATH /concurrency/key", "REQUIRED_MISSING /concurrency/limit"),
        Mistake(["rateLimit": ["limit": 1]], "REQUIRED_MISSING /rateLimit/perMs"),
        Mistake(
            ["rateLimit": ["limit": 1, "per": 5]], "UNKNOWN_FIELD /rateLimit/per", "REQUIRED_MISSING /rateLimit/perMs"),
        Mistake(["sla": 5], "WRONG_TYPE /sla"),
        Mistake(
            ["tasks": [["id": "a"]], "steps": nil, "version": nil, "initialStepId": nil],
            "REQUIRED_MISSING /tasks/0/handler"),
        Mistake(
            [
                "steps": nil, "version": nil, "initialStepId": nil,
                "tasks": [
                    ["id": "a", "handler": "log", "dependencies": ["c", "nope", "c"]],
                    ["id": "b", "handler": "log", "dependencies": ["a"]],
                    ["id": "c", "handler": "log", "dependencies": ["b"], "outputs": ["x": "y", "z": 1]],
                    ["id": "a", "handler": "log"], ["id": "d", "handler": "log", "depends": []],
                ],
            ], "DUPLICATE_ID /tasks/3/id", "UNKNOWN_FIELD /tasks/4/depends",
            "TRANSITION_UNKNOWN /tasks/0/dependencies/1", "BAD_VALUE /tasks/0/dependencies/2", "CYCLE /tasks",
            "BAD_PATH /tasks/2/outputs/x", "WRONG_TYPE /tasks/2/outputs/z"),
        Mistake(
            [
                "steps": [
                    "a": ["type": "log", "transitions": ["onSuccess": ["b", "c"]]],
                    "b": ["type": "log", "transitions": ["onSuccess": "d"]],
                    "c": ["type": "log", "transitions": ["onSuccess": "d"]],
                    "d": ["type": "log", "transitions": ["onSuccess": "e"]],
                    "e": ["type": "log", "transitions": ["join": ["a", "d"]]],
                ]
            ], "JOIN_UNREACHABLE /steps/e/transitions/join/0", "JOIN_MISSING /steps/d/transitions"),
        Mistake(["pipes": []], "UNKNOWN_FIELD /pipes"), Mistake(["a/b~c": 1], "UNKNOWN_FIELD /a~1b~0c"),
    ]

    static let stepMistakes: [Mistake] = [
        Mistake(step: ["id": "b"], "STEP_ID_MISMATCH /steps/a/id"), Mistake(step: ["id": 1], "WRONG_TYPE /steps/a/id"),
        Mistake(step: ["type": nil], "REQUIRED_MISSING /steps/a/type"),
        Mistake(step: ["type": 1], "WRONG_TYPE /steps/a/type"),
        Mistake(step: ["type": "a\tb"], "BAD_VALUE /steps/a/type"),
        Mistake(step: ["type": "lgo"], warnings: ["HANDLER_UNKNOWN /steps/a/type"]),
        Mistake(step: ["onSuccess": "b"], "UNKNOWN_FIELD /steps/a/onSuccess"),
        Mistake(step: ["config": []], "WRONG_TYPE /steps/a/config"),
        Mistake(step: ["name": []], "WRONG_TYPE /steps/a/name"),
        Mistake(step: ["input": ["type": "template", "template": "${a"]], "BAD_TEMPLATE /steps/a/input/template"),
        Mistake(
            step: [
                "type": "conditional",
                "config": ["conditions": [["path": "a", "op": "==", "value": 1, "target": "a"]]],
            ],
            "BAD_OPERATOR /steps/a/config/conditions/0/op"),
        Mistake(step: ["input": 1], "WRONG_TYPE /steps/a/input"),
        Mistake(step: ["input": ["type": "al"]], "BAD_SELECTOR /steps/a/input/type"),
        Mistake(step: ["input": ["type": "path", "path": "$.a"]], warnings: ["PATH_SYNTAX /steps/a/input/path"]),
        Mistake(step: ["outputKey": ""], "BAD_PATH /steps/a/outputKey"),
        Mistake(step: ["outputKey": "a[0]"], warnings: ["PATH_SYNTAX /steps/a/outputKey"]),
        Mistake(step: ["transitions": "b"], "WRONG_TYPE /steps/a/transitions"),
        Mistake(step: ["transitions": ["onSucces": "b"]], "UNKNOWN_FIELD /steps/a/transitions/onSucces"),
        Mistake(
            step: ["transitions": ["onSuccess": 1, "onFailure": "zzz", "onResume": ""]],
            "WRONG_TYPE /steps/a/transitions/onSuccess", "TRANSITION_UNKNOWN /steps/a/transitions/onFailure",
            "TRANSITION_UNKNOWN /steps/a/transitions/onResume"),
        Mistake(
            step: ["transitions": ["onSuccess": ["a", "a", "c", 1]]],
            "WRONG_TYPE /steps/a/transitions/onSuccess/3", "BAD_VALUE /steps/a/transitions/onSuccess/1",
            "TRANSITION_UNKNOWN /steps/a/transitions/onSuccess/2",
            warnings: [
                "SELF_TRANSITION /steps/a/transitions/onSuccess/0", "SELF_TRANSITION /steps/a/transitions/onSuccess/1",
            ]),
        Mistake(
            step: ["transitions": ["join": ["a", "zzz"]]], "BAD_VALUE /steps/a/transitions/join/0",
            "TRANSITION_UNKNOWN /steps/a/transitions/join/1"),
        Mistake(
            step: ["transitions": ["onFailure": "a", "onResume": "a"]],
            warnings: ["SELF_TRANSITION /steps/a/transitions/onFailure"]),
        Mistake(
            step: ["when": false, "join": "a", "compensate": ["typ": "x"], "commit": true],
            "WRONG_TYPE /steps/a/when", "WRONG_TYPE /steps/a/join", "BAD_VALUE /steps/a/compensate",
            "UNKNOWN_FIELD /steps/a/compensate/typ", "REQUIRED_MISSING /steps/a/compensate/type"),
        Mistake(step: ["commit": "yes"], "WRONG_TYPE /steps/a/commit"),
        Mistake(
            step: ["timeoutMs": 0, "heartbeatMs": "1"], "OUT_OF_RANGE /steps/a/timeoutMs",
            "WRONG_TYPE /steps/a/heartbeatMs"),
        Mistake(step: ["timeoutMs": 0.5], "OUT_OF_RANGE /steps/a/timeoutMs"),
        Mistake(step: ["timeoutMs": .decimal(JSONDecimal(UInt64.max))], "OUT_OF_RANGE /steps/a/timeoutMs"),
        Mistake(step: ["retry": 3], "WRONG_TYPE /steps/a/retry"),
        Mistake(step: ["retry": [:]], "REQUIRED_MISSING /steps/a/retry/maxAttempts"),
        Mistake(
            step: [
                "retry": [
                    "maxAttempts": 1_000_001, "backoffMs": -1, "backoffMultiplier": 0.5, "maxBackoffMs": 0,
                    "jitter": 1.01, "retryOn": "A", "doNotRetryOn": ["A", 1, ""], "maxRetries": 1,
                ]
            ],
            "UNKNOWN_FIELD /steps/a/retry/maxRetries", "OUT_OF_RANGE /steps/a/retry/maxAttempts",
            "OUT_OF_RANGE /steps/a/retry/backoffMs", "OUT_OF_RANGE /steps/a/retry/backoffMultiplier",
            "OUT_OF_RANGE /steps/a/retry/maxBackoffMs", "OUT_OF_RANGE /steps/a/retry/jitter",
            "WRONG_TYPE /steps/a/retry/retryOn", "WRONG_TYPE /steps/a/retry/doNotRetryOn/1",
            "BAD_VALUE /steps/a/retry/doNotRetryOn/2"),
        Mistake(
            step: ["retry": ["maxAttempts": 1, "jitter": -0.1, "backoffMultiplier": tooLarge]],
            "OUT_OF_RANGE /steps/a/retry/backoffMultiplier", "OUT_OF_RANGE /steps/a/retry/jitter"),
        Mistake(step: ["type": "conditional", "config": ["conditions": 1]], "WRONG_TYPE /steps/a/config/conditions"),
        Mistake(step: ["type": "conditional", "config": ["conditions": []]], "BAD_VALUE /steps/a/config/conditions"),
        Mistake(
            step: [
                "type": "conditional",
                "config": [
                    "conditions": [
                        1, ["path": "a", "op": "exists"], ["path": "a", "op": "in", "value": 1, "target": nil],
                        ["path": "$.a", "op": "matches", "value": "(", "target": "zzz"], ["all": [], "target": "a"],
                    ]
                ],
            ],
            "WRONG_TYPE /steps/a/config/conditions/0", "REQUIRED_MISSING /steps/a/config/conditions/1/target",
            "BAD_CONDITION /steps/a/config/conditions/2/value",
            "TRANSITION_UNKNOWN /steps/a/config/conditions/3/target",
            "BAD_PATTERN /steps/a/config/conditions/3/value",
            warnings: ["PATH_SYNTAX /steps/a/config/conditions/3/path"]),
        Mistake(
            step: [
                "type": "switch",
                "config": ["path": "a..b", "cases": ["x/y": "zzz", "1": 5, "n": nil], "default": "yyy"],
            ],
            "BAD_PATH /steps/a/config/path", "TRANSITION_UNKNOWN /steps/a/config/cases/x~1y",
            "WRONG_TYPE /steps/a/config/cases/1", "TRANSITION_UNKNOWN /steps/a/config/default"),
        Mistake(step: ["type": "custom", "config": ["anything": ["path": 5]]]),
    ]
}
