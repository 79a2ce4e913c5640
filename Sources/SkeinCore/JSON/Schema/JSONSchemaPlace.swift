// Where in the value a check is. The pointer is only written out for a violation.

/// A place in a value, told from the inside out.
indirect enum JSONSchemaPlace: Sendable {
    case root
    case member(String, of: JSONSchemaPlace)
    case element(Int, of: JSONSchemaPlace)

    var pointer: JSONPointer {
        var tokens: [String] = []
        var place = self
        while true {
            switch place {
            case .root: return JSONPointer(tokens: tokens.reversed())
            case .member(let key, let parent):
                tokens.append(key)
                place = parent
            case .element(let index, let parent):
                tokens.append(String(index))
                place = parent
            }
        }
    }
}
