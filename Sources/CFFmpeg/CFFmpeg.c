#include "CFFmpeg.h"

#ifdef FFMPEG

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

struct cffmpeg_video {
  AVIOContext *file;
  AVFormatContext *format;
  AVCodecContext *decoder;
  AVPacket *packet;
  AVFrame *frame;
  AVFrame *rgb;
  struct SwsContext *scaler;
  int stream;
  bool is_drained;
};

// The log

static _Thread_local bool is_listening;
static _Thread_local char heard[sizeof((cffmpeg_failure *)0)->message];

static void on_log(void *context, int level, const char *format, va_list arguments) {
  if (!is_listening) {
    av_log_default_callback(context, level, format, arguments);
    return;
  }
  if ((level & 0xff) > AV_LOG_ERROR || heard[0]) return;
  vsnprintf(heard, sizeof heard, format, arguments);
  heard[strcspn(heard, "\r\n")] = 0;
}

static void listen(void) {
  heard[0] = 0;
  is_listening = true;
}

static void fail(cffmpeg_failure *failure, cffmpeg_fault fault, const char *message) {
  failure->fault = fault;
  snprintf(failure->message, sizeof failure->message, "%s", message);
}

// The first error of the log says more than the code that a function returns.
static bool fail_with(cffmpeg_failure *failure, cffmpeg_fault fault, int code) {
  char reason[AV_ERROR_MAX_STRING_SIZE] = "";
  av_strerror(code, reason, sizeof reason);
  fail(failure, fault, heard[0] ? heard : reason);
  return false;
}

// Opening

static bool open_file(cffmpeg_video *video, const char *path, cffmpeg_failure *failure) {
  char *url = av_asprintf("file:%s", path);
  int status = url ? avio_open(&video->file, url, AVIO_FLAG_READ) : AVERROR(ENOMEM);
  av_free(url);
  if (status < 0) return fail_with(failure, cffmpeg_not_a_video, status);

  video->format = avformat_alloc_context();
  if (!video->format) return fail_with(failure, cffmpeg_not_a_video, AVERROR(ENOMEM));
  video->format->pb = video->file;
  AVDictionary *options = NULL;
  av_dict_set(&options, "protocol_whitelist", "", 0);
  status = avformat_open_input(&video->format, "", NULL, &options);
  av_dict_free(&options);
  if (status >= 0) status = avformat_find_stream_info(video->format, NULL);
  return status >= 0 || fail_with(failure, cffmpeg_not_a_video, status);
}

static bool is_video(const AVStream *stream) {
  return stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
      !(stream->disposition & AV_DISPOSITION_ATTACHED_PIC);
}

static bool choose_stream(cffmpeg_video *video, cffmpeg_failure *failure) {
  char kinds[sizeof failure->message] = "";
  video->stream = -1;
  for (unsigned index = 0; index < video->format->nb_streams; index++) {
    AVStream *stream = video->format->streams[index];
    if (video->stream < 0 && is_video(stream)) {
      video->stream = (int)index;
      continue;
    }
    stream->discard = AVDISCARD_ALL;
    const char *kind = av_get_media_type_string(stream->codecpar->codec_type);
    if (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) kind = "a cover picture";
    av_strlcatf(kinds, sizeof kinds, "%s%s", kinds[0] ? ", " : "", kind ? kind : "data");
  }
  if (video->stream >= 0) return true;
  fail(failure, cffmpeg_no_video_stream, kinds[0] ? kinds : "none");
  return false;
}

static bool open_decoder(
    cffmpeg_video *video, int64_t maximum_pixels, cffmpeg_failure *failure) {
  const AVStream *stream = video->format->streams[video->stream];
  const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
  if (!codec) {
    fail(failure, cffmpeg_no_decoder, avcodec_get_name(stream->codecpar->codec_id));
    return false;
  }
  video->decoder = avcodec_alloc_context3(codec);
  video->packet = av_packet_alloc();
  video->frame = av_frame_alloc();
  video->rgb = av_frame_alloc();
  int status = video->decoder && video->packet && video->frame && video->rgb
      ? avcodec_parameters_to_context(video->decoder, stream->codecpar)
      : AVERROR(ENOMEM);
  if (status >= 0) {
    video->decoder->pkt_timebase = stream->time_base;
    video->decoder->thread_count = 1;
    video->decoder->flags |= AV_CODEC_FLAG_BITEXACT;
    video->decoder->err_recognition |= AV_EF_CRCCHECK;
    video->decoder->max_pixels = maximum_pixels;
    status = avcodec_open2(video->decoder, codec, NULL);
  }
  return status >= 0 || fail_with(failure, cffmpeg_damaged, status);
}

static void read_matrix(const AVStream *stream, int32_t matrix[9]) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
  const AVPacketSideData *side = av_packet_side_data_get(
      stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data,
      AV_PKT_DATA_DISPLAYMATRIX);
  const uint8_t *data = side ? side->data : NULL;
  size_t size = side ? side->size : 0;
#else
  size_t size = 0;
  const uint8_t *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
#endif
  const int32_t identity[9] = {1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30};
  const size_t bytes = sizeof identity;
  memcpy(matrix, data && size >= bytes ? data : (const uint8_t *)identity, bytes);
}

