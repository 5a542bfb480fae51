public struct MappingRules: Sendable {}
enum RulesError: Error { case template(String) }
