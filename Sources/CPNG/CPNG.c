#include "CPNG.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

static void on_error(png_structp png, png_const_charp message) {
  cpng_failure *failure = png_get_error_ptr(png);
  strncpy(failure->message, message, sizeof failure->message - 1);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

// Reading

struct source {
  const uint8_t *bytes;
  size_t count;
  cpng_failure *failure;
};

static void read_bytes(png_structp png, png_bytep target, size_t count) {
  struct source *source = png_get_io_ptr(png);
  if (count > source->count) {
    source->failure->truncated = true;
    png_error(png, "the data ends too early");
  }
  memcpy(target, source->bytes, count);
  source->bytes += count;
  source->count -= count;
}

// The caller has set the jump. Chunks that do not change the pixels are skipped unread, since some of
// them hold compressed text or profiles of any size; but for plain text.
static void read_header(png_structp png, png_infop info, struct source *source) {
  png_set_read_fn(png, source, read_bytes);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_AS_DEFAULT, (png_const_bytep) "tEXt", 1);
  png_read_info(png, info);
}

bool cpng_read_header(
    const uint8_t *bytes, size_t count, cpng_header *header, cpng_failure *failure) {
  struct source source = {bytes, count, failure};
  memset(header, 0, sizeof *header);
  memset(failure, 0, sizeof *failure);
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, failure, on_error, on_warning);
  if (png == NULL) return false;
  png_infop info = png_create_info_struct(png);
  if (info == NULL || setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return false;
  }
  read_header(png, info, &source);
  header->width = png_get_image_width(png, info);
  header->height = png_get_image_height(png, info);
  header->bit_depth = png_get_bit_depth(png, info);
  header->color_type = png_get_color_type(png, info);
  header->has_alpha = (header->color_type & PNG_COLOR_MASK_ALPHA) != 0 ||
                      png_get_valid(png, info, PNG_INFO_tRNS) != 0;
  header->row_bytes = png_get_rowbytes(png, info);
  png_colorp colors = NULL;
  if (png_get_PLTE(png, info, &colors, &header->palette_count) != 0) {
    for (int index = 0; index < header->palette_count; index++) {
      header->palette[3 * index] = colors[index].red;
      header->palette[3 * index + 1] = colors[index].green;
      header->palette[3 * index + 2] = colors[index].blue;
    }
  }
  png_textp texts = NULL;
  int text_count = 0;
  png_get_text(png, info, &texts, &text_count);
  for (int index = 0; index < text_count; index++) {
    if (strcmp(texts[index].key, "Software") != 0) continue;
    if (texts[index].text_length < sizeof header->software) {
      memcpy(header->software, texts[index].text, texts[index].text_length);
    }
  }
  png_destroy_read_struct(&png, &info, NULL);
  return true;
}

static void set_layout(png_structp png, png_infop info, cpng_layout layout) {
  int color_type = png_get_color_type(png, info);
  if (color_type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
  if (layout == CPNG_VALUES) {
    png_set_packing(png);
    return;
  }
  png_set_strip_16(png);
  if (color_type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if ((color_type & PNG_COLOR_MASK_COLOR) == 0) png_set_gray_to_rgb(png);
  if (layout == CPNG_RGB) png_set_strip_alpha(png);
  else if (png_get_valid(png, info, PNG_INFO_tRNS) != 0) png_set_tRNS_to_alpha(png);
}

bool cpng_read_pixels(
    const uint8_t *bytes, size_t count, cpng_layout layout, uint8_t *pixels, size_t pixel_bytes,
    cpng_failure *failure) {
  struct source source = {bytes, count, failure};
  memset(failure, 0, sizeof *failure);
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, failure, on_error, on_warning);
  if (png == NULL) return false;
  png_infop info = png_create_info_struct(png);
  if (info == NULL || setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return false;
  }
  read_header(png, info, &source);
  set_layout(png, info, layout);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  size_t height = png_get_image_height(png, info);
  size_t row_bytes = png_get_rowbytes(png, info);
  if (row_bytes * height != pixel_bytes) png_error(png, "the file changed while it was read");
  for (int pass = 0; pass < passes; pass++) {
    for (size_t y = 0; y < height; y++) png_read_row(png, pixels + y * row_bytes, NULL);
  }
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  return true;
}

// Writing

struct sink {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
};

static void write_bytes(png_structp png, png_bytep bytes, size_t count) {
  struct sink *sink = png_get_io_ptr(png);
  if (count > sink->capacity - sink->count) {
    size_t capacity = 2 * sink->capacity + count;
    uint8_t *grown = realloc(sink->bytes, capacity);
    if (grown == NULL) png_error(png, "out of memory");
    sink->bytes = grown;
    sink->capacity = capacity;
  }
  memcpy(sink->bytes + sink->count, bytes, count);
  sink->count += count;
}

static void flush_bytes(png_structp png) { (void)png; }

bool cpng_write(
    const uint8_t *pixels, uint32_t width, uint32_t height, const uint8_t *palette,
    const uint8_t *alpha, const char *software, uint8_t **file, size_t *file_bytes, cpng_failure *failure) {
  struct sink sink = {NULL, 0, 0};
  memset(failure, 0, sizeof *failure);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, failure, on_error, on_warning);
  if (png == NULL) return false;
  png_infop info = png_create_info_struct(png);
  if (info == NULL || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    free(sink.bytes);
    return false;
  }
  png_set_write_fn(png, &sink, write_bytes, flush_bytes);
  png_set_compression_level(png, 6);
  png_set_IHDR(
      png, info, width, height, 8, palette != NULL ? PNG_COLOR_TYPE_PALETTE : PNG_COLOR_TYPE_RGB,
      PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (palette != NULL) {
    png_color colors[256];
    for (int index = 0; index < 256; index++) {
      colors[index].red = palette[3 * index];
      colors[index].green = palette[3 * index + 1];
      colors[index].blue = palette[3 * index + 2];
    }
    png_set_PLTE(png, info, colors, 256);
    if (alpha != NULL) png_set_tRNS(png, info, alpha, 256, NULL);
  }
  if (software != NULL) {
    png_text text = {0};
    text.compression = PNG_TEXT_COMPRESSION_NONE;
    text.key = "Software";
    text.text = (png_charp)software;
    text.text_length = strlen(software);
    png_set_text(png, info, &text, 1);
  }
  png_write_info(png, info);
  size_t row_bytes = (size_t)width * (palette != NULL ? 1 : 3);
  for (uint32_t y = 0; y < height; y++) png_write_row(png, pixels + y * row_bytes);
  png_write_end(png, NULL);
  png_destroy_write_struct(&png, &info);
  *file = sink.bytes;
  *file_bytes = sink.count;
  return true;
}

void cpng_free(uint8_t *file) { free(file); }
