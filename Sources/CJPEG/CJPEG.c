#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

// More scans than any encoder writes; each costs a pass over the whole picture.
enum { maximum_scans = 500 };

struct reader {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  cjpeg_failure *failure;
};

static void on_error(j_common_ptr jpeg) {
  struct reader *reader = jpeg->client_data;
  reader->failure->truncated =
      jpeg->err->msg_code == JWRN_JPEG_EOF || jpeg->err->msg_code == JERR_INPUT_EMPTY;
  jpeg->err->format_message(jpeg, reader->failure->message);
  longjmp(reader->escape, 1);
}

// Level -1 is a warning of corrupt data, others are traces.
static void on_message(j_common_ptr jpeg, int level) {
  if (level < 0) on_error(jpeg);
}

static void on_progress(j_common_ptr jpeg) {
  struct reader *reader = jpeg->client_data;
  if (reader->jpeg.input_scan_number <= maximum_scans) return;
  snprintf(
      reader->failure->message, sizeof reader->failure->message, "more than %d scans",
      maximum_scans);
  longjmp(reader->escape, 1);
}

// jpeg_create_decompress keeps `err` and `client_data` and clears the rest.
static void prepare(struct reader *reader, cjpeg_failure *failure) {
  memset(reader, 0, sizeof *reader);
  memset(failure, 0, sizeof *failure);
  reader->failure = failure;
  reader->jpeg.err = jpeg_std_error(&reader->errors);
  reader->jpeg.client_data = reader;
  reader->errors.error_exit = on_error;
  reader->errors.emit_message = on_message;
  reader->progress.progress_monitor = on_progress;
}

// The caller has set the jump.
static void read_header(struct reader *reader, const uint8_t *bytes, size_t count) {
  jpeg_create_decompress(&reader->jpeg);
  reader->jpeg.progress = &reader->progress;
  jpeg_mem_src(&reader->jpeg, bytes, count);
  jpeg_read_header(&reader->jpeg, TRUE);
}

static size_t block_count(const struct jpeg_decompress_struct *jpeg) {
  size_t blocks = 0;
  for (int index = 0; index < jpeg->num_components; index++) {
    const jpeg_component_info *component = &jpeg->comp_info[index];
    blocks += (size_t)component->width_in_blocks * component->height_in_blocks;
  }
  return blocks;
}

bool cjpeg_read_header(
    const uint8_t *bytes, size_t count, cjpeg_header *header, cjpeg_failure *failure) {
  struct reader reader;
  memset(header, 0, sizeof *header);
  prepare(&reader, failure);
  if (setjmp(reader.escape)) {
    jpeg_destroy_decompress(&reader.jpeg);
    return false;
  }
  read_header(&reader, bytes, count);
  header->width = reader.jpeg.image_width;
  header->height = reader.jpeg.image_height;
  header->components = reader.jpeg.num_components;
  size_t blocks = block_count(&reader.jpeg);
  header->least_bytes = reader.jpeg.arith_code ? 0 : blocks / 8;
  header->coefficient_bytes =
      jpeg_has_multiple_scans(&reader.jpeg) ? blocks * sizeof(JBLOCK) : 0;
  jpeg_destroy_decompress(&reader.jpeg);
  return true;
}

bool cjpeg_read_rgb(
    const uint8_t *bytes, size_t count, uint8_t *pixels, size_t pixel_bytes,
    cjpeg_failure *failure) {
  struct reader reader;
  prepare(&reader, failure);
  if (setjmp(reader.escape)) {
    jpeg_destroy_decompress(&reader.jpeg);
    return false;
  }
  read_header(&reader, bytes, count);
  reader.jpeg.out_color_space = JCS_RGB;
  jpeg_start_decompress(&reader.jpeg);
  size_t row_bytes = (size_t)reader.jpeg.output_width * 3;
  if (row_bytes * reader.jpeg.output_height != pixel_bytes) {
    strcpy(failure->message, "the file changed while it was read");
    longjmp(reader.escape, 1);
  }
  while (reader.jpeg.output_scanline < reader.jpeg.output_height) {
    JSAMPROW row = pixels + reader.jpeg.output_scanline * row_bytes;
    jpeg_read_scanlines(&reader.jpeg, &row, 1);
  }
  jpeg_finish_decompress(&reader.jpeg);
  jpeg_destroy_decompress(&reader.jpeg);
  return true;
}

// Writing

struct writer {
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  jmp_buf escape;
  cjpeg_failure *failure;
};

static void on_write_error(j_common_ptr jpeg) {
  struct writer *writer = jpeg->client_data;
  jpeg->err->format_message(jpeg, writer->failure->message);
  longjmp(writer->escape, 1);
}

bool cjpeg_write_rgb(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, uint8_t **file,
    size_t *file_bytes, cjpeg_failure *failure) {
  struct writer writer;
  unsigned char *bytes = NULL;
  unsigned long count = 0;
  memset(&writer, 0, sizeof writer);
  memset(failure, 0, sizeof *failure);
  writer.failure = failure;
  writer.jpeg.err = jpeg_std_error(&writer.errors);
  writer.jpeg.client_data = &writer;
  writer.errors.error_exit = on_write_error;
  if (setjmp(writer.escape)) {
    // The library may have freed what it told of in `bytes` and not say where it writes now: what
    // is left of it stays behind.
    jpeg_destroy_compress(&writer.jpeg);
    return false;
  }
  jpeg_create_compress(&writer.jpeg);
  jpeg_mem_dest(&writer.jpeg, &bytes, &count);
  writer.jpeg.image_width = width;
  writer.jpeg.image_height = height;
  writer.jpeg.input_components = 3;
  writer.jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&writer.jpeg);
  jpeg_set_quality(&writer.jpeg, quality, TRUE);
  writer.jpeg.optimize_coding = TRUE;
  jpeg_start_compress(&writer.jpeg, TRUE);
  while (writer.jpeg.next_scanline < height) {
    JSAMPROW row = (JSAMPROW)pixels + (size_t)writer.jpeg.next_scanline * width * 3;
    jpeg_write_scanlines(&writer.jpeg, &row, 1);
  }
  jpeg_finish_compress(&writer.jpeg);
  jpeg_destroy_compress(&writer.jpeg);
  *file = bytes;
  *file_bytes = count;
  return true;
}

void cjpeg_free(uint8_t *file) { free(file); }
