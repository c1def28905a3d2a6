// libcrypto (OpenSSL 3). The API level is pinned to 1.1.0, so that the SHA-1 state (SHA_CTX), a plain struct that can be
// copied per request without an allocation, is importable without deprecation warnings.
#pragma once
#define OPENSSL_API_COMPAT 0x10100000L
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
