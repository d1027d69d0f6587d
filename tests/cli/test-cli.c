/* test-cli.c: what scripts rely on: exit codes, what goes to stdout and what to stderr, and that JSON stays JSON. */
#include "config.h"

#include <cjson/cJSON.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <unistd.h>

typedef struct
{
  int   status;       /* exit code; -1: it died of a signal */
  char *out, *err;
} Result;

static void
result_clear (Result *result)
{
  g_free (result->out);
  g_free (result->err);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

/* Runs the program that the environment variable `which` names. */
static Result
run (const char *which,
     const char *first,
     ...)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  Result result = { -1, NULL, NULL };
  va_list words;

  g_ptr_array_add (argv, (char *) g_getenv (which));
  va_start (words, first);
  for (const char *word = first; word != NULL; word = va_arg (words, const char *))
    g_ptr_array_add (argv, (char *) word);
  va_end (words);
  g_ptr_array_add (argv, NULL);

  process = g_subprocess_newv ((const char * const *) argv->pdata, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &result.out, &result.err, &error);
  g_assert_no_error (error);
  if (g_subprocess_get_if_exited (process))
    result.status = g_subprocess_get_exit_status (process);
  return result;
}

#define run_frame(...) run ("LIKENESS_TEST_COMMANDS", __VA_ARGS__, NULL)
#define run_cli(...) run ("LIKENESS_TEST_CLI", __VA_ARGS__, NULL)
#define assert_contains(text, part) g_assert_nonnull (strstr (text, part))

static void
test_usage (void)
{
  g_auto (Result) nothing = run ("LIKENESS_TEST_COMMANDS", NULL);
  g_auto (Result) help = run_frame ("--help");
  g_auto (Result) version = run_frame ("--version");
  g_auto (Result) help_of_one = run_frame ("say", "--help");

  g_assert_cmpint (nothing.status, ==, 2);
  g_assert_cmpstr (nothing.out, ==, "");
  assert_contains (nothing.err, "problems");

  g_assert_cmpint (help.status, ==, 0);
  assert_contains (help.out, "Finds problems");
  g_assert_cmpstr (help.err, ==, "");

  g_assert_cmpint (version.status, ==, 0);
  g_assert_cmpstr (version.out, ==, "Likeness " PACKAGE_VERSION "\n");

  g_assert_cmpint (help_of_one.status, ==, 0);
  assert_contains (help_of_one.out, "--word=WORD");
  assert_contains (help_of_one.out, "--json");
  assert_contains (help_of_one.out, "THING [THING…]");
}

static void
test_bad_usage (void)
{
  g_auto (Result) unknown = run_frame ("dance");
  g_auto (Result) bad_option = run_frame ("say", "--louder", "a");
  g_auto (Result) bad_option_after = run_frame ("say", "a", "--louder");
  g_auto (Result) no_value = run_frame ("say", "a", "--word");
  g_auto (Result) missing = run_frame ("say");
  g_auto (Result) too_many = run_frame ("say", "a", "b", "c");
  g_auto (Result) no_device = run_frame ("no-device");
  const Result *results[] = { &unknown, &bad_option, &bad_option_after, &no_value, &missing, &too_many, &no_device };

  for (gsize i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_assert_cmpint (results[i]->status, ==, 2);
      g_assert_cmpstr (results[i]->out, ==, "");
      g_assert_cmpstr (results[i]->err, !=, "");
    }
  assert_contains (unknown.err, "“dance”");
  assert_contains (bad_option.err, "--louder");
  assert_contains (missing.err, "THING");
  assert_contains (too_many.err, "“c”");
}

