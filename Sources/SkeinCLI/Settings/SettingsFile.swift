import SkeinCore

/// A configuration file: the same names as in the environment, or in camel case, or nested, with or without `skein`.
struct SettingsFile: Sendable {
    var path: String
    private(set) var values: [Setting: String] = [:]
    /// Everything that is wrong with the file's keys.
    private(set) var problems: [String] = []
    private var lines: [Setting: Int] = [:]

    /// - Throws: a usage failure when the file cannot be read at all.
    init(path: String) throws(CommandFailure) {
        do throws(CommandFailure) {
            self.init(try DocumentFile(path: path))
        } catch {
            throw CommandFailure(.usage, "--config: \(error.what)", fix: error.fix)
        }
    }

    init(_ document: DocumentFile) {
        path = document.path
        guard !document.value.isNull else { return }
        guard let object = document.value.object else {
            problems = ["\(path): must be a mapping of names to values"]
            return
        }
        read(object, at: .root, document)
    }

    /// Where a setting stands, for messages.
    func place(of setting: Setting) -> String { "\(path)\(lines[setting].map { ":\($0)" } ?? "")" }

    private mutating func read(_ object: JSONObject, at pointer: JSONPointer, _ document: DocumentFile) {
        for (key, value) in object {
            let place = pointer.appending(key: key)
            let setting = Setting(fileKey: place.tokens)
            if setting == nil, let nested = value.object {
                read(nested, at: place, document)
                continue
            }
            let line = document.line(of: place)
            let position = "\(path)\(line.map { ":\($0)" } ?? "")"
            guard let setting else {
                problems.append(
                    "\(position): unknown key \(place.tokens.joined(separator: "."))\(Self.suggestion(for: place.tokens))"
                )
                continue
            }
            guard values[setting] == nil else {
                problems.append(
                    "\(position): \(setting.name) is there twice, as line \(lines[setting] ?? 0) sets it too")
                continue
            }
            guard let text = Self.text(value) else {
                problems.append(
                    "\(position): \(setting.name) must be a single value\(setting == .egressAllow ? " or a list" : "")")
                continue
            }
            values[setting] = text
            lines[setting] = line
        }
    }

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .null: ""
        case .string(let text): text
        case .bool, .int, .decimal: value.text()
        case .array(let elements):
            elements.allSatisfy { $0.string != nil } ? elements.compactMap(\.string).joined(separator: ",") : nil
        case .object: nil
        }
    }

    private static func suggestion(for path: [String]) -> String {
        let name = path.map { Setting.screaming($0) }.joined(separator: "_")
        return Setting.meant(by: name).map { "; did you mean \($0)?" } ?? ""
    }
}
