/* lk-cli.c: options, exit codes, progress and results. See the header. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli.h"
#include "graph/lk-device.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PROGRAM "likeness-cli"

/* A terminal's line is rewritten this often at most; a log gets a line this often at most. */
#define TERMINAL_INTERVAL (G_USEC_PER_SEC / 10)
#define LOG_INTERVAL (10 * G_USEC_PER_SEC)

struct _LkCli
{
  gboolean      wants_json;
  GCancellable *cancellable;      /* owned; NULL until asked for */

  gboolean      is_terminal;      /* stderr is one */
  gboolean      has_line;         /* a progress line stands on it, without newline */
  char         *what;             /* owned; the work that the clock runs for, or NULL */
  gint64        started, shown;   /* microseconds, monotonic */
  guint         first;            /* parts that were done when the clock started */
};

/* ---- output -------------------------------------------------------------------------------------------------- */

static void
clear_line (LkCli *cli)
{
  if (!cli->has_line)
    return;
  fputs ("\r\033[K", stderr);
  fflush (stderr);
  cli->has_line = FALSE;
}

gboolean
lk_cli_wants_json (LkCli *cli)
{
  return cli->wants_json;
}

void
lk_cli_print (LkCli      *cli,
              const char *format,
              ...)
{
  va_list arguments;

  if (cli->wants_json)
    return;

  clear_line (cli);
  va_start (arguments, format);
  vprintf (format, arguments);
  va_end (arguments);
  fflush (stdout);
}

void
lk_cli_print_json (LkCli *cli,
                   cJSON *json)
{
  if (cli->wants_json)
    {
      char *text = cJSON_Print (json);

      clear_line (cli);
      puts (text);
      fflush (stdout);
      cJSON_free (text);
    }
  cJSON_Delete (json);
}

void
lk_cli_note (LkCli      *cli,
             const char *format,
             ...)
{
  va_list arguments;

  clear_line (cli);
  va_start (arguments, format);
  vfprintf (stderr, format, arguments);
  va_end (arguments);
  fputc ('\n', stderr);
}

/* ---- progress ------------------------------------------------------------------------------------------------ */

char *
lk_cli_format_duration (gint64 seconds)
{
  if (seconds < 60)
    return g_strdup_printf (_("%d s"), (int) seconds);
  if (seconds < 3600)
    return g_strdup_printf (_("%d min %02d s"), (int) (seconds / 60), (int) (seconds % 60));
  return g_strdup_printf (_("%d h %02d min"), (int) (seconds / 3600), (int) (seconds / 60 % 60));
}

/* The longest beginning of `line` that a terminal of `n_columns` shows in one row. */
static char *
cut_to_columns (const char *line,
                glong       n_columns)
{
  return g_utf8_substring (line, 0, MIN (n_columns, g_utf8_strlen (line, -1)));
}

static void
show_progress (LkCli      *cli,
               const char *line,
               gboolean    is_last)
{
  g_autofree char *row = NULL;
  struct winsize size;

  if (!cli->is_terminal)
    {
      fprintf (stderr, "%s\n", line);
      return;
    }

  /* A line as wide as the terminal would wrap, and could not be taken back. */
  row = cut_to_columns (line, ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79);
  clear_line (cli);
  fputs (row, stderr);
  if (is_last)
    fputc ('\n', stderr);
  fflush (stderr);
  cli->has_line = !is_last;
}