static void
test_exit_codes (void)
{
  g_auto (Result) done = run_frame ("say", "a");
  g_auto (Result) problems = run_frame ("problems");
  g_auto (Result) failed = run_frame ("fail");
  g_auto (Result) failed_json = run_frame ("fail", "--json");
  cJSON *json;

  g_assert_cmpint (done.status, ==, 0);
  g_assert_cmpint (problems.status, ==, 1);
  g_assert_cmpint (failed.status, ==, 3);
  g_assert_cmpstr (failed.out, ==, "");
  assert_contains (failed.err, "The disk is full.");

  g_assert_cmpint (failed_json.status, ==, 3);
  json = cJSON_Parse (failed_json.out);
  g_assert_cmpstr (cJSON_GetStringValue (cJSON_GetObjectItem (json, "error")), ==, "The disk is full.");
  cJSON_Delete (json);
}

static void
test_arguments (void)
{
  g_auto (Result) words = run_frame ("say", "--word", "straße", "a");
  g_auto (Result) dashes = run_frame ("say", "--", "--word", "-x");
  g_auto (Result) json = run_frame ("say", "--json", "a");

  g_assert_cmpstr (words.out, ==, "argument a\nword straße\n");
  g_assert_cmpstr (dashes.out, ==, "argument --word\nargument -x\nword none\n");
  g_assert_cmpstr (json.out, ==, "{\n\t\"word\":\t\"none\"\n}\n");
}

/* In the bare locale of a server, words beyond ASCII still come through. */
static void
test_bare_locale (void)
{
  g_autofree char *before = g_strdup (g_getenv ("LC_ALL"));

  g_setenv ("LC_ALL", "C", TRUE);
  {
    g_auto (Result) result = run_frame ("say", "--word", "straße", "a");

    g_assert_cmpint (result.status, ==, 0);
    assert_contains (result.out, "straße");
  }
  if (before != NULL)
    g_setenv ("LC_ALL", before, TRUE);
  else
    g_unsetenv ("LC_ALL");
}

/* A log gets few lines however many steps there are, and none on stdout. */
static void
test_progress_in_a_log (void)
{
  g_auto (Result) result = run_frame ("count");
  g_auto (GStrv) lines = g_strsplit (g_strchomp (result.err), "\n", -1);

  g_assert_cmpint (result.status, ==, 0);
  g_assert_cmpstr (result.out, ==, "");
  g_assert_cmpuint (g_strv_length (lines), ==, 2);
  g_assert_cmpstr (lines[0], ==, "Counting: 0 of 1000 · softly");
  g_assert_cmpstr (lines[1], ==, "Counting: 1000 of 1000 · softly · took 0 s");
}

static void
test_stop (void)
{
  g_auto (Result) result = run_frame ("stop");

  g_assert_cmpint (result.status, ==, 3);
  g_assert_cmpstr (result.out, ==, "put away\n");
}

/* The program itself: the device that every machine has comes first, and the numbers of the others are there. */
static void
test_devices (void)
{
  g_auto (Result) result = run_cli ("devices", "--json");
  g_auto (Result) words = run_cli ("devices");
  cJSON *json = cJSON_Parse (result.out), *cpu = cJSON_GetArrayItem (json, 0), *device;

  g_assert_cmpint (result.status, ==, 0);
  g_assert_cmpstr (cJSON_GetStringValue (cJSON_GetObjectItem (cpu, "device")), ==, "cpu");
  g_assert_cmpfloat (cJSON_GetNumberValue (cJSON_GetObjectItem (cpu, "threads")), ==, g_get_num_processors ());
  g_assert_cmpfloat (cJSON_GetNumberValue (cJSON_GetObjectItem (cpu, "memory_total")), >, 1 << 20);
  cJSON_ArrayForEach (device, json)
    {
      assert_contains (words.out, cJSON_GetStringValue (cJSON_GetObjectItem (device, "device")));
      assert_contains (words.out, cJSON_GetStringValue (cJSON_GetObjectItem (device, "name")));
      if (device != cpu)
        g_assert_cmpfloat (cJSON_GetNumberValue (cJSON_GetObjectItem (device, "max_binding")), >=, 1 << 27);
    }
  cJSON_Delete (json);
}

