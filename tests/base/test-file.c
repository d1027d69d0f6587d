/* Atomic files: content, permissions, links, every way a disk can refuse, and kill -9 in the middle. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/lk-file.h"
#include "base/lk-sha256.h"

static char *folder;   /* of this run, removed at its end */

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
assert_content (const char *path,
                const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = lk_file_read (path, 1 << 20, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}

/* How many entries the folder has: temporary files would show. */
static guint
count_entries (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
test_write_and_replace (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *sub = in_folder ("replace");
  g_autofree char *path = g_build_filename (sub, "a.txt", NULL);

  g_assert_true (lk_file_make_folder (sub, &error));
  g_assert_true (lk_file_write (path, "first", -1, &error));
  assert_content (path, "first");
  g_assert_true (lk_file_write (path, "second", 3, &error));
  assert_content (path, "sec");
  g_assert_true (lk_file_write (path, "", 0, &error));
  assert_content (path, "");
  g_assert_no_error (error);
  g_assert_cmpuint (count_entries (sub), ==, 1);
}

static void
test_permissions_and_links (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = in_folder ("private.txt");
  g_autofree char *link = in_folder ("link.txt");
  struct stat status;

  g_assert_true (lk_file_write (path, "old", -1, &error));
  g_assert_cmpint (chmod (path, 0640), ==, 0);
  g_assert_cmpint (symlink ("private.txt", link), ==, 0);
  g_assert_true (lk_file_write (link, "new", -1, &error));
  g_assert_no_error (error);

  assert_content (path, "new");
  g_assert_cmpint (lstat (link, &status), ==, 0);
  g_assert_true (S_ISLNK (status.st_mode));
  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 07777, ==, 0640);
}

static void
test_new_file_obeys_umask (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = in_folder ("umask.txt");
  mode_t old = umask (027);
  struct stat status;

  g_assert_true (lk_file_write (path, "x", -1, &error));
  umask (old);
  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 07777, ==, 0640);
}

static void
test_abandoned_write_leaves_nothing (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *sub = in_folder ("abandoned");
  g_autofree char *path = g_build_filename (sub, "a.txt", NULL);
  LkFileWriter *writer;

  g_assert_true (lk_file_make_folder (sub, &error));
  writer = lk_file_writer_new (path, &error);
  g_assert_no_error (error);
  g_assert_true (lk_file_writer_write (writer, "half", 4, &error));
  lk_file_writer_free (writer);
  g_assert_cmpuint (count_entries (sub), ==, 0);
}

