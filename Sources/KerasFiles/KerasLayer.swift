import Files

extension KerasModel {
  /// A layer as the model's configuration describes it.
  ///
  /// A setting is nil where the class does not have it or the configuration does not state it.
  /// Lists of two are height and width.
  public struct Layer: Sendable, Hashable {
    /// Its name, with those of the nested models around it.
    public let name: String
    /// Its class, as in `Conv2D`, `BatchNormalization`, `ReLU` or `ZeroPadding2D`.
    public let className: String

    /// The number of filters of a convolution.
    public let filters: Int?
    /// The size of a convolution's kernel.
    public let kernelSize: [Int]?
    /// The steps of a convolution or a pooling.
    public let strides: [Int]?
    /// The padding of a convolution, a pooling or a padding layer.
    public let padding: Padding?
    /// The distances between the taps of a kernel.
    public let dilation: [Int]?
    /// The number of groups of a convolution.
    public let groups: Int?
    /// Which axis holds the channels.
    public let dataFormat: DataFormat?
    /// Whether a convolution adds a bias.
    public let useBias: Bool?
    /// The function of an activation layer, or the one that a convolution ends in: `linear`, `relu`.
    public let activation: String?
    /// What a normalization adds to the variance.
    public let epsilon: Double?
    /// Whether a normalization has gamma.
    public let scale: Bool?
    /// Whether a normalization has beta.
    public let center: Bool?
    /// The axis of a normalization or a concatenation; negative from the last.
    public let axis: Int?
    /// The size of a pooling's window.
    public let poolSize: [Int]?
    /// The factors of an upsampling.
    public let size: [Int]?
    /// How an upsampling fills the gaps: `nearest`, `bilinear`.
    public let interpolation: String?
    /// The shape of an input with the batch first; nil where an extent is open.
    public let inputShape: [Int?]?
    /// Where a ReLU stops growing.
    public let maximum: Double?
    /// The slope of a ReLU below its threshold.
    public let negativeSlope: Double?
    /// Where a ReLU starts.
    public let threshold: Double?
  }

  /// What stands around an image before a layer reads it.
  public enum Padding: Sendable, Hashable {
    /// Nothing.
    case valid
    /// As much as keeps the size at stride 1, the odd row or column at the bottom or right.
    case same
    /// Rows above and below, columns left and right.
    case explicit(top: Int, bottom: Int, left: Int, right: Int)
  }

  /// Which axis holds the channels.
  public enum DataFormat: String, Sendable, Hashable {
    /// `[N, H, W, C]`.
    case channelsLast = "channels_last"
    /// `[N, C, H, W]`.
    case channelsFirst = "channels_first"
  }
}

extension KerasModel.Layer {
  /// The layer `name` of class `className`, whose `config` may state its settings.
  init(name: String, className: String, config: JSONValue) {
    self.name = name
    self.className = className
    filters = config["filters"]?.integer
    kernelSize = config["kernel_size"]?.integers
    strides = config["strides"]?.integers
    padding = config["padding"].flatMap(KerasModel.Padding.init)
    dilation = config["dilation_rate"]?.integers
    groups = config["groups"]?.integer
    dataFormat = config["data_format"]?.string.flatMap(KerasModel.DataFormat.init)
    useBias = config["use_bias"]?.bool
    activation = config["activation"].flatMap(Self.function)
    epsilon = config["epsilon"]?.number
    scale = config["scale"]?.bool
    center = config["center"]?.bool
    let axes = config["axis"]?.integers
    axis = config["axis"]?.integer ?? (axes?.count == 1 ? axes?.first : nil)
    poolSize = config["pool_size"]?.integers
    size = config["size"]?.integers
    interpolation = config["interpolation"]?.string
    inputShape = (config["batch_shape"] ?? config["batch_input_shape"])?.array?.map(\.integer)
    maximum = config["max_value"]?.number
    negativeSlope = config["negative_slope"]?.number
    threshold = config["threshold"]?.number
  }

  /// The name of a function: `"relu"`, or an object that holds it as its configuration or class.
  private static func function(_ value: JSONValue) -> String? {
    value.string ?? value["config"]?.string ?? value["class_name"]?.string
  }
}

extension KerasModel.Padding {
  /// `"valid"`, `"same"`, `[[top, bottom], [left, right]]` or `[rows, columns]`; otherwise nil.
  fileprivate init?(_ value: JSONValue) {
    switch value.string {
    case "valid": self = .valid
    case "same": self = .same
    default:
      if let both = value.integers, both.count == 2 {
        self = .explicit(top: both[0], bottom: both[0], left: both[1], right: both[1])
        return
      }
      let sides = value.array?.compactMap(\.integers) ?? []
      guard sides.map(\.count) == [2, 2] else { return nil }
      self = .explicit(
        top: sides[0][0], bottom: sides[0][1], left: sides[1][0], right: sides[1][1])
    }
  }
}
