/* commands.c: a program on the CLI's frame whose subcommands end in every way there is. test-cli.c runs it. */
#define G_LOG_DOMAIN "test-cli-commands"

#include "config.h"

#include "cli/lk-cli.h"
#include "graph/lk-device.h"

#include <signal.h>

static char *word;

static const GOptionEntry word_options[] = {
  { "word", 0, 0, G_OPTION_ARG_STRING, &word, "What to say", "WORD" },
  G_OPTION_ENTRY_NULL
};

static LkCliStatus
run_say (LkCli   *cli,
         int      n_args,
         char   **args,
         GError **error)
{
  cJSON *json = cJSON_CreateObject ();

  for (int i = 0; i < n_args; i++)
    lk_cli_print (cli, "argument %s\n", args[i]);
  lk_cli_print (cli, "word %s\n", word != NULL ? word : "none");
  cJSON_AddStringToObject (json, "word", word != NULL ? word : "none");
  lk_cli_print_json (cli, json);
  return LK_CLI_DONE;
}

static LkCliStatus
run_problems (LkCli   *cli,
              int      n_args,
              char   **args,
              GError **error)
{
  return LK_CLI_PROBLEMS;
}

static LkCliStatus
run_fail (LkCli   *cli,
          int      n_args,
          char   **args,
          GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "The disk is full.");
  return LK_CLI_FAILED;
}

static LkCliStatus
run_no_device (LkCli   *cli,
               int      n_args,
               char   **args,
               GError **error)
{
  g_set_error_literal (error, LK_DEVICE_ERROR, LK_DEVICE_ERROR_BAD_SPEC, "“abacus” is no device.");
  return LK_CLI_FAILED;
}

static LkCliStatus
run_count (LkCli   *cli,
           int      n_args,
           char   **args,
           GError **error)
{
  for (guint i = 0; i <= 1000; i++)
    lk_cli_progress (cli, "Counting", i, 1000, "softly");
  return LK_CLI_DONE;
}

/* Asks to be stopped, and says so when it was. */
static LkCliStatus
run_stop (LkCli   *cli,
          int      n_args,
          char   **args,
          GError **error)
{
  GCancellable *cancellable = lk_cli_get_cancellable (cli);

  raise (SIGINT);
  for (guint i = 0; i < 5000 && !g_cancellable_is_cancelled (cancellable); i++)
    g_usleep (1000);
  if (!g_cancellable_set_error_if_cancelled (cancellable, error))
    return LK_CLI_DONE;
  lk_cli_print (cli, "put away\n");
  return LK_CLI_FAILED;
}

static const LkCliCommand say = { "say", "Says a word", "THING [THING…]", NULL, word_options, 1, 2, run_say };
static const LkCliCommand problems = { "problems", "Finds problems", NULL, NULL, NULL, 0, 0, run_problems };
static const LkCliCommand fail = { "fail", "Fails", NULL, NULL, NULL, 0, 0, run_fail };
static const LkCliCommand no_device = { "no-device", "Names no device", NULL, NULL, NULL, 0, 0, run_no_device };
static const LkCliCommand count = { "count", "Counts to a thousand", NULL, NULL, NULL, 0, 0, run_count };
static const LkCliCommand stop = { "stop", "Is stopped", NULL, NULL, NULL, 0, 0, run_stop };

static const LkCliCommand * const commands[] = { &say, &problems, &fail, &no_device, &count, &stop, NULL };

int
main (int    argc,
      char **argv)
{
  return lk_cli_main (commands, argc, argv);
}
