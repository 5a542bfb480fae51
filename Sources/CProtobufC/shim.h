// The door to libprotobuf-c (Debian: libprotobuf-c-dev), for the C of COnnxSchema: its headers
// bring these declarations to Swift, so nothing imports this module by name.
#include <protobuf-c/protobuf-c.h>
