/* The frame of likeness-cli: what every subcommand has in common.
 *
 * A subcommand is one file, lk-cli-NAME.c, that defines one LkCliCommand; main.c lists them. The frame parses its options,
 * counts its arguments, prints its help and its error, and turns the outcome into the exit code: 0 done, 1 found problems,
 * 2 bad usage, 3 failed. Results go to stdout: words for people, or one JSON value where `--json` was given. Progress and
 * messages go to stderr.
 */
#pragma once

#include <cjson/cJSON.h>
#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  LK_CLI_DONE = 0,
  LK_CLI_PROBLEMS = 1,
  LK_CLI_BAD_USAGE = 2,
  LK_CLI_FAILED = 3,
} LkCliStatus;

typedef struct _LkCli LkCli;

typedef struct
{
  const char         *name;
  const char         *summary;      /* N_() one line for the list of subcommands */
  const char         *parameters;   /* what follows the options, "PROJECT [FILE…]"; NULL: nothing */
  const char         *description;  /* N_() paragraphs under the options of --help, or NULL */
  const GOptionEntry *options;      /* NULL-terminated, with the addresses of the file's static variables; or NULL */
  int                 min_args;     /* how many arguments must stay when the options are taken out */
  int                 max_args;     /* -1: any number */

  /* Does the work. With `error` set the frame prints it and exits 2 where it is of G_OPTION_ERROR or names no device, else 3; a
   * command that finds its arguments wrong says so with G_OPTION_ERROR_BAD_VALUE. */
  LkCliStatus       (*run)          (LkCli   *cli,
                                     int      n_args,
                                     char   **args,
                                     GError **error);
} LkCliCommand;

/* Runs what the command line says and returns the exit code. `commands` ends with NULL; argv[0] is the program. */
int           lk_cli_main            (const LkCliCommand * const *commands,
                                      int                         argc,
                                      char                      **argv);

/* Whether `--json` was given: then lk_cli_print () is silent and lk_cli_print_json () speaks. */
gboolean      lk_cli_wants_json      (LkCli       *cli);
/* A piece of the result for people, to stdout. The newline is the caller's. */
void          lk_cli_print           (LkCli       *cli,
                                      const char  *format,
                                      ...) G_GNUC_PRINTF (2, 3);
/* The result for machines, to stdout, once; silent without --json. Frees `json`. */
void          lk_cli_print_json      (LkCli       *cli,
                                      cJSON       *json);
/* A sentence beside the result, to stderr. */
void          lk_cli_note            (LkCli       *cli,
                                      const char  *format,
                                      ...) G_GNUC_PRINTF (2, 3);

/* How far a long work is: `done` of `total` parts of `what` ("Training"), with `detail` ("loss 0.123") or NULL. A new `what` starts
 * a new clock; done == total ends the line. On a terminal one line is rewritten, elsewhere a line appears every ten seconds;
 * both tell the time left. Cheap enough to call at every step. */
void          lk_cli_progress        (LkCli       *cli,
                                      const char  *what,
                                      guint        done,
                                      guint        total,
                                      const char  *detail);

/* Cancelled by the first Ctrl+C or SIGTERM, for commands that must put something away before they end; a second one ends the
 * program at once. A command that never asks for it is ended by the first. Owned by `cli`. */
GCancellable *lk_cli_get_cancellable (LkCli       *cli);

/* "2 min 05 s" or "1 h 20 min", for people. Free with g_free (). */
char         *lk_cli_format_duration (gint64       seconds);

G_END_DECLS
