public import Files

/// What can be wrong with a picture file.
public enum ImageError: DiagnosticError, Equatable {
  /// The file starts like neither format.
  case unknownFormat(path: String, found: String)
  /// The file ends before its picture does.
  case truncated(path: String, format: ImageFormat, found: Int)
  /// The compressed data is too short for the size that the header declares.
  case impossibleSize(path: String, size: ImageSize, expected: Int, found: Int)
  /// The picture is larger than this suite reads.
  case tooLarge(path: String, size: ImageSize)
  /// Decoding would take far more memory than a file of its size should ask for.
  case outOfProportion(path: String, size: ImageSize, allowed: Int, found: Int)
  /// The library that decodes the format found a contradiction; the reason is in its words.
  case damaged(path: String, format: ImageFormat, reason: String)
  /// The file is sound and holds a kind of picture that is not supported here.
  case unsupported(path: String, expected: String, found: String)
  /// A mask was expected and the picture does not hold one number a pixel.
  case notAMask(path: String, found: String)
  /// A cut-out was expected and the picture does not say how opaque its pixels are.
  case noAlpha(path: String, found: String)
  /// The library that encodes the format failed.
  case cannotEncode(path: String, reason: String)

  public var description: String {
    switch self {
    case .unknownFormat(let path, let found):
      "\(path): expected a PNG or JPEG file, found one that starts with \(found)"
    case .truncated(let path, let format, let found):
      "\(path): truncated \(format.rawValue) file: expected more than the \(found) bytes found"
    case .impossibleSize(let path, let size, let expected, let found):
      "\(path): truncated picture of \(size) pixels: expected at least \(expected) bytes, "
        + "found \(found)"
    case .tooLarge(let path, let size):
      "\(path): expected at most \(ImageSize.maximumSide) pixels a side and "
        + "\(ImageSize.maximumPixels) in all, found \(size)"
    case .outOfProportion(let path, let size, let allowed, let found):
      "\(path): picture of \(size) pixels: expected one that a file of its size can ask "
        + "\(allowed) bytes of memory for, found \(found)"
    case .damaged(let path, let format, let reason):
      "\(path): damaged \(format.rawValue) file: \(reason)"
    case .unsupported(let path, let expected, let found):
      "\(path): expected \(expected), found \(found)"
    case .notAMask(let path, let found):
      "\(path): mask: expected an indexed or 8-bit gray PNG, found \(found)"
    case .noAlpha(let path, let found):
      "\(path): cut-out: expected a PNG with alpha, found \(found)"
    case .cannotEncode(let path, let reason): "\(path): the picture cannot be encoded (\(reason))"
    }
  }

  public var fault: Fault {
    switch self {
    case .cannotEncode: .cannotCreateOutput
    default: .malformedInput
    }
  }

  public var hint: String {
    switch self {
    case .unknownFormat, .unsupported: "convert the picture to an 8-bit RGB PNG or JPEG"
    case .truncated, .impossibleSize, .damaged: "copy the file again, or save it anew"
    case .tooLarge, .outOfProportion: "scale the picture down"
    case .notAMask:
      "save the mask as an indexed PNG whose palette indices are the objects' ids, or for one "
        + "object as an 8-bit gray PNG of 0 and 255"
    case .noAlpha: "save the cut-out as a PNG whose background is transparent"
    case .cannotEncode: "check the free memory"
    }
  }
}

/// The file formats that are read.
public enum ImageFormat: String, Sendable, Hashable {
  /// ISO/IEC 15948.
  case png = "PNG"
  /// ISO/IEC 10918-1.
  case jpeg = "JPEG"
}
