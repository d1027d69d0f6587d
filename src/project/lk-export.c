/* The data set as files for other trainers. Everything that is needed is taken from the project first; then a thread can do it. */
#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/lk-file.h"
#include "formats/lk-archive.h"
#include "formats/lk-png.h"
#include "project/lk-image-private.h"
#include "project/lk-look.h"
#include "project/lk-prepare-private.h"

typedef struct
{
  char   *path;           /* owned; of the picture */
  char   *folder;         /* owned; in the target, or NULL: flat */
  char   *stem;           /* owned; of both files */
  char   *caption;        /* owned; NULL: none */
  LkCrop  crop;
} Item;

typedef struct
{
  GPtrArray      *items;          /* Item, owned */
  char           *to;             /* owned */
  LkExport        what;
  LkPrepareRule   rule;           /* resolved */
  GPtrArray      *made;           /* paths, owned: files and folders, in the order they came about */
  LkRelay        *relay;          /* owned, or NULL */
  LkProgressFunc  progress;
  gpointer        progress_data;
} Export;

static void
item_free (gpointer data)
{
  Item *item = data;

  g_free (item->path);
  g_free (item->folder);
  g_free (item->stem);
  g_free (item->caption);
  g_free (item);
}

static void
export_free (gpointer data)
{
  Export *export = data;

  g_ptr_array_unref (export->items);
  g_free (export->to);
  g_ptr_array_unref (export->made);
  g_clear_pointer (&export->relay, lk_relay_free);
  g_free (export);
}

/* ---- what is to be written ----------------------------------------------------------------------------------------- */

/* "10_ohwx woman": what kohya reads repeats and class from. */
static char *
make_folder_name (LkProject *project,
                  guint      repeats)
{
  const char *trigger = lk_project_get_trigger (project), *class_word = lk_project_get_class_word (project);
  g_autofree char *words = NULL;

  if (*trigger != '\0' && *class_word != '\0')
    words = g_strdup_printf ("%s %s", trigger, class_word);
  else
    words = g_strdup (*trigger != '\0' ? trigger : *class_word != '\0' ? class_word : "character");
  for (char *p = words; *p != '\0'; p++)
    if (*p == G_DIR_SEPARATOR || g_ascii_iscntrl (*p))
      *p = '-';
  return g_strdup_printf ("%u_%s", repeats, words);
}

static Item *
make_item (LkProject      *project,
           LkImage        *image,
           const LkExport *what,
           GHashTable     *names)
{
  Item *item = g_new0 (Item, 1);

  item->path = lk_image_dup_path (image);
  lk_image_get_crop (image, &item->crop);
  if (lk_image_has_caption (image))
    item->caption = g_strdup (lk_image_get_caption (image));
  if (what->kind == LK_EXPORT_KOHYA)
    item->folder = make_folder_name (project, what->repeats != 0 ? what->repeats : lk_image_get_repeats (image));

  for (guint n = 1;; n++)
    {
      g_autofree char *name = NULL;

      g_free (item->stem);
      item->stem = n == 1 ? g_strdup (lk_image_get_stem (image)) : g_strdup_printf ("%s-%u", lk_image_get_stem (image), n);
      name = g_strconcat (item->folder != NULL ? item->folder : "", "/", item->stem, NULL);
      if (g_hash_table_add (names, g_steal_pointer (&name)))
        return item;
    }
}

static Export *
make_export (LkProject      *project,
             GPtrArray      *images,
             const char     *to,
             const LkExport *what)
{
  Export *export = g_new0 (Export, 1);
  g_autoptr (GPtrArray) data_set = images != NULL ? g_ptr_array_ref (images) : lk_project_dup_data_set (project);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  export->items = g_ptr_array_new_with_free_func (item_free);
  export->to = g_strdup (to);
  export->what = *what;
  export->rule = lk_prepare_resolve (project, &what->rule);
  export->made = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < data_set->len; i++)
    g_ptr_array_add (export->items, make_item (project, data_set->pdata[i], what, names));
  return export;
}

