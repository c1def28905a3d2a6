// libssl (OpenSSL 3), on its own header: only TLS connections need it.
#pragma once
#include "openssl.h"
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// Swift can't read these macros.
static const uint64_t SG_OP_NO_RENEGOTIATION = SSL_OP_NO_RENEGOTIATION;
static const uint64_t SG_OP_NO_TICKET = SSL_OP_NO_TICKET;
