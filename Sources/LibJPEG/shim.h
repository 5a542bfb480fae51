// libjpeg-turbo with the API of libjpeg 6b. Swift does not import this module: CJPEG does, because
// the library reports errors by calling a function that must not return.
#include <stdio.h>
#include <jpeglib.h>
