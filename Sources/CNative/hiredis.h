// libhiredis, as Debian packages it (0.14): the protocol's reader and formatter. Connections are NIO's.
#pragma once
#include <hiredis/hiredis.h>
