#include "config.h"

#include <glib/gstdio.h>

#include "app/window/lk-window.h"
#include "base/lk-file.h"
#include "formats/lk-png.h"
#include "lk-test-window.h"

#define PATIENCE_MS 60000

void
lk_test_window_init (int    *argc,
                     char ***argv)
{
  g_test_init (argc, argv, NULL);
  if (!gtk_init_check ())
    exit (77);
  adw_init ();
}

LkApplication *
lk_test_application_new (void)
{
  LkApplication *application = lk_application_new ();
  g_autoptr (GError) error = NULL;

  g_application_set_flags (G_APPLICATION (application), G_APPLICATION_NON_UNIQUE);
  g_application_register (G_APPLICATION (application), NULL, &error);
  g_assert_no_error (error);
  g_application_set_default (G_APPLICATION (application));

  return application;
}

static char *
make_folder (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *parent = g_dir_make_tmp ("likeness-XXXXXX", &error);

  g_assert_no_error (error);
  return g_build_filename (parent, "Mira", NULL);
}

static LkProject *
create (const char *folder)
{
  const LkProjectInfo info = {
    .name = "Mira",
    .trigger = "ohwx",
    .class_word = "woman",
    .hair = "brown hair",
    .eyes = "green eyes",
    .base_model = "starter",
  };
  g_autoptr (GError) error = NULL;
  LkProject *project = lk_project_create (folder, &info, &error);

  g_assert_no_error (error);
  return project;
}

static LkProject *
reopen (LkProject *project)
{
  g_autofree char *folder = g_strdup (lk_project_get_folder (project));
  g_autoptr (GError) error = NULL;

  lk_project_close (project, &error);
  g_assert_no_error (error);
  g_object_unref (project);
  project = lk_project_open (folder, LK_PROJECT_OPEN, &error);
  g_assert_no_error (error);

  return project;
}

LkProject *
lk_test_sample_project (void)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *images = lk_data_path ("starter/sample/images");
  LkProject *project = create (folder);
  g_autofree char *to = lk_project_dup_path (project, "images");
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (images, 0, &error);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *source = g_build_filename (images, name, NULL);
      g_autofree char *target = g_build_filename (to, name, NULL);

      lk_file_copy (source, target, &error);
      g_assert_no_error (error);
    }

  return reopen (project);
}

/* Each picture is a file of its own with a colour of its own, so that no cache can hide the work. */
LkProject *
lk_test_large_project (guint n)
{
  g_autofree char *folder = make_folder ();
  LkProject *project = create (folder);
  g_autofree char *to = lk_project_dup_path (project, "images");
  g_autoptr (LkPicture) picture = lk_picture_new (64, 64, 3);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("picture-%05u.png", i);
      g_autofree char *path = g_build_filename (to, name, NULL);
      g_autoptr (GdkPixbuf) pixbuf = NULL;
      g_autoptr (GError) error = NULL;

      for (guint j = 0; j < 64 * 64; j++)
        {
          picture->data[3 * j] = i & 255;
          picture->data[3 * j + 1] = i >> 8;
          picture->data[3 * j + 2] = j & 255;
        }
      pixbuf = gdk_pixbuf_new_from_data (picture->data, GDK_COLORSPACE_RGB, FALSE, 8, 64, 64, picture->stride, NULL, NULL);
      gdk_pixbuf_save (pixbuf, path, "png", &error, "compression", "1", NULL);
      g_assert_no_error (error);
    }

  return reopen (project);
}

static gboolean
out_of_patience_cb (gpointer user_data)
{
  gboolean *is_over = user_data;

  *is_over = TRUE;
  return G_SOURCE_CONTINUE;
}

void
lk_test_wait (LkTestCondition condition,
              gpointer        data)
{
  gboolean is_over = FALSE;
  guint source = g_timeout_add (PATIENCE_MS, out_of_patience_cb, &is_over);

  while (!condition (data) && !is_over)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);
  g_assert_false (is_over);
}

void
lk_test_run_for (guint milliseconds)
{
  gboolean is_over = FALSE;
  guint source = g_timeout_add (milliseconds, out_of_patience_cb, &is_over);

  while (!is_over)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);
}

GtkWidget *
lk_test_find (GtkWidget *widget,
              GType      type)
{
  if (g_type_is_a (G_OBJECT_TYPE (widget), type))
    return widget;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = lk_test_find (child, type);

      if (found != NULL)
        return found;
    }

  return NULL;
}

static gboolean
is_gone (gpointer data)
{
  return *(gpointer *) data == NULL;
}

void
lk_test_close (LkWindow *window)
{
  gpointer held = window;

  g_object_add_weak_pointer (G_OBJECT (window), &held);
  gtk_window_close (GTK_WINDOW (window));
  lk_test_wait (is_gone, &held);
}