/* ---- writing ------------------------------------------------------------------------------------------------------- */

static char *
target_path (Export     *export,
             Item       *item,
             const char *extension)
{
  g_autofree char *name = g_strconcat (item->stem, extension, NULL);

  return item->folder != NULL ? g_build_filename (export->to, item->folder, name, NULL) : g_build_filename (export->to, name, NULL);
}

static gboolean
check_nothing_in_the_way (Export  *export,
                          GError **error)
{
  const char *extensions[] = { ".png", ".txt" };

  for (guint i = 0; !export->what.replace && i < export->items->len; i++)
    for (guint k = 0; k < G_N_ELEMENTS (extensions); k++)
      {
        g_autofree char *path = target_path (export, export->items->pdata[i], extensions[k]);

        if (g_file_test (path, G_FILE_TEST_EXISTS))
          {
            g_autofree char *name = g_filename_display_name (path);

            g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_EXISTS,
                         _("“%s” is there already. Choose an empty folder, or allow that files are replaced."), name);
            return FALSE;
          }
      }
  return TRUE;
}

/* Notes every folder that it makes, so that it can be taken away again. */
static gboolean
make_folder (Export      *export,
             const char  *path,
             GError     **error)
{
  g_autofree char *parent = NULL;

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return TRUE;
  parent = g_path_get_dirname (path);
  if (!g_str_equal (parent, path) && !make_folder (export, parent, error))
    return FALSE;
  if (g_mkdir (path, 0777) != 0 && errno != EEXIST)
    {
      lk_file_set_error (error, errno, "made", path);
      return FALSE;
    }
  g_ptr_array_add (export->made, g_strdup (path));
  return TRUE;
}

static void
note_file (Export     *export,
           const char *path)
{
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    g_ptr_array_add (export->made, g_strdup (path));
}

static LkPicture *
prepare (Export  *export,
         Item    *item,
         GError **error)
{
  g_autoptr (LkPicture) picture = lk_picture_read (item->path, LK_PICTURE_ON_WHITE, NULL, error);
  LkBox box;

  if (picture == NULL)
    return NULL;
  box = lk_crop_get_box (&item->crop, picture->width, picture->height);
  return lk_prepare_pixels (picture, &item->crop, lk_prepare_target (&export->rule, box.width, box.height));
}

static gboolean
write_to_folder (Export  *export,
                 Item    *item,
                 GError **error)
{
  g_autofree char *picture_path = target_path (export, item, ".png");
  g_autofree char *caption_path = target_path (export, item, ".txt");
  g_autofree char *folder = g_path_get_dirname (picture_path);
  g_autoptr (LkPicture) picture = NULL;

  if (!make_folder (export, folder, error))
    return FALSE;
  picture = prepare (export, item, error);
  if (picture == NULL)
    return FALSE;
  note_file (export, picture_path);
  if (!lk_png_write (picture, NULL, picture_path, error))
    return FALSE;
  if (item->caption == NULL)
    return TRUE;
  note_file (export, caption_path);
  return lk_file_write (caption_path, item->caption, -1, error);
}

static gboolean
write_to_zip (Export       *export,
              LkZipWriter  *zip,
              Item         *item,
              GError      **error)
{
  g_autofree char *picture_name = g_strconcat (item->stem, ".png", NULL);
  g_autofree char *caption_name = g_strconcat (item->stem, ".txt", NULL);
  g_autoptr (LkPicture) picture = prepare (export, item, error);
  g_autoptr (GBytes) bytes = picture != NULL ? lk_png_encode (picture, NULL, error) : NULL;

  if (bytes == NULL ||
      !lk_zip_writer_add_bytes (zip, picture_name, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), FALSE, error))
    return FALSE;
  return item->caption == NULL || lk_zip_writer_add_bytes (zip, caption_name, item->caption, strlen (item->caption), TRUE, error);
}

