// The door to zlib. Swift imports all that is needed; `inflateInit2` is a macro for
// `inflateInit2_`, which is not.
#include <zlib.h>
