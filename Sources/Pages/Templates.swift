import Mustache

/// The page's templates, style sheet and script, which are part of the program.
enum Templates {
  /// Escapes as ``Markup`` does; the library's own escaping goes by characters, among which a
  /// quotation mark with an accent is none.
  private struct StrictContent: MustacheContentType {
    func escapeText(_ text: String) -> String { text.escapedForMarkup }
  }

  private static let clip = template(PackageResources.clip_mustache)
  private static let evaluation = template(PackageResources.evaluation_mustache)
  private static let training = template(PackageResources.training_mustache)

  private static func template(_ bytes: [UInt8]) -> MustacheTemplate {
    MustacheContentTypes.register(StrictContent(), named: "STRICT")
    do { return try MustacheTemplate(string: text(bytes)) } catch {
      preconditionFailure("the template of a page: \(error)")
    }
  }

  /// The page with the values of `content`.
  static func page(_ content: ParityPage.Content) -> String { clip.render(content) }

  /// The page with the values of `content`.
  static func page(_ content: EvaluationPage.Content) -> String { evaluation.render(content) }

  /// The page with the values of `content`.
  static func page(_ content: TrainingPage.Content) -> String { training.render(content) }

  /// The style sheet, with the colours of both schemes.
  static let style =
    ":root{color-scheme:light dark;\(ColorScheme.light.properties)}\n"
    + "@media (prefers-color-scheme:dark){:root{\(ColorScheme.dark.properties)}}\n"
    + text(PackageResources.page_css)
    + "@media print{:root{color-scheme:light;\(ColorScheme.light.properties)}}\n"

  /// The script.
  static let script = text(PackageResources.page_js)

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
