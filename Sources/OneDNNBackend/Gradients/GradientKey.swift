import COneDNN
import Networks
import Tensors

/// What tells the kernels of ``OneDNNGradientKernels`` apart; shapes are those of what is read.
enum GradientKey: Hashable {
  case convolution(Convolution, Shape, ConvolutionEnd)
  case convolutionByData(Convolution, Shape)
  /// Kernels that run at once, by their number, have operands of their own.
  case convolutionByWeights(Convolution, Shape, number: Int)
  case affine(MemoryDescriptor)
  case relu(MemoryDescriptor)
  case reluGradient(MemoryDescriptor)
  case maxPool(MaxPool, MemoryDescriptor)
  case maxPoolGradient(MaxPool, MemoryDescriptor)
  case upsampling(MemoryDescriptor, factor: Int)
  case upsamplingGradient(MemoryDescriptor, factor: Int)
  case sum(MemoryDescriptor, count: Int)
}

/// What happens to the sums of a convolution.
struct ConvolutionEnd: Hashable {
  let hasBias: Bool
  let addsResidual: Bool
  let appliesReLU: Bool
}