void
lk_cli_progress (LkCli      *cli,
                 const char *what,
                 guint       done,
                 guint       total,
                 const char *detail)
{
  gint64 now = g_get_monotonic_time ();
  gboolean is_last = done >= total;
  g_autoptr (GString) line = NULL;

  if (g_strcmp0 (cli->what, what) != 0)
    {
      g_free (cli->what);
      cli->what = g_strdup (what);
      cli->started = now;
      cli->first = done;
    }
  else if (!is_last && now - cli->shown < (cli->is_terminal ? TERMINAL_INTERVAL : LOG_INTERVAL))
    return;
  cli->shown = now;

  line = g_string_new (what);
  g_string_append_printf (line, _(": %u of %u"), done, total);
  if (detail != NULL)
    g_string_append_printf (line, " · %s", detail);

  if (is_last)
    {
      g_autofree char *taken = lk_cli_format_duration ((now - cli->started) / G_USEC_PER_SEC);

      g_string_append (line, " · ");
      g_string_append_printf (line, _("took %s"), taken);
    }
  else if (done > cli->first && now - cli->started >= G_USEC_PER_SEC)
    {
      double per_part = (double) (now - cli->started) / (double) (done - cli->first);
      g_autofree char *left = lk_cli_format_duration ((gint64) (per_part * (double) (total - done) / G_USEC_PER_SEC + 0.5));

      g_string_append (line, " · ");
      g_string_append_printf (line, _("%s left"), left);
    }

  show_progress (cli, line->str, is_last);
  if (is_last)
    g_clear_pointer (&cli->what, g_free);
}

/* ---- stopping ------------------------------------------------------------------------------------------------ */

/* A signal handler may write to a pipe but not cancel a GCancellable: a thread reads and does it. */
static int signal_pipe[2];

static void
on_signal (int number)
{
  char byte = (char) number;

  if (write (signal_pipe[1], &byte, 1) != 1)
    _exit (LK_CLI_FAILED);
}

static gpointer
cancel_on_signal (gpointer data)
{
  g_autoptr (GCancellable) cancellable = data;
  char byte;

  if (read (signal_pipe[0], &byte, 1) == 1)
    g_cancellable_cancel (cancellable);
  if (read (signal_pipe[0], &byte, 1) == 1)
    _exit (LK_CLI_FAILED);
  return NULL;
}

GCancellable *
lk_cli_get_cancellable (LkCli *cli)
{
  struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
  g_autoptr (GError) error = NULL;

  if (cli->cancellable != NULL)
    return cli->cancellable;

  cli->cancellable = g_cancellable_new ();
  if (!g_unix_open_pipe (signal_pipe, O_CLOEXEC, &error))
    {
      /* Out of file descriptors: Ctrl+C then ends the program the hard way, which every file on disk survives. */
      g_debug ("No pipe for signals: %s", error->message);
      return cli->cancellable;
    }
  g_thread_unref (g_thread_new ("cli-signals", cancel_on_signal, g_object_ref (cli->cancellable)));
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  return cli->cancellable;
}

/* ---- command line --------------------------------------------------------------------------------------------- */

static const LkCliCommand *
find_command (const LkCliCommand * const *commands,
              const char                 *name)
{
  for (gsize i = 0; commands[i] != NULL; i++)
    if (strcmp (commands[i]->name, name) == 0)
      return commands[i];
  return NULL;
}

static void
print_usage (const LkCliCommand * const *commands,
             FILE                       *stream)
{
  fprintf (stream, _("Usage: %s SUBCOMMAND [OPTION…] [ARGUMENT…]\n\n"), PROGRAM);
  fprintf (stream, _("Trains, tests and combines LoRAs that keep a character’s likeness.\n\nSubcommands:\n"));
  for (gsize i = 0; commands[i] != NULL; i++)
    fprintf (stream, "  %-10s %s\n", commands[i]->name, _(commands[i]->summary));
  fprintf (stream, _("\n“%s SUBCOMMAND --help” tells the options of one.\n"
                     "Every subcommand exits with 0 when done, 1 when it found problems, 2 on bad usage, 3 when it failed.\n"), PROGRAM);
}

