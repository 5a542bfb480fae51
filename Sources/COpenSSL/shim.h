// The door to OpenSSL's libcrypto, of which only message digests are used.
#include <openssl/evp.h>
