import ArgumentParser
import FoundationEssentials
import SkeinCore

/// `skein flow graph FILE|ID`
struct FlowGraphCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph", abstract: "Draw a flow: as text, for Graphviz or Mermaid, or as SVG.",
        discussion: "A file needs no server. What is no file is the id of a registered flow.")

    @Argument(help: "YAML or JSON, - for stdin, or the id of a flow.")
    var flow: String

    @Option(help: "ascii, dot, mermaid, svg or json.")
    var format: DrawingFormat = .ascii

    @Option(help: "A version of a registered flow. Default: the latest.")
    var version: String?

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let drawing = FlowDrawing(FlowGraph(try await spec()))
        try client.printer.console.write(drawing.text(format.form))
    }

    private func spec() async throws -> FlowSpec {
        let isFile = flow == "-" || FileManager.default.fileExists(atPath: flow)
        let definition =
            isFile
            ? try DocumentFile(path: flow).value
            : try await client.client().get("/v1/flows/\(flow.percentEncoded)", [("version", version)])
        let validation = FlowSpec.validate(definition, knownTypes: Composition.builtinTypes)
        guard let spec = validation.spec else {
            throw CommandFailure(
                .failure, "\(flow) is not valid: \(validation.errors.count) problems",
                details: validation.errors.map(\.description), fix: "check it with `skein flow validate FILE`")
        }
        return spec
    }
}

/// The forms of a picture, on the command line.
enum DrawingFormat: String, Sendable, CaseIterable, ExpressibleByArgument {
    case ascii, dot, mermaid, svg, json

    var form: FlowDrawing.Form {
        switch self {
        case .ascii: .ascii
        case .dot: .dot
        case .mermaid: .mermaid
        case .svg: .svg
        case .json: .json
        }
    }
}
