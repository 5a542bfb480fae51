// libpng 1.6. Swift does not import this module: CPNG does, because libpng reports errors by
// longjmp.
#include <png.h>
