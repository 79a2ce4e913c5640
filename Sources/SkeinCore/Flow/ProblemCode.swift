// The codes of problems in definitions. Programs rely on them: a code is never renamed or given another meaning.

/// What can be wrong with a flow definition.
public enum ProblemCode: String, Sendable, Hashable, CaseIterable {
    /// A field that must be there is missing or null.
    case requiredMissing = "REQUIRED_MISSING"
    /// A field is of another JSON type than it must be.
    case wrongType = "WRONG_TYPE"
    /// A number, or the length of a text or list, is outside its bounds.
    case outOfRange = "OUT_OF_RANGE"
    /// A field that does not exist.
    case unknownField = "UNKNOWN_FIELD"
    /// A field has none of the values it may have.
    case badValue = "BAD_VALUE"
    /// The id of a flow or step breaks the rules of ``Identifier``.
    case badID = "BAD_ID"
    /// The version is not a semantic version.
    case badVersion = "BAD_VERSION"
    /// The flow has no steps.
    case stepsEmpty = "STEPS_EMPTY"
    /// A step's `id` differs from the key it is kept under.
    case stepIDMismatch = "STEP_ID_MISMATCH"
    /// `initialStepId` names no step.
    case initialStepUnknown = "INITIAL_STEP_UNKNOWN"
    /// A transition, or the target of a `conditional` or `switch`, names no step.
    case transitionUnknown = "TRANSITION_UNKNOWN"
    /// Two tasks have one id.
    case duplicateID = "DUPLICATE_ID"
    /// Tasks depend on each other in a circle.
    case cycle = "CYCLE"
    /// A join waits for a step that does not lead to it.
    case joinUnreachable = "JOIN_UNREACHABLE"
    /// Branches that run at once meet at a step that is no join.
    case joinMissing = "JOIN_MISSING"
    /// No path from the initial step leads to this one.
    case stepUnreachable = "STEP_UNREACHABLE"
    /// An input selector is not one of the seven forms.
    case badSelector = "BAD_SELECTOR"
    /// A template has an unclosed, empty or nested placeholder.
    case badTemplate = "BAD_TEMPLATE"
    /// A dotted path has an empty segment or too many of them.
    case badPath = "BAD_PATH"
    /// A condition is not one of the five forms, or an operator's value does not suit it.
    case badCondition = "BAD_CONDITION"
    /// An operator that does not exist.
    case badOperator = "BAD_OPERATOR"
    /// A regular expression that ``TextPattern`` does not accept.
    case badPattern = "BAD_PATTERN"
    /// `inputSchema` is no JSON Schema of draft 2020-12.
    case badSchema = "BAD_SCHEMA"
    /// Warning: no handler is known for the step's type.
    case handlerUnknown = "HANDLER_UNKNOWN"
    /// Warning: a step goes on to itself; only `maxSteps` ends that loop.
    case selfTransition = "SELF_TRANSITION"
    /// Warning: a dotted path is written like a JSONPath and takes those signs literally.
    case pathSyntax = "PATH_SYNTAX"
}
