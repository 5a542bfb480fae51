// The door to FFmpeg's libraries (5.1 and later), which builds with the trait FFmpeg alone.
//
// What the libraries find wrong with a file they write to a log: lines for one function of the whole
// process, as a va_list. These functions listen to it while they call them, on the calling thread
// alone; the lines of others go where they went by default. Which sizes are read, and where pixels
// go, is Swift's part.

#ifndef CFFMPEG_H
#define CFFMPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What is wrong.
typedef enum {
  /// The file cannot be opened, or is in no format that the libraries know.
  cffmpeg_not_a_video,
  /// No stream of the file is a video; the message lists their kinds.
  cffmpeg_no_video_stream,
  /// The libraries do not decode the stream; the message is the name of its codec.
  cffmpeg_no_decoder,
  /// The file contradicts itself or ends too early.
  cffmpeg_damaged,
  /// Frames are in a format that is not converted to RGB.
  cffmpeg_not_convertible,
} cffmpeg_fault;

/// Why a call failed.
typedef struct {
  cffmpeg_fault fault;
  /// The libraries' own words, ending in 0.
  char message[256];
} cffmpeg_failure;

/// What a file says of its frames before any is decoded.
typedef struct {
  /// 0 where the file does not say it.
  int width;
  int height;
  /// Where the point (x, y) of a frame is shown, but for a shift: (ax + cy, bx + dy), in 1/65536.
  int32_t a, b, c, d;
} cffmpeg_header;

/// How far a video got.
typedef enum {
  cffmpeg_at_frame,
  cffmpeg_at_end,
  cffmpeg_failed,
} cffmpeg_position;

/// A video and the frame that it is at.
typedef struct cffmpeg_video cffmpeg_video;

/// Opens the file at `path`, whatever its name, and the decoder of its first video stream; a cover
/// picture is none. Files that it names are not read (wraps avformat_open_input, avcodec_open2).
///
/// Frames of more than `maximum_pixels` are refused. Decodes on the calling thread. The caller gives
/// the video back with cffmpeg_close; on failure there is none.
cffmpeg_video *cffmpeg_open(
    const char *path, int64_t maximum_pixels, cffmpeg_header *header, cffmpeg_failure *failure);

/// Decodes the next frame (wraps av_read_frame, avcodec_receive_frame).
///
/// Whatever the libraries log as an error is a failure; they would repair the frame by guesses. What
/// they say of frames that the file hides, as where it was cut, is not.
cffmpeg_position cffmpeg_next(
    cffmpeg_video *video, int *width, int *height, cffmpeg_failure *failure);

/// Writes the frame that the video is at as 8-bit RGB into `pixels`, whose size must be that of the
/// frame (wraps sws_scale).
///
/// The same on every processor: exact rounding, chroma interpolated to full resolution. The frame's
/// own matrix and range hold; where it names none, those of BT.601 and of video.
bool cffmpeg_read_rgb(
    cffmpeg_video *video, uint8_t *pixels, size_t pixel_bytes, cffmpeg_failure *failure);

/// Gives back what cffmpeg_open made.
void cffmpeg_close(cffmpeg_video *video);

#endif
