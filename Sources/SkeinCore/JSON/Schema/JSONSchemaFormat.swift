// The formats of JSON Schema: names to grammars. Every check reads ASCII by itself, for the standard library's digits
// and letters include those of other scripts.

/// A format that can be asserted. Others are annotations only.
enum JSONSchemaFormat: String, Sendable, CaseIterable {
    case dateTime = "date-time"
    case date
    case time
    case duration
    case email
    case idnEmail = "idn-email"
    case hostname
    case idnHostname = "idn-hostname"
    case ipv4
    case ipv6
    case uri
    case uriReference = "uri-reference"
    case iri
    case iriReference = "iri-reference"
    case uriTemplate = "uri-template"
    case uuid
    case jsonPointer = "json-pointer"
    case relativeJSONPointer = "relative-json-pointer"
    case regex

    /// Whether a string is of the format.
    func accepts(_ text: String) -> Bool {
        switch self {
        case .dateTime: Self.isDateTime(text)
        case .date: Self.isDate(text)
        case .time: Self.isTime(text)
        case .duration: Self.isDuration(text)
        case .email: Self.isEmail(text, isInternational: false)
        case .idnEmail: Self.isEmail(text, isInternational: true)
        case .hostname: InternationalName.isHostname(text)
        case .idnHostname: InternationalName.isInternationalHostname(text)
        case .ipv4: Self.isIPv4(text)
        case .ipv6: Self.isIPv6(text)
        case .uri: URIReference.isValid(text, isAbsolute: true, isInternational: false)
        case .uriReference: URIReference.isValid(text, isAbsolute: false, isInternational: false)
        case .iri: URIReference.isValid(text, isAbsolute: true, isInternational: true)
        case .iriReference: URIReference.isValid(text, isAbsolute: false, isInternational: true)
        case .uriTemplate: URITemplateGrammar.isValid(text)
        case .uuid: Self.isUUID(text)
        case .jsonPointer: JSONPointer(text) != nil
        case .relativeJSONPointer: Self.isRelativePointer(text)
        case .regex: (try? ECMARegex(text)) != nil
        }
    }

    /// What the format is called in messages.
    var title: String {
        switch self {
        case .dateTime: "a date and time with offset, such as 2024-05-31T12:00:00Z"
        case .date: "a date, such as 2024-05-31"
        case .time: "a time with offset, such as 12:00:00Z"
        case .duration: "a duration, such as P1DT12H"
        case .email: "an e-mail address"
        case .idnEmail: "an e-mail address (international)"
        case .hostname: "a host name"
        case .idnHostname: "a host name (international)"
        case .ipv4: "an IPv4 address"
        case .ipv6: "an IPv6 address"
        case .uri: "an absolute URI"
        case .uriReference: "a URI or relative reference"
        case .iri: "an absolute IRI"
        case .iriReference: "an IRI or relative reference"
        case .uriTemplate: "a URI template"
        case .uuid: "a UUID"
        case .jsonPointer: "a JSON pointer"
        case .relativeJSONPointer: "a relative JSON pointer"
        case .regex: "a regular expression"
        }
    }

    private static func isUUID(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count == 36 else { return false }
        return scalars.indices.allSatisfy { place in
            [8, 13, 18, 23].contains(place) ? scalars[place] == "-" : scalars[place].isASCIIHexDigit
        }
    }

    private static func isRelativePointer(_ text: String) -> Bool {
        let digits = text.unicodeScalars.prefix(while: \.isASCIIDigit)
        guard let first = digits.first, first != "0" || digits.count == 1 else { return false }
        let rest = String(text.unicodeScalars.dropFirst(digits.count))
        return rest == "#" || JSONPointer(rest) != nil
    }
}
