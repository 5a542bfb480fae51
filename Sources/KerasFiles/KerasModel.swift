public import Networks
public import Tensors

/// What a Keras file holds: variables by layer and, where the file says so, how the layers connect.
///
/// A layer inside a nested model is called `model/layer`.
public struct KerasModel: Sendable {
  /// One variable of a layer.
  public struct Variable: Sendable, Hashable {
    /// The name of its entry in ``KerasModel/weights``.
    public let entry: String
    /// The name of its layer.
    public let layer: String
    /// Its name in the layer: `kernel`, `bias`, `gamma`, `beta`, `moving_mean`, `moving_variance`;
    /// `vars.0` if the file says only that it is the first.
    public let name: String
  }

  /// An entry that is no variable of a layer.
  public struct Unused: Sendable, Hashable {
    /// The name of the entry in ``KerasModel/weights``.
    public let entry: String
    /// Why no layer has it.
    public let reason: String
  }

  /// Every dataset, called by its path with dots; read when asked for.
  public let weights: TensorArchive
  /// The variables of the layers, in the order of the layers where the file has one.
  ///
  /// No two have the same layer and name.
  public let variables: [Variable]
  /// The entries of ``weights`` that are not in ``variables``, in their order.
  public let unused: [Unused]
  /// Whether layers are called by class and counter (`conv2d_12`), because the file does not hold
  /// their own names.
  public let namesAreCounters: Bool
  /// The layers that the model's configuration describes, in its order; empty without one.
  public let layers: [Layer]
  /// How the layers connect, where the file holds the model's configuration.
  ///
  /// Inputs are the names of the input layers. A node is a use of a layer and is called as it; its
  /// value has the same name. The second use of a layer `x` is called `x#1`. The outputs are called
  /// as their values.
  public let graph: Graph<Layer>?
}
