// libmariadb, MariaDB's Connector/C, as Debian packages it (3.3).
#pragma once
#include <mariadb/mysql.h>
#include <mariadb/errmsg.h>

// Variadic, which Swift can't import: names this program to administrators who list connections.
static inline void mariadb_name_program(MYSQL *handle) {
    mysql_optionsv(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "sessiongate");
}
