/* The subcommands, one file each: lk-cli-NAME.c defines `const LkCliCommand lk_cli_NAME`. */
#pragma once

#include "cli/lk-cli.h"

G_BEGIN_DECLS

extern const LkCliCommand lk_cli_devices;
extern const LkCliCommand lk_cli_probe;

G_END_DECLS
