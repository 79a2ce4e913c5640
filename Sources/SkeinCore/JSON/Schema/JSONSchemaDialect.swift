// Which keywords a document's meta-schema gives a meaning to.

/// The rules one schema document is read by.
struct JSONSchemaDialect: Sendable, Hashable {
    /// A group of keywords that a meta-schema can take in or leave out. The core is in always.
    enum Vocabulary: String, Sendable, CaseIterable {
        case core, applicator, unevaluated, validation, content
        case metaData = "meta-data"
        case formatAnnotation = "format-annotation"
        case formatAssertion = "format-assertion"
    }

    var vocabularies: Set<Vocabulary>
    /// Draft 2019-09 has arrays of `items` in place of `prefixItems`, and no dynamic references by name.
    var isDraft2019 = false

    static let draft2020 = JSONSchemaDialect(
        vocabularies: Set(Vocabulary.allCases).subtracting([.formatAssertion]))
    static let draft2019 = JSONSchemaDialect(vocabularies: draft2020.vocabularies, isDraft2019: true)

    static let draft2020URI = "https://json-schema.org/draft/2020-12/schema"
    static let draft2019URI = "https://json-schema.org/draft/2019-09/schema"

    private static let vocabularyBase = "https://json-schema.org/draft/2020-12/vocab/"

    private init(vocabularies: Set<Vocabulary>, isDraft2019: Bool = false) {
        self.vocabularies = vocabularies
        self.isDraft2019 = isDraft2019
    }

    /// The dialect a meta-schema describes; without `$vocabulary` it is the draft's own.
    ///
    /// - Throws: a sentence when the meta-schema needs a vocabulary that is not known.
    init(metaSchema: JSONValue) throws(Refusal) {
        self = .draft2020
        guard let entries = metaSchema["$vocabulary"]?.object else { return }
        vocabularies = [.core]
        for (uri, isRequired) in entries {
            guard uri.hasPrefix(Self.vocabularyBase),
                let vocabulary = Vocabulary(rawValue: String(uri.dropFirst(Self.vocabularyBase.count)))
            else {
                if isRequired.bool == true {
                    throw Refusal(message: "The meta-schema needs the vocabulary \(uri.quoted), which is not known.")
                }
                continue
            }
            vocabularies.insert(vocabulary)
        }
    }

    /// Why a meta-schema cannot be followed.
    struct Refusal: Error, Sendable, Hashable {
        let message: String
    }
}
