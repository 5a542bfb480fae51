// The door to libpng 1.6.
//
// libpng reports errors by longjmp, which must not cross a Swift frame. These functions hold each
// setjmp together with every libpng call that may jump to it, and nothing else: deciding what to
// read, checking sizes and allocating pixels is Swift's part.

#ifndef CPNG_H
#define CPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Why a call failed.
typedef struct {
  /// The data ended too early.
  bool truncated;
  /// libpng's own words, ending in 0.
  char message[128];
} cpng_failure;

/// What the chunks before the pixels say.
typedef struct {
  uint32_t width;
  uint32_t height;
  /// Bits a sample: 1, 2, 4, 8 or 16.
  int bit_depth;
  /// The corresponding libpng constants are PNG_COLOR_TYPE_*.
  int color_type;
  /// Whether pixels have an opacity: a channel of it, or colours that the tRNS chunk says are clear.
  bool has_alpha;
  /// Bytes of one row as the file holds it, before compression.
  size_t row_bytes;
  /// Colours of the palette; 0 without one.
  int palette_count;
  /// RGB triples, `palette_count` of them.
  uint8_t palette[768];
  /// What the text chunk called Software says, ending in 0; empty without one, or where it is longer.
  char software[512];
} cpng_header;

/// How pixels are handed over.
typedef enum {
  /// Three bytes a pixel: palettes looked up, gray repeated, alpha dropped, 16 bits cut to 8.
  CPNG_RGB,
  /// Four bytes a pixel: as CPNG_RGB, and the opacity, which is that of the tRNS chunk where there is no
  /// channel of it. The header must say that there is one.
  CPNG_RGBA,
  /// One byte a pixel: palette indices as they are, gray of fewer bits scaled to 0...255.
  CPNG_VALUES,
} cpng_layout;

/// Reads the header of the file in `bytes` (wraps png_read_info).
bool cpng_read_header(
    const uint8_t *bytes, size_t count, cpng_header *header, cpng_failure *failure);

/// Decodes the file in `bytes` into `pixels`, whose size must be that of the picture
/// (wraps png_read_row and png_read_end, so that the whole file is checked).
bool cpng_read_pixels(
    const uint8_t *bytes, size_t count, cpng_layout layout, uint8_t *pixels, size_t pixel_bytes,
    cpng_failure *failure);

/// Encodes rows of 8-bit RGB, or of palette indices when `palette` (256 RGB triples) is given, and
/// with it, if given, `alpha` (256 opacities); `software`, if given, ends in 0 and is put into a text
/// chunk of that name (wraps png_write_row). On success the caller gives `*file` back with
/// cpng_free.
bool cpng_write(
    const uint8_t *pixels, uint32_t width, uint32_t height, const uint8_t *palette,
    const uint8_t *alpha, const char *software, uint8_t **file, size_t *file_bytes, cpng_failure *failure);

/// Gives back what cpng_write made.
void cpng_free(uint8_t *file);

#endif