/* The kernels of this processor against plain C: everything is compared, and agrees. */
static void
test_verify (void)
{
  g_auto (Result) result = run_cli ("verify", "--device", "cpu", "--json");
  cJSON *json = cJSON_Parse (result.out), *results = cJSON_GetObjectItem (json, "results"), *one;
  guint n_gradients = 0;

  g_assert_cmpint (result.status, ==, 0);
  g_assert_cmpfloat (cJSON_GetNumberValue (cJSON_GetObjectItem (json, "wrong")), ==, 0);
  g_assert_cmpint (cJSON_GetArraySize (results), >, 40);
  cJSON_ArrayForEach (one, results)
    {
      g_assert_cmpfloat (cJSON_GetNumberValue (cJSON_GetObjectItem (one, "error")), <=,
                         cJSON_GetNumberValue (cJSON_GetObjectItem (one, "bound")));
      n_gradients += strstr (cJSON_GetStringValue (cJSON_GetObjectItem (one, "name")), "gradient") != NULL;
    }
  g_assert_cmpuint (n_gradients, >, 20);
  cJSON_Delete (json);
}

/* A measurement names what it measured and says a time above nothing. */
static void
test_bench (void)
{
  g_auto (Result) unknown = run_cli ("bench", "dance");
  g_auto (Result) result = run_cli ("bench", "starter", "--device", "cpu", "--json");
  cJSON *json = cJSON_Parse (result.out), *results = cJSON_GetObjectItem (json, "results"), *one;

  g_assert_cmpint (unknown.status, ==, 2);
  assert_contains (unknown.err, "“dance”");
  g_assert_cmpint (result.status, ==, 0);
  g_assert_cmpint (cJSON_GetArraySize (results), ==, 2);
  cJSON_ArrayForEach (one, results)
    {
      assert_contains (cJSON_GetStringValue (cJSON_GetObjectItem (one, "name")), "starter");
      g_assert_cmpfloat (cJSON_GetNumberValue (cJSON_GetObjectItem (one, "seconds")), >, 0);
    }
  cJSON_Delete (json);
}

/* Whether there is a finding of `id` that names `image` (NULL: any). */
static gboolean
finds (const char *output,
       const char *id,
       const char *image)
{
  cJSON *json = cJSON_Parse (output), *finding, *name;
  gboolean found = FALSE;

  g_assert_nonnull (json);
  cJSON_ArrayForEach (finding, cJSON_GetObjectItem (json, "findings"))
    if (g_strcmp0 (cJSON_GetStringValue (cJSON_GetObjectItem (finding, "id")), id) == 0)
      {
        found |= image == NULL;
        cJSON_ArrayForEach (name, cJSON_GetObjectItem (finding, "images"))
          found |= g_strcmp0 (cJSON_GetStringValue (name), image) == 0;
      }
  cJSON_Delete (json);
  return found;
}

/* A project as a person makes it, then two captions broken from outside: check says which, and scripts learn it from the exit code. */
static void
test_check (void)
{
  g_autofree char *folder = g_dir_make_tmp ("likeness-XXXXXX", NULL), *project = g_build_filename (folder, "Mira", NULL);
  g_autofree char *sample = g_build_filename (g_getenv ("LIKENESS_DATA_DIR"), "starter", "sample", NULL);
  g_autofree char *park = g_build_filename (project, "images", "full-park.txt", NULL);
  g_autofree char *snow = g_build_filename (project, "images", "extra-snow.txt", NULL), *command = NULL;
  g_auto (Result) none = run_cli ("check", project);
  g_auto (Result) made = run_cli ("new", project, "--trigger", "ohwx", "--class", "woman");
  g_auto (Result) imported = run_cli ("import", project, sample);
  g_auto (Result) good = run_cli ("check", project, "--json");

  g_assert_cmpint (none.status, ==, 3);
  assert_contains (none.err, project);
  g_assert_cmpint (made.status, ==, 0);
  g_assert_cmpint (imported.status, ==, 0);
  g_assert_cmpint (good.status, ==, 0);
  g_assert_true (finds (good.out, "starter-base", NULL));
  g_assert_false (finds (good.out, "no-caption", NULL));
  g_assert_false (finds (good.out, "trigger-missing", NULL));

  g_assert_true (g_file_set_contents (park, "a woman in a park, standing", -1, NULL));
  g_assert_cmpint (g_unlink (snow), ==, 0);
  {
    g_auto (Result) bad = run_cli ("check", project, "--json");
    g_auto (Result) words = run_cli ("check", project);

    g_assert_cmpint (bad.status, ==, 1);
    g_assert_true (finds (bad.out, "trigger-missing", "full-park.png"));
    g_assert_false (finds (bad.out, "trigger-missing", "full-street.png"));
    g_assert_true (finds (bad.out, "no-caption", "extra-snow.png"));
    g_assert_cmpint (words.status, ==, 1);
    assert_contains (words.out, "“ohwx” is missing");
    assert_contains (words.out, "full-park.png");
  }
  command = g_strdup_printf ("rm -rf '%s'", folder);
  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
}

