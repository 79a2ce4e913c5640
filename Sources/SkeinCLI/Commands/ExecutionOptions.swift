import ArgumentParser

/// The execution that a command is about.
struct ExecutionOptions: ParsableArguments {
    @Argument(help: "The execution's id.")
    var id: String

    @OptionGroup var client: ClientOptions

    /// Where the API has it.
    var path: String { "/v1/executions/\(id.percentEncoded)" }
}
