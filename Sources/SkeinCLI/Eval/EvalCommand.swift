import ArgumentParser
import SkeinCore

/// `skein eval …`
struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval", abstract: "Try an expression on a document.",
        discussion: """
            With --batch, stdin has one JSON object per line and stdout one answer per line, {"value": …} or {"error": …}. Lines hold \
            {expr, document}, {schema, instance, formats?, resources?}, {template, context}, {condition, context} or {cron, tz?, from?, n?}.
            """,
        subcommands: [
            EvalJSONPathCommand.self, EvalSchemaCommand.self, EvalTemplateCommand.self, EvalConditionCommand.self,
            EvalCronCommand.self,
        ])
}

/// `skein eval jsonpath EXPR DOCUMENT`
struct EvalJSONPathCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jsonpath", abstract: "Select by a JSONPath of RFC 9535.")

    @Argument(help: "The query, as in '$.items[?@.price > 10]'.")
    var expr: String?

    @Argument(help: "The document: JSON, @FILE, or - for stdin.")
    var document: String?

    @Flag(help: "Print each node's normalized path, too.")
    var paths = false

    @OptionGroup var batch: BatchOptions

    func run() throws {
        try batch.run(
            .jsonpath, [("EXPR", expr.map { .string($0) }), ("DOCUMENT", try batch.json(document, "DOCUMENT"))]
        ) {
            if paths { $0["paths"] = true }
        }
    }
}

/// `skein eval schema SCHEMA INSTANCE`
struct EvalSchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Validate by a JSON Schema of draft 2020-12.",
        discussion: "Exit code 1 when the instance is not valid.")

    @Argument(help: "The schema: JSON, @FILE, or - for stdin.")
    var schema: String?

    @Argument(help: "The instance: JSON, @FILE, or - for stdin.")
    var instance: String?

    @Flag(help: "Assert \"format\".")
    var formats = false

    @OptionGroup var batch: BatchOptions

    func run() throws {
        let value = try batch.run(
            .schema, [("SCHEMA", try batch.json(schema, "SCHEMA")), ("INSTANCE", try batch.json(instance, "INSTANCE"))]
        ) {
            if formats { $0["formats"] = true }
        }
        if value?["valid"] == false { throw ExitCode(ExitStatus.failure.rawValue) }
    }
}

/// `skein eval template TEMPLATE CONTEXT`
struct EvalTemplateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "template", abstract: "Fill the placeholders of a template from a context.")

    @Argument(help: "The template: JSON, @FILE, or - for stdin.")
    var template: String?

    @Argument(help: "The context: JSON, @FILE, or - for stdin.")
    var context: String?

    @OptionGroup var batch: BatchOptions

    func run() throws {
        try batch.run(
            .template,
            [("TEMPLATE", try batch.json(template, "TEMPLATE")), ("CONTEXT", try batch.json(context, "CONTEXT"))])
    }
}

/// `skein eval condition CONDITION CONTEXT`
struct EvalConditionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "condition", abstract: "Decide a condition on a context.")

    @Argument(help: "The condition: JSON, @FILE, or - for stdin.")
    var condition: String?

    @Argument(help: "The context: JSON, @FILE, or - for stdin.")
    var context: String?

    @OptionGroup var batch: BatchOptions

    func run() throws {
        try batch.run(
            .condition,
            [("CONDITION", try batch.json(condition, "CONDITION")), ("CONTEXT", try batch.json(context, "CONTEXT"))])
    }
}
