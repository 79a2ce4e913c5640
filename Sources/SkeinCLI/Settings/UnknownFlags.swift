/// What the argument parser did not recognise, as problems beside those of the values.
enum UnknownFlags {
    static func problems(_ arguments: [String], known: [String]) -> [String] {
        var problems: [String] = []
        var followsFlag = false
        for argument in arguments {
            if argument.hasPrefix("-") {
                let name = argument.split(separator: "=", maxSplits: 1).first.map { String($0) } ?? argument
                let nearest = NameSuggestion.nearest(to: name, among: known)
                problems.append("unknown flag \(name)\(nearest.map { "; did you mean \($0)?" } ?? "")")
                followsFlag = !argument.contains("=")
            } else {
                // The word behind an unknown flag is probably its value.
                if !followsFlag { problems.append("unexpected argument '\(argument)'") }
                followsFlag = false
            }
        }
        return problems
    }
}
