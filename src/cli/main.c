/* main.c: the list of subcommands, in the order of the work. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-commands.h"

static const LkCliCommand * const commands[] = {
  &lk_cli_devices,
  &lk_cli_probe,
  NULL
};

int
main (int    argc,
      char **argv)
{
  return lk_cli_main (commands, argc, argv);
}
