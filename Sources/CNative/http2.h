// libnghttp2, as Debian packages it (1.52).
#pragma once
#include <nghttp2/nghttp2.h>