static void
take_away (Export *export)
{
  for (guint i = export->made->len; i-- > 0;)
    g_remove (export->made->pdata[i]);   /* a folder that holds something else stays */
}

static gboolean
write_all (Export        *export,
           LkZipWriter   *zip,
           GCancellable  *cancellable,
           GError       **error)
{
  for (guint i = 0; i < export->items->len; i++)
    {
      Item *item = export->items->pdata[i];

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (zip != NULL ? !write_to_zip (export, zip, item, error) : !write_to_folder (export, item, error))
        return FALSE;
      if (export->relay != NULL)
        lk_relay_send (export->relay, i + 1, export->items->len, item->stem);
      else if (export->progress != NULL)
        export->progress (i + 1, export->items->len, item->stem, export->progress_data);
    }
  return zip == NULL || lk_zip_writer_commit (zip, error);
}

static gboolean
run_export (Export        *export,
            GCancellable  *cancellable,
            GError       **error)
{
  g_autoptr (LkZipWriter) zip = NULL;

  if (export->items->len == 0)
    {
      g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_FAILED, _("There are no pictures to prepare: import some, or reject fewer."));
      return FALSE;
    }
  if (export->what.kind == LK_EXPORT_ZIP)
    {
      if (!export->what.replace && g_file_test (export->to, G_FILE_TEST_EXISTS))
        {
          g_autofree char *name = g_filename_display_name (export->to);

          g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_EXISTS,
                       _("“%s” is there already. Choose another name, or allow that it is replaced."), name);
          return FALSE;
        }
      zip = lk_zip_writer_new (export->to, error);
      if (zip == NULL)
        return FALSE;
    }
  else if (!check_nothing_in_the_way (export, error))
    {
      return FALSE;
    }

  if (write_all (export, zip, cancellable, error))
    return TRUE;
  take_away (export);
  return FALSE;
}

gboolean
lk_project_export (LkProject       *project,
                   GPtrArray       *images,
                   const char      *to,
                   const LkExport  *what,
                   guint           *n_written,
                   LkProgressFunc   progress,
                   gpointer         progress_data,
                   GCancellable    *cancellable,
                   GError         **error)
{
  Export *export = make_export (project, images, to, what);
  gboolean ok;

  export->progress = progress;
  export->progress_data = progress_data;
  ok = run_export (export, cancellable, error);
  if (n_written != NULL)
    *n_written = ok ? export->items->len : 0;
  export_free (export);
  return ok;
}

static void
export_in_thread (GTask        *task,
                  gpointer      source,
                  gpointer      data,
                  GCancellable *cancellable)
{
  Export *export = data;
  GError *error = NULL;

  if (run_export (export, cancellable, &error))
    g_task_return_int (task, export->items->len);
  else
    g_task_return_error (task, error);
}

void
lk_project_export_async (LkProject           *project,
                         GPtrArray           *images,
                         const char          *to,
                         const LkExport      *what,
                         LkProgressFunc       progress,
                         gpointer             progress_data,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (project, cancellable, callback, user_data);
  Export *export = make_export (project, images, to, what);

  export->relay = lk_relay_new (progress, progress_data);
  /* Cancelled at the last moment it is still done: what was written is then complete. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, export, NULL);
  g_task_run_in_thread (task, export_in_thread);
}

gboolean
lk_project_export_finish (LkProject     *project,
                          GAsyncResult  *result,
                          guint         *n_written,
                          GError       **error)
{
  Export *export = g_task_get_task_data (G_TASK (result));
  gssize n = g_task_propagate_int (G_TASK (result), error);

  /* Here and not with the task: the relay belongs to this thread. */
  export_free (export);
  g_task_set_task_data (G_TASK (result), NULL, NULL);
  if (n_written != NULL)
    *n_written = MAX (n, 0);
  return n >= 0;
}