/* What a run would take, said and not taken: no run appears, and one that cannot fit is refused before there is one. */
static void
test_plan (void)
{
  g_autofree char *folder = g_dir_make_tmp ("likeness-XXXXXX", NULL), *project = g_build_filename (folder, "Mira", NULL);
  g_autofree char *runs = g_build_filename (project, "runs", NULL), *command = g_strdup_printf ("rm -rf '%s'", folder);
  g_autofree char *picture = g_build_filename (g_getenv ("LIKENESS_DATA_DIR"), "starter", "sample", "images", "full-park.png", NULL);
  g_auto (Result) made = run_cli ("new", project, "--trigger", "ohwx", "--class", "woman");
  g_auto (Result) good = run_cli ("train", project, "--plan", "--device", "cpu", "--json");
  g_auto (Result) words = run_cli ("train", project, "--plan", "--device", "cpu");
  g_auto (Result) wrong = run_cli ("train", project, "--plan", "--resume", "last");
  g_auto (Result) vast = run_cli ("train", project, "--plan", "--device", "cpu", "--json", "--set", "resolution=2048", "--set",
                                  "train_batch_size=64");
  g_auto (Result) vast_words = run_cli ("train", project, "--plan", "--device", "cpu", "--set", "resolution=2048", "--set", "train_batch_size=64");
  g_auto (Result) imported = run_cli ("import", project, picture);
  g_auto (Result) refused = { -1, NULL, NULL };
  g_autoptr (GDir) dir = NULL;
  cJSON *json = cJSON_Parse (good.out), *vast_json = cJSON_Parse (vast.out), *remedy;
  double sum = 0;

  g_assert_cmpint (made.status, ==, 0);
  g_assert_cmpint (good.status, ==, 0);
  for (guint i = 0; i < 5; i++)
    sum += cJSON_GetNumberValue (cJSON_GetObjectItem (json, ((const char *[]) { "weights", "activations", "adapter", "optimizer", "workspace" })[i]));
  g_assert_cmpfloat (cJSON_GetNumberValue (cJSON_GetObjectItem (json, "training")), ==, sum);
  g_assert_true (cJSON_IsTrue (cJSON_GetObjectItem (json, "fits")));
  assert_contains (words.out, "12.7\302\240MiB  weights");
  assert_contains (words.out, "It fits");
  g_assert_cmpint (wrong.status, ==, 2);

  g_assert_cmpint (imported.status, ==, 0);
  if (cJSON_IsTrue (cJSON_GetObjectItem (vast_json, "fits")))
    g_test_skip ("This computer has more than 70 GiB of memory: nothing is refused");
  else
    {
      g_assert_cmpint (vast.status, ==, 1);
      remedy = cJSON_GetArrayItem (cJSON_GetObjectItem (vast_json, "remedies"), 0);
      g_assert_cmpfloat (cJSON_GetNumberValue (cJSON_GetObjectItem (remedy, "peak")), <,
                         cJSON_GetNumberValue (cJSON_GetObjectItem (vast_json, "free")));
      assert_contains (vast_words.out, "batch size 1");
      refused = run_cli ("train", project, "--device", "cpu", "--set", "resolution=2048", "--set", "train_batch_size=64");
      g_assert_cmpint (refused.status, ==, 3);
      assert_contains (refused.err, "batch size 1");
    }
  dir = g_dir_open (runs, 0, NULL);
  g_assert_true (dir == NULL || g_dir_read_name (dir) == NULL);

  cJSON_Delete (json);
  cJSON_Delete (vast_json);
  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
}