/* Takes options out of `args`; FALSE with `error` set where the command line is wrong. */
static gboolean
parse_arguments (LkCli               *cli,
                 const LkCliCommand  *command,
                 char              ***args,
                 GError             **error)
{
  GOptionEntry common[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &cli->wants_json, N_("Print the result as JSON"), NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new (command->parameters);
  int n_args;

  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_summary (context, _(command->summary));
  if (command->description != NULL)
    g_option_context_set_description (context, _(command->description));
  if (command->options != NULL)
    g_option_context_add_main_entries (context, command->options, GETTEXT_PACKAGE);
  g_option_context_add_main_entries (context, common, GETTEXT_PACKAGE);
  if (!g_option_context_parse_strv (context, args, error))
    return FALSE;

  /* What follows "--" is no option; the mark itself is no argument. */
  n_args = (int) g_strv_length (*args) - 1;
  for (int i = 1; i <= n_args; i++)
    if (strcmp ((*args)[i], "--") == 0)
      {
        g_free ((*args)[i]);
        memmove (*args + i, *args + i + 1, sizeof (char *) * (gsize) (n_args - i + 1));
        n_args--;
        break;
      }

  if (n_args < command->min_args)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("Something is missing: %s"),
                   command->parameters != NULL ? command->parameters : command->name);
      return FALSE;
    }
  if (command->max_args >= 0 && n_args > command->max_args)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("“%s” is one argument too many"),
                   (*args)[1 + command->max_args]);
      return FALSE;
    }
  return TRUE;
}

static LkCliStatus
run_command (LkCli              *cli,
             const LkCliCommand *command,
             char              **argv)
{
  g_auto (GStrv) args = g_strdupv (argv);
  g_autofree char *program = g_strdup_printf ("%s %s", PROGRAM, command->name);
  g_autoptr (GError) error = NULL;
  LkCliStatus status;

  g_set_prgname (program);
  if (parse_arguments (cli, command, &args, &error))
    {
      status = command->run (cli, (int) g_strv_length (args) - 1, args + 1, &error);
      clear_line (cli);
      if (error == NULL)
        return status;
    }

  if (error->domain == G_OPTION_ERROR || g_error_matches (error, LK_DEVICE_ERROR, LK_DEVICE_ERROR_BAD_SPEC))
    status = LK_CLI_BAD_USAGE;
  else
    status = LK_CLI_FAILED;
  fprintf (stderr, "%s: %s\n", program, error->message);
  if (status == LK_CLI_BAD_USAGE)
    fprintf (stderr, _("“%s --help” tells what it takes.\n"), program);
  if (cli->wants_json)
    {
      cJSON *json = cJSON_CreateObject ();

      cJSON_AddStringToObject (json, "error", error->message);
      lk_cli_print_json (cli, json);
    }
  return status;
}

/* Words are UTF-8 throughout; a server's bare "C" locale would refuse every letter beyond ASCII. */
static void
set_up_locale (void)
{
  setlocale (LC_ALL, "");
  if (strcmp (nl_langinfo (CODESET), "UTF-8") != 0)
    setlocale (LC_CTYPE, "C.UTF-8");
  bindtextdomain (GETTEXT_PACKAGE, LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

int
lk_cli_main (const LkCliCommand * const  *commands,
             int                          argc,
             char                       **argv)
{
  LkCli cli = { .is_terminal = isatty (STDERR_FILENO) };
  const LkCliCommand *command;
  LkCliStatus status;

  set_up_locale ();

  if (argc < 2)
    {
      print_usage (commands, stderr);
      return LK_CLI_BAD_USAGE;
    }
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h"))
    {
      print_usage (commands, stdout);
      return LK_CLI_DONE;
    }
  if (g_str_equal (argv[1], "--version"))
    {
      printf ("Likeness %s\n", PACKAGE_VERSION);
      return LK_CLI_DONE;
    }

  command = find_command (commands, argv[1]);
  if (command == NULL)
    {
      fprintf (stderr, _("%s: there is no subcommand “%s”. “%s --help” lists them.\n"), PROGRAM, argv[1], PROGRAM);
      return LK_CLI_BAD_USAGE;
    }

  status = run_command (&cli, command, argv + 1);
  g_clear_object (&cli.cancellable);
  g_clear_pointer (&cli.what, g_free);
  return status;
}
