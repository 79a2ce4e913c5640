import ArgumentParser
import SkeinCore

/// `skein exec tree ID`
struct ExecTreeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tree", abstract: "Show an execution with its children and theirs.",
        discussion: "At most 1,000 executions.")

    @OptionGroup var target: ExecutionOptions

    @Option(help: "Levels below the execution. Default: 32.")
    var depth: Int?

    func run() async throws {
        let tree = try await target.client.client().get(target.path + "/tree", [("depth", depth.map { String($0) })])
        let printer = target.client.printer
        switch printer.format {
        case .table: try printer.console.write(TreeText.text(tree))
        case .csv, .jsonl: try printer.list(.array(TreeText.flat(tree)), columns: ExecutionColumns.list, empty: "")
        case .json, .yaml: try printer.document(tree)
        }
        if tree.object?["truncated"] == true {
            printer.console.note("there are more executions than these: ask for one of them, or with another --depth")
        }
    }
}

/// A family as lines.
enum TreeText {
    /// `order  completed  0190…`, and its children under it.
    static func text(_ tree: JSONValue) -> String {
        var lines: [String] = []
        add(tree, first: "", rest: "", to: &lines)
        return lines.map { $0.withoutControls + "\n" }.joined()
    }

    /// Each execution by itself, parents first.
    static func flat(_ tree: JSONValue) -> [JSONValue] {
        var object = tree.object ?? [:]
        let children = object["children"]?.array ?? []
        object["children"] = JSONValue?.none
        return [.object(object)] + children.flatMap { flat($0) }
    }

    private static func add(_ node: JSONValue, first: String, rest: String, to lines: inout [String]) {
        let object = node.object ?? [:]
        var words = [object["flowId"], object["status"], object["id"]].map { $0?.string ?? "?" }
        let steps = (object["currentSteps"]?.array ?? []).compactMap(\.string)
        if !steps.isEmpty { words.append("at \(steps.joined(separator: ", "))") }
        if let code = object["error"]?["code"]?.string { words.append(code) }
        lines.append(first + words.joined(separator: "  "))
        let children = object["children"]?.array ?? []
        let isCut = object["cut"] == true
        for (index, child) in children.enumerated() {
            let isLast = index == children.count - 1 && !isCut
            add(child, first: rest + (isLast ? "`-- " : "|-- "), rest: rest + (isLast ? "    " : "|   "), to: &lines)
        }
        if isCut { lines.append(rest + "`-- …") }
    }
}