static char *
read_caption (const char *folder,
              const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

/* A folder of pictures with a tagger: only where nothing is written yet, and nothing at all on a dry run; then a project, in one step. */
static void
test_caption (void)
{
  g_autofree char *folder = g_dir_make_tmp ("likeness-XXXXXX", NULL), *command = g_strdup_printf ("rm -rf '%s'", folder);
  g_autofree char *sample = g_build_filename (g_getenv ("LIKENESS_DATA_DIR"), "starter", "sample", "images", NULL);
  g_autofree char *tagger = g_build_filename (g_getenv ("LIKENESS_TEST_GOLDEN"), "tagger-tiny", NULL);
  g_autofree char *project = g_build_filename (folder, "Mira", NULL), *images = g_build_filename (project, "images", NULL);
  g_autofree char *park = g_build_filename (sample, "full-park.png", NULL), *broken = g_build_filename (folder, "broken.png", NULL);
  g_autofree char *copy = g_strdup_printf ("cp '%s/full-park.png' '%s/extra-snow.png' '%s/extra-snow.txt' '%s'", sample, sample, sample, folder);
  g_autofree char *snow = read_caption (sample, "extra-snow.txt");
  g_auto (Result) nothing = run_cli ("caption", folder, "--tagger", tagger);
  g_auto (Result) wrong = run_cli ("caption", folder, "--where", "above");
  g_auto (Result) both = run_cli ("caption", folder, "--tagger", tagger, "--blip", tagger);
  g_auto (Result) no_number = run_cli ("caption", folder, "--tagger", tagger, "--threshold", "2");

  g_assert_cmpint (nothing.status, ==, 3);
  assert_contains (nothing.err, "no pictures");
  g_assert_cmpint (wrong.status, ==, 2);
  assert_contains (wrong.err, "“above”");
  g_assert_cmpint (both.status, ==, 2);
  g_assert_cmpint (no_number.status, ==, 2);

  g_assert_true (g_spawn_command_line_sync (copy, NULL, NULL, NULL, NULL));
  {
    g_auto (Result) dry = run_cli ("caption", folder, "--tagger", tagger, "--threshold", "0", "--trigger", "ohwx", "--dry-run", "--json", "--device", "cpu");
    cJSON *json = cJSON_Parse (dry.out), *first = cJSON_GetArrayItem (cJSON_GetObjectItem (json, "captions"), 0);

    g_assert_cmpint (dry.status, ==, 0);
    g_assert_cmpint (cJSON_GetArraySize (cJSON_GetObjectItem (json, "captions")), ==, 1);
    g_assert_true (g_str_has_prefix (cJSON_GetStringValue (cJSON_GetObjectItem (first, "after")), "ohwx, tag "));
    g_assert_null (read_caption (folder, "full-park.txt"));
    cJSON_Delete (json);
  }
  g_assert_true (g_file_set_contents (broken, "no picture", -1, NULL));
  {
    g_auto (Result) done = run_cli ("caption", folder, "--tagger", tagger, "--threshold", "0", "--trigger", "ohwx", "--blacklist", "tag_4, tag 1?",
                                    "--device", "cpu");
    g_autofree char *written = read_caption (folder, "full-park.txt"), *kept = read_caption (folder, "extra-snow.txt");

    g_assert_cmpint (done.status, ==, 1);
    assert_contains (done.err, "broken.png");
    g_assert_true (g_str_has_prefix (written, "ohwx, tag "));
    assert_contains (written, "tag 20");
    g_assert_null (strstr (written, "tag 4,"));
    g_assert_null (strstr (written, "tag 12"));
    g_assert_cmpstr (kept, ==, snow);
  }
  {
    g_auto (Result) made = run_cli ("new", project, "--trigger", "ohwx", "--class", "woman", "--hair", "brown hair");
    g_auto (Result) imported = run_cli ("import", project, park);
    g_auto (Result) drafted = run_cli ("caption", project, "--where", "replace", "--words", "in a park");
    g_autofree char *draft = read_caption (images, "full-park.txt");

    g_assert_cmpint (imported.status, ==, 0);
    g_assert_cmpint (drafted.status, ==, 0);
    g_assert_true (g_str_has_prefix (draft, "ohwx woman, brown hair, "));
    g_assert_true (g_str_has_suffix (draft, ", in a park"));
  }
  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
}

/* Ctrl+C in the midst of 200 pictures: what is written is whole, nothing half is left, and the sentence says so. */
static void
test_caption_stopped (void)
{
  g_autofree char *folder = g_dir_make_tmp ("likeness-XXXXXX", NULL), *command = g_strdup_printf ("rm -rf '%s'", folder);
  g_autofree char *picture = g_build_filename (g_getenv ("LIKENESS_DATA_DIR"), "starter", "sample", "images", "full-park.png", NULL);
  g_autofree char *tagger = g_build_filename (g_getenv ("LIKENESS_TEST_GOLDEN"), "tagger-tiny", NULL);
  g_autofree char *first = g_build_filename (folder, "000.txt", NULL), *err = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = NULL;
  guint n_captions = 0;

  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s/%03u.png", folder, i);

      g_assert_cmpint (symlink (picture, name), ==, 0);
    }
  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error, g_getenv ("LIKENESS_TEST_CLI"), "caption", folder,
                              "--tagger", tagger, "--threshold", "0", "--trigger", "ohwx", "--device", "cpu", NULL);
  g_assert_no_error (error);
  while (!g_file_test (first, G_FILE_TEST_EXISTS))
    g_usleep (1000);
  g_subprocess_send_signal (process, SIGINT);
  g_subprocess_communicate_utf8 (process, NULL, NULL, NULL, &err, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 3);
  assert_contains (err, "of 200 pictures");

  dir = g_dir_open (folder, 0, NULL);
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir))
    if (!g_str_has_suffix (name, ".png"))
      {
        g_autofree char *text = read_caption (folder, name);

        g_assert_true (g_str_has_suffix (name, ".txt"));
        g_assert_true (g_str_has_prefix (text, "ohwx, tag "));
        assert_contains (text, "tag 34");
        n_captions++;
      }
  g_assert_cmpuint (n_captions, >, 0);
  g_assert_cmpuint (n_captions, <, 200);
  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/usage", test_usage);
  g_test_add_func ("/cli/bad-usage", test_bad_usage);
  g_test_add_func ("/cli/exit-codes", test_exit_codes);
  g_test_add_func ("/cli/arguments", test_arguments);
  g_test_add_func ("/cli/bare-locale", test_bare_locale);
  g_test_add_func ("/cli/progress-in-a-log", test_progress_in_a_log);
  g_test_add_func ("/cli/stop", test_stop);
  g_test_add_func ("/cli/check", test_check);
  g_test_add_func ("/cli/caption", test_caption);
  g_test_add_func ("/cli/caption-stopped", test_caption_stopped);
  g_test_add_func ("/cli/plan", test_plan);
  g_test_add_func ("/cli/devices", test_devices);
  g_test_add_func ("/cli/verify", test_verify);
  g_test_add_func ("/cli/bench", test_bench);
  return g_test_run ();
}
