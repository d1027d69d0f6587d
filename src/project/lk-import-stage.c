#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-import-stage.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lk-file.h"
#include "formats/lk-archive.h"
#include "project/lk-files.h"
#include "project/lk-image-private.h"

#define MOST_CAPTION_BYTES (16 << 20)
#define DEEPEST 16   /* folders within folders */

static void
staged_free (gpointer data)
{
  LkStaged *staged = data;

  lk_look_free (staged->look);
  g_free (staged->shown);
  g_free (staged->name);
  g_clear_pointer (&staged->caption, g_bytes_unref);
  g_free (staged->same_as_shown);
  g_free (staged);
}

void
lk_stage_free (LkStage *stage)
{
  if (!stage->is_taken)
    {
      g_autofree char *trash = g_path_get_dirname (stage->path);

      lk_remove_tree (stage->path);
      g_rmdir (trash);   /* if that was all */
    }
  g_free (stage->folder);
  g_free (stage->path);
  g_ptr_array_unref (stage->found);
  g_ptr_array_unref (stage->problems);
  g_free (stage);
}

static LkStage *
stage_new (const char  *project_folder,
           GError     **error)
{
  LkStage *stage = g_new0 (LkStage, 1);
  g_autofree char *random = g_uuid_string_random ();

  stage->folder = g_strconcat ("trash/.incoming-", random, NULL);
  stage->path = g_build_filename (project_folder, stage->folder, NULL);
  stage->found = g_ptr_array_new_with_free_func (staged_free);
  stage->problems = g_ptr_array_new_with_free_func (g_free);
  if (lk_file_make_folder (stage->path, error))
    return stage;
  lk_stage_free (stage);
  return NULL;
}

static void
add_problem (LkStage    *stage,
             const char *what,
             const char *why)
{
  g_ptr_array_add (stage->problems, g_strdup (what));
  g_ptr_array_add (stage->problems, g_strdup (why));
}

/* ---- finding ------------------------------------------------------------------------------------------------------- */

/* "10_ohwx woman" -> 10 and "ohwx woman". FALSE: no folder of kohya's. */
static gboolean
parse_kohya_folder (const char  *name,
                    guint       *repeats,
                    char       **words)
{
  char *end;
  guint64 n = g_ascii_strtoull (name, &end, 10);

  if (!g_ascii_isdigit (*name) || *end != '_' || n < 1 || n > 10000)
    return FALSE;
  *repeats = n;
  *words = g_strdup (end + 1);
  return TRUE;
}

static LkStaged *
add_found (LkStage    *stage,
           const char *path,
           const char *name,
           const char *shown,
           const char *folder_name)
{
  LkStaged *staged = g_new0 (LkStaged, 1);
  g_autofree char *words = NULL;

  staged->look = lk_look_new (0, path, name);
  staged->look->data = staged;
  staged->shown = g_filename_display_name (shown);
  staged->name = g_strdup (name);
  staged->repeats = 1;
  staged->index = stage->found->len;
  if (folder_name != NULL && parse_kohya_folder (folder_name, &staged->repeats, &words) && *words != '\0')
    staged->caption = g_bytes_new (words, strlen (words));   /* unless there is a file */
  g_ptr_array_add (stage->found, staged);
  return staged;
}

static void
take_caption (LkStaged *staged,
              GBytes   *caption)
{
  g_clear_pointer (&staged->caption, g_bytes_unref);
  staged->caption = caption;
}

/* STEM.txt, else STEM.caption, else NAME.txt, beside the picture `path`: NULL-terminated, owned by the caller. */
static char **
caption_names (const char *path)
{
  g_autofree char *stem = lk_stem_of (path);
  char **names = g_new0 (char *, 4);

  names[0] = g_strconcat (stem, ".txt", NULL);
  names[1] = g_strconcat (stem, ".caption", NULL);
  names[2] = g_strconcat (path, ".txt", NULL);
  return names;
}

static void
find_caption (LkStage    *stage,
              LkStaged   *staged,
              const char *path)
{
  g_auto (GStrv) candidates = caption_names (path);

  for (guint i = 0; candidates[i] != NULL; i++)
    if (g_file_test (candidates[i], G_FILE_TEST_IS_REGULAR))
      {
        g_autoptr (GError) error = NULL;
        gsize length;
        char *text = lk_file_read (candidates[i], MOST_CAPTION_BYTES, &length, &error);

        if (text != NULL)
          take_caption (staged, g_bytes_new_take (text, length));
        else
          add_problem (stage, candidates[i], error->message);
        return;
      }
}

