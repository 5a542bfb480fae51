// FFmpeg's libraries, 5.1 or later. Swift does not import this module: CFFmpeg does, because they say
// what is wrong through a function that takes a va_list.
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libswscale/swscale.h>