static void
test_read_limits (void)
{
  g_autofree char *path = in_folder ("limit.txt");
  g_autofree char *fifo = in_folder ("fifo");
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_assert_true (lk_file_write (path, "a\0b45", 5, &error));
  text = lk_file_read (path, 5, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (text, length, "a\0b45", 5);

  g_assert_null (lk_file_read (path, 4, NULL, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_TOO_LARGE);
  g_clear_error (&error);

  g_assert_null (lk_file_read (folder, 4, NULL, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_A_FILE);
  g_clear_error (&error);

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_null (lk_file_read (fifo, 4, NULL, &error));   /* and must not wait for a writer */
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_A_FILE);
  g_clear_error (&error);

  g_assert_null (lk_file_read ("/nowhere/at all", 4, NULL, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "“/nowhere/at all” could not be read"));
}

static void
test_read_file_without_size (void)
{
  /* Files of /proc say that they are empty. */
  g_autoptr (GError) error = NULL;
  g_autofree char *text = lk_file_read ("/proc/self/status", 1 << 20, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (strstr (text, "Pid:"));
}

static void
test_copy_and_move (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *from = in_folder ("from.bin");
  g_autofree char *to = in_folder ("to.bin");
  g_autofree char *moved = in_folder ("moved.bin");
  gsize length = 3 * (1 << 20) + 17;
  g_autofree char *data = g_malloc (length);
  g_autofree char *before = NULL, *after = NULL;

  for (gsize i = 0; i < length; i++)
    data[i] = (char) (i * 2654435761u >> 24);

  g_assert_true (lk_file_write (from, data, length, &error));
  g_assert_true (lk_file_copy (from, to, &error));
  g_assert_true (lk_file_move (to, moved, &error));
  g_assert_no_error (error);
  g_assert_false (g_file_test (to, G_FILE_TEST_EXISTS));

  before = lk_sha256_bytes (data, length);
  after = lk_sha256_file (moved, 0, &error);
  g_assert_cmpstr (before, ==, after);

  g_assert_false (lk_file_copy (to, moved, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_clear_pointer (&after, g_free);
  after = lk_sha256_file (moved, 0, &error);
  g_assert_cmpstr (before, ==, after);
}

static void
test_folder_in_the_way (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *file = in_folder ("plain");
  g_autofree char *below = in_folder ("plain/below");

  g_assert_false (lk_file_write (folder, "x", -1, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_A_FILE);
  g_clear_error (&error);

  g_assert_true (lk_file_write (file, "x", -1, &error));
  g_assert_false (lk_file_make_folder (below, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (lk_file_write (below, "x", -1, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_FOUND);
}

/* ---- a disk that refuses --------------------------------------------------------------------------------------- */

/* Runs `child` in a process of its own with mounts of its own; its exit status. A process that may not mount (neither root
 * nor allowed user namespaces) exits 77. */
static int
run_child (void (*child) (const char *path),
           const char *path)
{
  int status;
  pid_t pid = fork ();

  if (pid == 0)
    {
      child (path);
      _exit (0);
    }

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  return WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
}

/* From here on, what is mounted on `path` is seen by this process alone. (All of "/" cannot be made private in a chroot.) */
static void
own_mounts (const char *path)
{
  if (unshare (CLONE_NEWNS) != 0 && unshare (CLONE_NEWUSER | CLONE_NEWNS) != 0)
    _exit (77);
  if (mount (path, path, NULL, MS_BIND, NULL) != 0 || mount (NULL, path, NULL, MS_PRIVATE, NULL) != 0)
    _exit (77);
}

/* In the child, GLib's assertions would print and abort, which is just what should happen. */
static void
fill_disk (const char *path)
{
  g_autofree char *file = g_build_filename (path, "a.txt", NULL);
  g_autofree char *big = g_malloc0 (1 << 20);
  g_autoptr (GError) error = NULL;

  own_mounts (path);
  if (mount ("tmpfs", path, "tmpfs", 0, "size=256k") != 0)
    _exit (77);

  g_assert_true (lk_file_write (file, "old", -1, &error));
  g_assert_false (lk_file_write (file, big, 1 << 20, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NO_SPACE);
  g_assert_nonnull (strstr (error->message, "the disk is full. Free some space"));
  assert_content (file, "old");
  g_assert_cmpuint (count_entries (path), ==, 1);

  /* The failed write gave its space back. */
  g_clear_error (&error);
  g_assert_true (lk_file_write (file, big, 100 << 10, &error));
  g_assert_no_error (error);
}

/* Where a nameless file cannot get a name, because there is no /proc, a hidden one is written and renamed. */
static void
write_without_proc (const char *path)
{
  g_autofree char *file = g_build_filename (path, "a.txt", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkFileWriter) writer = NULL;

  own_mounts (path);
  if (mount (NULL, "/proc", NULL, MS_PRIVATE, NULL) != 0 || mount ("tmpfs", "/proc", "tmpfs", 0, "size=4k") != 0)
    _exit (77);

  g_assert_true (lk_file_write (file, "old", -1, &error));
  writer = lk_file_writer_new (file, &error);
  g_assert_true (lk_file_writer_write (writer, "new", 3, &error));
  g_assert_cmpuint (count_entries (path), ==, 2);
  assert_content (file, "old");
  g_assert_true (lk_file_writer_commit (writer, &error));
  assert_content (file, "new");
  g_clear_pointer (&writer, lk_file_writer_free);

  writer = lk_file_writer_new (file, &error);
  g_clear_pointer (&writer, lk_file_writer_free);
  g_assert_cmpuint (count_entries (path), ==, 1);
}

/* As a full disk, without mounting: the process may make no file over 64 kB. */
static void
hit_file_limit (const char *path)
{
  g_autofree char *file = g_build_filename (path, "a.txt", NULL);
  g_autofree char *big = g_malloc0 (1 << 20);
  struct rlimit limit = { 1 << 16, 1 << 16 };
  g_autoptr (GError) error = NULL;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);

  g_assert_true (lk_file_write (file, "old", -1, &error));
  g_assert_false (lk_file_write (file, big, 1 << 20, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NO_SPACE);
  assert_content (file, "old");
  g_assert_cmpuint (count_entries (path), ==, 1);
}

/* Permissions do not bind root; a read-only mount does. */
static void
write_read_only (const char *path)
{
  g_autofree char *file = g_build_filename (path, "a.txt", NULL);
  g_autofree char *sub = g_build_filename (path, "sub", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (lk_file_write (file, "old", -1, &error));
  own_mounts (path);
  if (mount (NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) != 0)
    _exit (77);

  g_assert_false (lk_file_write (file, "new", -1, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NO_PERMISSION);
  g_assert_nonnull (strstr (error->message, "read-only. Choose another folder"));
  assert_content (file, "old");
  g_clear_error (&error);

  g_assert_false (lk_file_make_folder (sub, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NO_PERMISSION);
}

static void
write_without_permission (const char *path)
{
  g_autofree char *file = g_build_filename (path, "a.txt", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (lk_file_write (file, "old", -1, &error));
  g_assert_cmpint (chmod (path, 0555), ==, 0);
  if (geteuid () == 0 && (setgid (65534) != 0 || setuid (65534) != 0))
    _exit (77);

  g_assert_false (lk_file_write (file, "new", -1, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NO_PERMISSION);
  g_assert_nonnull (strstr (error->message, "permission denied. Change the permissions"));
}

static void
assert_child (void       (*child) (const char *path),
              const char  *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *sub = in_folder (name);
  int status;

  g_assert_true (lk_file_make_folder (sub, &error));
  status = run_child (child, sub);
  umount2 (sub, MNT_DETACH);   /* the child's first mount shows here, too, where mounts are shared */
  chmod (sub, 0755);
  if (status == 77)
    {
      /* Silence would look like success: say that this machine could not try. */
      g_test_skip ("this process may neither mount nor make a user namespace; run as root, or allow user namespaces");
      return;
    }
  g_assert_cmpint (status, ==, 0);
}

static void
test_full_disk (void)
{
  assert_child (fill_disk, "full");
}

static void
test_without_proc (void)
{
  assert_child (write_without_proc, "no-proc");
}

static void
test_file_size_limit (void)
{
  assert_child (hit_file_limit, "limit");
}

static void
test_read_only_folder (void)
{
  assert_child (write_read_only, "read-only");
}

static void
test_no_permission (void)
{
  /* The parents of the folder must let everybody in. */
  chmod (folder, 0755);
  assert_child (write_without_permission, "forbidden");
}

/* ---- kill -9 --------------------------------------------------------------------------------------------------- */

#define N_KILLS 60
#define LARGE (1 << 18)

/* Writes the same file over and over: all of one letter, then all of the next. Says so when it has begun. */
static void
write_forever (const char *path,
               int         pipe_fd)
{
  g_autofree char *data = g_malloc (LARGE);

  for (guint i = 0;; i++)
    {
      memset (data, 'a' + i % 26, LARGE);
      if (!lk_file_write (path, data, LARGE, NULL) || (i == 0 && write (pipe_fd, "!", 1) != 1))
        _exit (1);
    }
}

static void
test_kill_while_saving (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *sub = in_folder ("killed");
  g_autofree char *path = g_build_filename (sub, "a.txt", NULL);
  g_autofree char *first = g_strnfill (LARGE, 'z');
  guint n_later = 0;

  g_assert_true (lk_file_make_folder (sub, &error));
  g_assert_true (lk_file_write (path, first, LARGE, &error));

  for (guint i = 0; i < N_KILLS; i++)
    {
      g_autofree char *text = NULL;
      gsize length;
      char begun;
      int ends[2];
      pid_t pid;

      g_assert_cmpint (pipe (ends), ==, 0);
      pid = fork ();
      if (pid == 0)
        write_forever (path, ends[1]);
      g_assert_cmpint (read (ends[0], &begun, 1), ==, 1);
      g_usleep ((i * 7919) % 10007);
      g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
      g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
      close (ends[0]);
      close (ends[1]);

      text = lk_file_read (path, 1 << 20, &length, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (length, ==, LARGE);
      for (gsize k = 1; k < length; k++)
        if (text[k] != text[0])
          g_error ("Half a file after kill %u: byte 0 is %c, byte %" G_GSIZE_FORMAT " is %c", i, text[0], k, text[k]);
      n_later += text[0] != 'a';
    }

  g_test_message ("%u of %u writers were killed after their second file or later; %u names in the folder",
                  n_later, N_KILLS, count_entries (sub));
}

static void
test_data_path (void)
{
  g_autofree char *path = NULL, *installed = NULL;
  g_autofree char *old = g_strdup (g_getenv ("LIKENESS_DATA_DIR"));

  g_setenv ("LIKENESS_DATA_DIR", "/some/where", TRUE);
  path = lk_data_path ("starter/a.gz");
  g_assert_cmpstr (path, ==, "/some/where/starter/a.gz");
  g_unsetenv ("LIKENESS_DATA_DIR");
  installed = lk_data_path ("starter/a.gz");
  g_assert_cmpstr (installed, ==, LK_DATA_DIR "/starter/a.gz");
  if (old != NULL)
    g_setenv ("LIKENESS_DATA_DIR", old, TRUE);
}

static void
test_sha256 (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = in_folder ("abc");
  g_autofree char *bytes = lk_sha256_bytes ("abc", 3);
  g_autofree char *file = NULL, *rest = NULL;

  /* FIPS 180-2, appendix B.1. */
  g_assert_cmpstr (bytes, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  g_assert_true (lk_file_write (path, "12345abc", -1, &error));
  rest = lk_sha256_file (path, 5, &error);
  g_assert_cmpstr (rest, ==, bytes);
  file = lk_sha256_file (path, 0, &error);
  g_assert_cmpstr (file, !=, bytes);
  g_assert_no_error (error);

  g_assert_null (lk_sha256_file ("/nowhere", 0, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_FOUND);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        remove_tree (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("likeness-file-XXXXXX", NULL);

  g_test_add_func ("/file/write-and-replace", test_write_and_replace);
  g_test_add_func ("/file/permissions-and-links", test_permissions_and_links);
  g_test_add_func ("/file/new-file-obeys-umask", test_new_file_obeys_umask);
  g_test_add_func ("/file/abandoned-write-leaves-nothing", test_abandoned_write_leaves_nothing);
  g_test_add_func ("/file/read-limits", test_read_limits);
  g_test_add_func ("/file/read-file-without-size", test_read_file_without_size);
  g_test_add_func ("/file/copy-and-move", test_copy_and_move);
  g_test_add_func ("/file/folder-in-the-way", test_folder_in_the_way);
  g_test_add_func ("/file/full-disk", test_full_disk);
  g_test_add_func ("/file/without-proc", test_without_proc);
  g_test_add_func ("/file/file-size-limit", test_file_size_limit);
  g_test_add_func ("/file/read-only-folder", test_read_only_folder);
  g_test_add_func ("/file/no-permission", test_no_permission);
  g_test_add_func ("/file/kill-while-saving", test_kill_while_saving);
  g_test_add_func ("/file/data-path", test_data_path);
  g_test_add_func ("/file/sha256", test_sha256);

  result = g_test_run ();
  remove_tree (folder);
  g_free (folder);
  return result;
}
