/* The subcommands, one file each: lk-cli-NAME.c defines `const LkCliCommand lk_cli_NAME`. */
#pragma once

#include "cli/lk-cli.h"

G_BEGIN_DECLS

extern const LkCliCommand lk_cli_caption;
extern const LkCliCommand lk_cli_check;
extern const LkCliCommand lk_cli_demo;
extern const LkCliCommand lk_cli_devices;
extern const LkCliCommand lk_cli_verify;
extern const LkCliCommand lk_cli_bench;
extern const LkCliCommand lk_cli_generate;
extern const LkCliCommand lk_cli_grid;
extern const LkCliCommand lk_cli_import;
extern const LkCliCommand lk_cli_info;
extern const LkCliCommand lk_cli_new;
extern const LkCliCommand lk_cli_prepare;
extern const LkCliCommand lk_cli_probe;
extern const LkCliCommand lk_cli_stack;
extern const LkCliCommand lk_cli_train;

G_END_DECLS