cffmpeg_video *cffmpeg_open(
    const char *path, int64_t maximum_pixels, cffmpeg_header *header, cffmpeg_failure *failure) {
  memset(header, 0, sizeof *header);
  memset(failure, 0, sizeof *failure);
  av_log_set_callback(on_log);
  listen();
  cffmpeg_video *video = calloc(1, sizeof *video);
  if (!video) fail_with(failure, cffmpeg_not_a_video, AVERROR(ENOMEM));
  bool is_open = video && open_file(video, path, failure) && choose_stream(video, failure) &&
      open_decoder(video, maximum_pixels, failure);
  is_listening = false;
  if (!is_open) {
    cffmpeg_close(video);
    return NULL;
  }
  const AVStream *stream = video->format->streams[video->stream];
  int32_t matrix[9];
  read_matrix(stream, matrix);
  *header = (cffmpeg_header){
      .width = stream->codecpar->width,
      .height = stream->codecpar->height,
      .a = matrix[0],
      .b = matrix[1],
      .c = matrix[3],
      .d = matrix[4],
  };
  return video;
}

void cffmpeg_close(cffmpeg_video *video) {
  if (!video) return;
  sws_freeContext(video->scaler);
  av_frame_free(&video->rgb);
  av_frame_free(&video->frame);
  av_packet_free(&video->packet);
  avcodec_free_context(&video->decoder);
  avformat_close_input(&video->format);
  avio_closep(&video->file);
  free(video);
}

// Decoding

// Gives the decoder the next packet of the stream, or word that there are no more.
static int feed(cffmpeg_video *video) {
  for (;;) {
    av_packet_unref(video->packet);
    int status = av_read_frame(video->format, video->packet);
    if (status == AVERROR_EOF && !video->is_drained) {
      video->is_drained = true;
      return avcodec_send_packet(video->decoder, NULL);
    }
    if (status < 0) return status;
    if (video->packet->stream_index != video->stream) continue;
    if (video->packet->flags & AV_PKT_FLAG_CORRUPT) return AVERROR_INVALIDDATA;
    return avcodec_send_packet(video->decoder, video->packet);
  }
}

cffmpeg_position cffmpeg_next(
    cffmpeg_video *video, int *width, int *height, cffmpeg_failure *failure) {
  memset(failure, 0, sizeof *failure);
  listen();
  int status = avcodec_receive_frame(video->decoder, video->frame);
  while (status == AVERROR(EAGAIN) && !heard[0]) {
    status = feed(video);
    if (status >= 0) status = avcodec_receive_frame(video->decoder, video->frame);
    if (video->packet->flags & AV_PKT_FLAG_DISCARD) heard[0] = 0;
  }
  is_listening = false;
  bool is_guessed = status >= 0 &&
      (video->frame->flags & AV_FRAME_FLAG_CORRUPT || video->frame->decode_error_flags);
  if (heard[0] || is_guessed || (status < 0 && status != AVERROR_EOF)) {
    fail_with(failure, cffmpeg_damaged, status < 0 ? status : AVERROR_INVALIDDATA);
    return cffmpeg_failed;
  }
  if (status == AVERROR_EOF) return cffmpeg_at_end;
  *width = video->frame->width;
  *height = video->frame->height;
  return cffmpeg_at_frame;
}

// Converting

// Makes room for RGB with padded rows: the scaler may write beyond what it was asked for.
static int prepare_rgb(AVFrame *rgb, const AVFrame *frame) {
  if (rgb->width == frame->width && rgb->height == frame->height) return 0;
  av_frame_unref(rgb);
  rgb->format = AV_PIX_FMT_RGB24;
  rgb->width = frame->width;
  rgb->height = frame->height;
  return av_frame_get_buffer(rgb, 0);
}

static bool prepare_scaler(cffmpeg_video *video) {
  const AVFrame *frame = video->frame;
  video->scaler = sws_getCachedContext(
      video->scaler, frame->width, frame->height, frame->format, frame->width, frame->height,
      AV_PIX_FMT_RGB24, SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT, NULL,
      NULL, NULL);
  if (!video->scaler) return false;
  int *matrix, *rgb_matrix, is_full, is_rgb_full, brightness, contrast, saturation;
  if (sws_getColorspaceDetails(
          video->scaler, &matrix, &is_full, &rgb_matrix, &is_rgb_full, &brightness, &contrast,
          &saturation) < 0)
    return true;
  if (frame->color_range != AVCOL_RANGE_UNSPECIFIED)
    is_full = frame->color_range == AVCOL_RANGE_JPEG;
  sws_setColorspaceDetails(
      video->scaler, sws_getCoefficients(frame->colorspace), is_full, rgb_matrix, is_rgb_full,
      brightness, contrast, saturation);
  return true;
}

bool cffmpeg_read_rgb(
    cffmpeg_video *video, uint8_t *pixels, size_t pixel_bytes, cffmpeg_failure *failure) {
  const AVFrame *frame = video->frame;
  AVFrame *rgb = video->rgb;
  memset(failure, 0, sizeof *failure);
  const char *name = av_get_pix_fmt_name(frame->format);
  if (!sws_isSupportedInput(frame->format)) {
    fail(failure, cffmpeg_not_convertible, name ? name : "an unknown format");
    return false;
  }
  listen();
  int status = prepare_rgb(rgb, frame);
  if (status >= 0 && !prepare_scaler(video)) status = AVERROR(EINVAL);
  if (status >= 0)
    status = sws_scale(
        video->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height,
        rgb->data, rgb->linesize);
  is_listening = false;
  size_t row_bytes = 3 * (size_t)frame->width;
  if (status != frame->height || row_bytes * (size_t)frame->height != pixel_bytes)
    return fail_with(failure, cffmpeg_not_convertible, status < 0 ? status : AVERROR(EINVAL));
  for (int row = 0; row < frame->height; row++)
    memcpy(pixels + row_bytes * row, rgb->data[0] + (ptrdiff_t)row * rgb->linesize[0], row_bytes);
  return true;
}

#endif