static gboolean
is_archive_name (const char *name)
{
  static const char *endings[] = { ".zip", ".cbz", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.zst", ".tar.bz2", NULL };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (guint i = 0; endings[i] != NULL; i++)
    if (g_str_has_suffix (lower, endings[i]))
      return TRUE;
  return FALSE;
}

typedef struct
{
  LkStage    *stage;
  const char *archive;        /* its name */
  GHashTable *captions;       /* path in the archive -> GBytes */
  GHashTable *pictures;       /* path in the archive -> LkStaged */
} Unpacking;

static gboolean
on_entry (const char  *name,
          GBytes      *bytes,
          gpointer     data,
          GError     **error)
{
  Unpacking *state = data;
  g_autofree char *base = g_path_get_basename (name);

  if (base[0] == '.' || g_str_has_prefix (name, "__MACOSX/"))
    return TRUE;
  if (lk_is_picture_name (base))
    {
      g_autofree char *parent = g_path_get_dirname (name);
      g_autofree char *folder_name = g_path_get_basename (parent);
      g_autofree char *shown = g_strdup_printf ("%s: %s", state->archive, name);
      g_autofree char *file = g_strdup_printf ("unpacked-%u", state->stage->found->len);
      g_autofree char *path = g_build_filename (state->stage->path, file, NULL);

      if (!lk_write_plain (path, bytes, error))
        return FALSE;
      g_hash_table_insert (state->pictures, g_strdup (name), add_found (state->stage, path, base, shown, folder_name));
    }
  else if (g_str_has_suffix (base, ".txt") || g_str_has_suffix (base, ".caption"))
    {
      g_hash_table_insert (state->captions, g_strdup (name), g_bytes_ref (bytes));
    }
  return TRUE;
}

static gboolean
find_in_archive (LkStage     *stage,
                 const char  *path,
                 GError     **error)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *shown = g_filename_display_name (name);
  g_autoptr (GHashTable) captions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  g_autoptr (GHashTable) pictures = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Unpacking state = { stage, shown, captions, pictures };
  g_autoptr (GError) local = NULL;
  GHashTableIter iter;
  const char *entry;
  LkStaged *staged;

  if (!lk_archive_read (path, NULL, on_entry, &state, &local))
    {
      if (g_error_matches (local, LK_FILE_ERROR, LK_FILE_ERROR_NO_SPACE))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      add_problem (stage, shown, local->message);   /* what came before the bad entry is good */
    }

  g_hash_table_iter_init (&iter, pictures);
  while (g_hash_table_iter_next (&iter, (gpointer *) &entry, (gpointer *) &staged))
    {
      g_auto (GStrv) candidates = caption_names (entry);

      for (guint i = 0; candidates[i] != NULL; i++)
        {
          GBytes *caption = g_hash_table_lookup (captions, candidates[i]);

          if (caption == NULL)
            continue;
          take_caption (staged, g_bytes_ref (caption));
          break;
        }
    }
  return TRUE;
}

static gint
compare_strings (gconstpointer a,
                 gconstpointer b)
{
  return strcmp (*(char * const *) a, *(char * const *) b);
}

static void
find_in_folder (LkStage      *stage,
                const char   *path,
                guint         depth,
                GCancellable *cancellable)
{
  g_autofree char *folder_name = g_path_get_basename (path);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  const char *name;

  if (dir == NULL)
    {
      add_problem (stage, path, error->message);
      return;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    if (name[0] != '.')
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_strings);

  for (guint i = 0; i < names->len && !g_cancellable_is_cancelled (cancellable); i++)
    {
      g_autofree char *child = g_build_filename (path, names->pdata[i], NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        {
          /* A link to a folder might lead round in a circle. */
          if (depth < DEEPEST && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
            find_in_folder (stage, child, depth + 1, cancellable);
        }
      else if (lk_is_picture_name (names->pdata[i]))
        {
          find_caption (stage, add_found (stage, child, names->pdata[i], child, folder_name), child);
        }
    }
}

static gboolean
find_in_path (LkStage       *stage,
              const char    *path,
              GCancellable  *cancellable,
              GError       **error)
{
  g_autofree char *name = g_path_get_basename (path);

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      /* Of another project, its pictures: not its caches, runs and grids. */
      g_autofree char *images = g_build_filename (path, "images", NULL);

      find_in_folder (stage, lk_project_is_project (path) ? images : path, 0, cancellable);
    }
  else if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_autofree char *shown = g_filename_display_name (path);

      add_problem (stage, shown, _("There is no such file."));
    }
  else if (is_archive_name (name))
    {
      return find_in_archive (stage, path, error);
    }
  else
    {
      /* Whatever it is called: the user means this file. A kohya folder's name counts, as if the folder had been given. */
      g_autofree char *parent = g_path_get_dirname (path);
      g_autofree char *folder_name = g_path_get_basename (parent);

      find_caption (stage, add_found (stage, path, name, path, folder_name), path);
    }
  return TRUE;
}

/* ---- staging ------------------------------------------------------------------------------------------------------- */

typedef struct
{
  LkStage        *stage;
  LkProgressFunc  progress;
  gpointer        progress_data;
  guint           done;
} Staging;

static gboolean
on_look (LkLook   *look,
         gpointer  data)
{
  Staging *state = data;

  state->done++;
  if (state->progress != NULL)
    state->progress (state->done, state->stage->found->len, look->name, state->progress_data);
  return TRUE;
}

