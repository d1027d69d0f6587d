/* main.c: the list of subcommands, in the order of the work. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-commands.h"

static const LkCliCommand * const commands[] = {
  &lk_cli_demo,
  &lk_cli_new,
  &lk_cli_import,
  &lk_cli_caption,
  &lk_cli_check,
  &lk_cli_prepare,
  &lk_cli_train,
  &lk_cli_generate,
  &lk_cli_grid,
  &lk_cli_stack,
  &lk_cli_info,
  &lk_cli_devices,
  &lk_cli_verify,
  &lk_cli_bench,
  &lk_cli_probe,
  NULL
};

int
main (int    argc,
      char **argv)
{
  return lk_cli_main (commands, argc, argv);
}
