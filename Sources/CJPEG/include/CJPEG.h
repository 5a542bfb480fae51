// The door to libjpeg-turbo (API of libjpeg 6b).
//
// The library reports errors by calling a function that must not return, and longjmp must not
// cross a Swift frame. These functions hold each setjmp together with every library call that may
// jump to it, and nothing else: checking sizes and allocating pixels is Swift's part.

#ifndef CJPEG_H
#define CJPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Why a call failed.
typedef struct {
  /// The data ended too early.
  bool truncated;
  /// The library's own words, ending in 0. JMSG_LENGTH_MAX is 200.
  char message[200];
} cjpeg_failure;

/// What the markers before the pixels say.
typedef struct {
  uint32_t width;
  uint32_t height;
  /// 1 gray, 3 colour, 4 CMYK or YCCK.
  int components;
  /// The least bytes that could hold the picture: one bit a block with Huffman codes.
  size_t least_bytes;
  /// What the library keeps of a picture of several scans until the last one; 0 with one scan.
  size_t coefficient_bytes;
} cjpeg_header;

/// Reads the markers of the file in `bytes` (wraps jpeg_read_header).
bool cjpeg_read_header(
    const uint8_t *bytes, size_t count, cjpeg_header *header, cjpeg_failure *failure);

/// Decodes the file in `bytes` as 8-bit RGB into `pixels`, whose size must be that of the picture
/// (wraps jpeg_read_scanlines and jpeg_finish_decompress, so that the whole file is checked).
///
/// Uses the library's defaults: the accurate integer DCT and "fancy" upsampling. Its warnings of
/// corrupt data are failures here; it would fill the rest of the picture with gray.
bool cjpeg_read_rgb(
    const uint8_t *bytes, size_t count, uint8_t *pixels, size_t pixel_bytes,
    cjpeg_failure *failure);

/// Encodes rows of 8-bit RGB at a quality of 1 to 100, with Huffman codes of its own (wraps
/// jpeg_write_scanlines). On success the caller gives `*file` back with cjpeg_free.
bool cjpeg_write_rgb(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, uint8_t **file,
    size_t *file_bytes, cjpeg_failure *failure);

/// Gives back what cjpeg_write_rgb made.
void cjpeg_free(uint8_t *file);

#endif