/* What the first in order is, the later ones are copies of. */
static void
find_duplicates (LkStage    *stage,
                 GHashTable *known)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < stage->found->len; i++)
    {
      LkStaged *staged = stage->found->pdata[i], *first;
      const gint64 *id;

      if (staged->look->trouble != NULL || staged->look->hash == NULL)
        continue;
      id = g_hash_table_lookup (known, staged->look->hash);
      first = g_hash_table_lookup (seen, staged->look->hash);
      if (id != NULL)
        staged->same_as = *id;
      else if (first != NULL)
        staged->same_as_shown = g_strdup (first->shown);
      else
        g_hash_table_insert (seen, staged->look->hash, staged);
    }
}

/* Ends in what it is: a picture called "image" or "photo.php" by a browser gets its format's extension. */
static void
fix_extension (LkStaged *staged)
{
  const char *format = staged->look->format;
  g_autofree char *old = g_steal_pointer (&staged->name);

  if (lk_is_picture_name (old) || *format == '\0')
    staged->name = g_steal_pointer (&old);
  else
    staged->name = g_strconcat (old[0] == '.' ? old + 1 : old, ".", g_str_equal (format, "jpeg") ? "jpg" : format, NULL);
}

static gboolean
stage_one (LkStage   *stage,
           LkStaged  *staged,
           GError   **error)
{
  g_autofree char *index = g_strdup_printf ("%u", staged->index);
  g_autofree char *folder = g_build_filename (stage->path, index, NULL);
  g_autofree char *to = NULL;

  fix_extension (staged);
  to = g_build_filename (folder, staged->name, NULL);
  if (g_mkdir (folder, 0777) != 0)
    {
      lk_file_set_error (error, errno, "made", folder);
      return FALSE;
    }
  if (g_str_has_prefix (staged->look->path, stage->path))
    {
      if (g_rename (staged->look->path, to) != 0)
        {
          lk_file_set_error (error, errno, "moved", to);
          return FALSE;
        }
    }
  else if (!lk_copy_plain (staged->look->path, to, error))
    {
      return FALSE;
    }
  if (staged->caption != NULL)
    {
      g_autofree char *stem = lk_stem_of (staged->name);
      g_autofree char *text = g_strconcat (stem, ".txt", NULL);
      g_autofree char *text_path = g_build_filename (folder, text, NULL);

      if (!lk_write_plain (text_path, staged->caption, error))
        return FALSE;
    }
  staged->is_staged = TRUE;
  return TRUE;
}

static gboolean
stage_all (LkStage       *stage,
           GCancellable  *cancellable,
           GError       **error)
{
  int folder;

  for (guint i = 0; i < stage->found->len; i++)
    {
      LkStaged *staged = stage->found->pdata[i];

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (staged->look->trouble != NULL || staged->same_as != 0 || staged->same_as_shown != NULL)
        continue;
      if (!stage_one (stage, staged, error))
        return FALSE;
    }

  /* What was unpacked and does not come in, goes: only what is committed stays here. */
  for (guint i = 0; i < stage->found->len; i++)
    {
      LkStaged *staged = stage->found->pdata[i];

      if (!staged->is_staged && g_str_has_prefix (staged->look->path, stage->path))
        g_unlink (staged->look->path);
    }

  /* Everything is on disk before the database says that it is there. */
  folder = open (stage->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0)
    {
      syncfs (folder);
      close (folder);
    }
  return TRUE;
}

LkStage *
lk_stage_run (const char          *project_folder,
              const char * const  *paths,
              GBytes              *bytes,
              const char          *name,
              GHashTable          *known,
              LkProgressFunc       progress,
              gpointer             progress_data,
              GCancellable        *cancellable,
              GError             **error)
{
  g_autoptr (LkStage) stage = stage_new (project_folder, error);
  g_autoptr (GPtrArray) looks = g_ptr_array_new ();
  Staging state = { stage, progress, progress_data, 0 };

  if (stage == NULL)
    return NULL;

  if (bytes != NULL)
    {
      g_autofree char *path = g_build_filename (stage->path, "given", NULL);

      if (!lk_write_plain (path, bytes, error))
        return NULL;
      add_found (stage, path, name, name, NULL);
    }
  for (guint i = 0; bytes == NULL && paths[i] != NULL; i++)
    if (!find_in_path (stage, paths[i], cancellable, error))
      return NULL;

  for (guint i = 0; i < stage->found->len; i++)
    {
      LkStaged *staged = stage->found->pdata[i];

      g_ptr_array_add (looks, staged->look);
    }
  if (!lk_looks_run (looks, on_look, &state, cancellable))
    {
      g_cancellable_set_error_if_cancelled (cancellable, error);
      return NULL;
    }
  find_duplicates (stage, known);
  if (!stage_all (stage, cancellable, error))
    return NULL;
  return g_steal_pointer (&stage);
}
