// All documents of one compilation, their identifiers and anchors. Documents are taken in when first referred to.

/// Finds subschemas by URI.
struct JSONSchemaRegistry {
    /// A document, or a part of one with a URI of its own.
    struct Resource {
        var uri: URIReference
        let site: JSONSchemaSite
        let dialect: JSONSchemaDialect
        var anchors: [String: JSONSchemaSite] = [:]
        var dynamicAnchors: [String: JSONSchemaSite] = [:]
    }

    private let library: [String: JSONValue]
    private(set) var documents: [JSONValue] = []
    private var documentURIs: [String] = []
    private(set) var resources: [Resource] = []
    private var resourcesByURI: [String: Int] = [:]
    private var owners: [JSONSchemaSite: Int] = [:]
    /// All subschemas found by searching, in order.
    private(set) var sites: [JSONSchemaSite] = []
    private(set) var problems: [JSONSchemaProblem] = []

    init(resources: [String: JSONValue]) {
        library = Dictionary(
            resources.map { (URIReference($0.key).resolved(against: URIReference("")).key, $0.value) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Takes in a document and finds all identifiers in it.
    @discardableResult
    mutating func add(_ document: JSONValue, uri: String) -> JSONSchemaSite {
        let site = JSONSchemaSite(documents.count, .root)
        documents.append(document)
        documentURIs.append(uri)
        do {
            _ = try document.measured(maxDepth: JSONSchema.maxDocumentDepth, maxCount: .max)
        } catch {
            report(.tooComplex, at: site, "The schema nests deeper than \(JSONSchema.maxDocumentDepth) levels.")
            documents[site.document] = .bool(true)
        }
        let base = URIReference(uri)
        let dialect = dialect(of: documents[site.document], at: site) ?? .draft2020
        let resource = appendResource(Resource(uri: base.withoutFragment, site: site, dialect: dialect))
        search(documents[site.document], at: site, in: resource)
        return site
    }

    /// The value at a place.
    func value(at site: JSONSchemaSite) -> JSONValue? {
        documents[site.document][site.pointer]
    }

    /// The resource a place belongs to.
    ///
    /// A place that was not found by searching, such as one under an unknown keyword, is searched now: referring to it
    /// makes it a schema.
    mutating func owner(of site: JSONSchemaSite) -> Int {
        if let owner = owners[site] { return owner }
        var ancestor = site
        while let parent = ancestor.pointer.parent {
            ancestor = JSONSchemaSite(site.document, parent)
            guard let owner = owners[ancestor] else { continue }
            if let value = value(at: site) { search(value, at: site, in: owner) }
            return owners[site] ?? owner
        }
        return 0
    }

    /// The place a reference leads to; `nil` when there is none.
    mutating func site(of reference: URIReference) -> JSONSchemaSite? {
        guard let index = resource(of: reference.withoutFragment.key) else { return nil }
        let resource = resources[index]
        guard let fragment = reference.fragment.flatMap(URIReference.percentDecoded) else {
            return reference.fragment == nil ? resource.site : nil
        }
        if let anchor = resource.anchors[fragment] { return anchor }
        guard let pointer = JSONPointer(fragment) else { return nil }
        let site = resource.site.appending(pointer.tokens)
        return value(at: site) == nil ? nil : site
    }

    private mutating func resource(of uri: String) -> Int? {
        if let index = resourcesByURI[uri] { return index }
        guard let document = library[uri] ?? JSONSchemaMetaSchemas.documents[uri] else { return nil }
        add(document, uri: uri)
        return resourcesByURI[uri]
    }

    private mutating func appendResource(_ resource: Resource) -> Int {
        resources.append(resource)
        register(resources.count - 1)
        return resources.count - 1
    }

    /// A document's own identifier replaces the URI it was found by as base; it can still be found by both.
    private mutating func rename(_ resource: Int, _ uri: URIReference) {
        resources[resource].uri = uri
        register(resource)
    }

    private mutating func register(_ resource: Int) {
        let uri = resources[resource].uri.key
        guard let other = resourcesByURI[uri] else { return resourcesByURI[uri] = resource }
        guard other != resource, !isSameDocument(other, resource) else { return }
        let place = resources[resource].site.appending(["$id"])
        report(.duplicateIdentifier, at: place, "The identifier \(uri.quoted) exists twice.")
    }

    /// Whether one document was given under two URIs.
    private func isSameDocument(_ first: Int, _ second: Int) -> Bool {
        let (one, other) = (resources[first].site, resources[second].site)
        return one.pointer == .root && other.pointer == .root && documents[one.document] == documents[other.document]
    }

    private mutating func search(_ root: JSONValue, at site: JSONSchemaSite, in owner: Int) {
        var pending = [(value: root, site: site, owner: owner)]
        while let (value, site, parent) = pending.popLast() {
            guard owners[site] == nil else { continue }
            guard sites.count < JSONSchema.maxSubschemas else {
                return report(.tooComplex, at: site, "There are more than \(JSONSchema.maxSubschemas) subschemas.")
            }
            sites.append(site)
            var owner = parent
            if case .object(let object) = value {
                owner = identify(object, at: site, parent: parent)
                for child in JSONSchemaKeyword.subschemas(of: object).reversed() {
                    pending.append((child.value, site.appending(child.tokens), owner))
                }
            }
            owners[site] = owner
        }
    }

    /// Reads identifier and anchors of one schema and tells the resource it belongs to.
    private mutating func identify(_ object: JSONObject, at site: JSONSchemaSite, parent: Int) -> Int {
        var owner = parent
        if let id = object["$id"]?.string, let uri = identifier(id, at: site, base: resources[parent].uri) {
            if site == resources[parent].site {
                rename(parent, uri)
            } else {
                let dialect = dialect(of: .object(object), at: site) ?? resources[parent].dialect
                owner = appendResource(Resource(uri: uri, site: site, dialect: dialect))
            }
        }
        let isDraft2019 = resources[owner].dialect.isDraft2019
        for keyword in isDraft2019 ? ["$anchor"] : ["$anchor", "$dynamicAnchor"] {
            guard let name = object[keyword]?.string else { continue }
            if let other = resources[owner].anchors[name], other != site {
                report(.duplicateIdentifier, at: site.appending([keyword]), "The anchor \(name.quoted) exists twice.")
            }
            resources[owner].anchors[name] = site
            if keyword == "$dynamicAnchor" { resources[owner].dynamicAnchors[name] = site }
        }
        return owner
    }

    private mutating func identifier(_ text: String, at site: JSONSchemaSite, base: URIReference) -> URIReference? {
        let reference = URIReference(text)
        guard reference.fragment ?? "" == "" else {
            report(.invalidKeyword, at: site.appending(["$id"]), "An identifier must not have a fragment.")
            return nil
        }
        return reference.resolved(against: base).withoutFragment
    }

    /// The rules a document declares; `nil` when it declares none.
    private mutating func dialect(of document: JSONValue, at site: JSONSchemaSite) -> JSONSchemaDialect? {
        guard let text = document["$schema"]?.string else { return nil }
        let uri = URIReference(text).withoutFragment.key
        if uri == JSONSchemaDialect.draft2020URI { return .draft2020 }
        if uri == JSONSchemaDialect.draft2019URI { return .draft2019 }
        let place = site.appending(["$schema"])
        guard let metaSchema = library[uri] ?? JSONSchemaMetaSchemas.documents[uri] else {
            report(
                .unknownDialect, at: place,
                "The meta-schema \(text.quoted) is neither draft 2020-12 nor among the resources.")
            return nil
        }
        do {
            return try JSONSchemaDialect(metaSchema: metaSchema)
        } catch {
            report(.unknownDialect, at: place, error.message)
            return nil
        }
    }

    func problem(_ code: JSONSchemaProblem.Code, at site: JSONSchemaSite, _ message: String) -> JSONSchemaProblem {
        let document = site.document == 0 ? nil : documentURIs[site.document]
        return JSONSchemaProblem(code: code, document: document, pointer: site.pointer, message: message)
    }

    private mutating func report(_ code: JSONSchemaProblem.Code, at site: JSONSchemaSite, _ message: String) {
        problems.append(problem(code, at: site, message))
    }
}

extension URIReference {
    /// The text by which documents are looked up: an empty fragment names the document itself.
    var key: String {
        fragment == "" ? withoutFragment.description : description
    }
}
