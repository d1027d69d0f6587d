/* The captions page with real widgets: typing is saved, the next picture, the filter, and fixing all. */
#include "config.h"

#include "app/captions/lk-caption-editor.h"
#include "app/captions/lk-caption-text.h"
#include "app/captions/lk-captions-page.h"
#include "app/captions/lk-captions-pane.h"
#include "lk-test-window.h"

typedef struct
{
  LkWorkspace *workspace;
  GtkWidget   *page;
  GtkWindow   *window;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr (LkProject) project = lk_test_sample_project ();

  fixture->workspace = lk_workspace_new (project);
  fixture->page = GTK_WIDGET (lk_captions_page_new (fixture->workspace));
  fixture->window = g_object_ref (GTK_WINDOW (gtk_window_new ()));
  gtk_window_set_default_size (fixture->window, 1000, 700);
  gtk_window_set_child (fixture->window, fixture->page);
  gtk_window_present (fixture->window);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  gtk_window_destroy (fixture->window);
  g_assert_finalize_object (fixture->window);
  lk_workspace_close (fixture->workspace, NULL);
  g_object_unref (fixture->workspace);
}

static LkImage *
get_image (Fixture *fixture,
           guint    position)
{
  return lk_project_get_image (lk_workspace_get_project (fixture->workspace), position);
}

static GtkTextBuffer *
get_buffer (Fixture *fixture)
{
  LkCaptionText *text = LK_CAPTION_TEXT (lk_test_find (fixture->page, LK_TYPE_CAPTION_TEXT));

  return gtk_text_view_get_buffer (lk_caption_text_get_view (text));
}

static gboolean
is_saved (gpointer data)
{
  return lk_caption_editor_is_saved (data);
}

/* What was typed is in the caption's own file once the editor says so, and going on saves what was not saved yet. */
static void
test_typing (Fixture       *fixture,
             gconstpointer  data)
{
  LkCaptionEditor *editor = LK_CAPTION_EDITOR (lk_test_find (fixture->page, LK_TYPE_CAPTION_EDITOR));
  g_autofree char *path = lk_image_dup_caption_path (get_image (fixture, 0)), *other = lk_image_dup_caption_path (get_image (fixture, 1));
  g_autofree char *text = NULL, *other_text = NULL;

  gtk_text_buffer_set_text (get_buffer (fixture), "ohwx woman, typed", -1);
  g_assert_false (lk_caption_editor_is_saved (editor));
  lk_test_wait (is_saved, editor);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "ohwx woman, typed");

  g_assert_true (gtk_widget_activate_action (fixture->page, "captions.next", NULL));
  gtk_text_buffer_set_text (get_buffer (fixture), "ohwx woman, the second", -1);
  g_assert_true (gtk_widget_activate_action (fixture->page, "captions.previous", NULL));
  g_assert_true (g_file_get_contents (other, &other_text, NULL, NULL));
  g_assert_cmpstr (other_text, ==, "ohwx woman, the second");
}

/* A quick tag is one step; undoing it brings the words back, in the editor too. */
static void
test_quick_tag_and_undo (Fixture       *fixture,
                         gconstpointer  data)
{
  LkCaptionEditor *editor = LK_CAPTION_EDITOR (lk_test_find (fixture->page, LK_TYPE_CAPTION_EDITOR));
  g_autofree char *before = g_strdup (lk_image_get_caption (get_image (fixture, 0)));
  g_autofree char *after = NULL;
  GtkTextIter start, end;

  lk_caption_editor_toggle_tag (editor, "a new tag");
  g_assert_nonnull (strstr (lk_image_get_caption (get_image (fixture, 0)), ", a new tag"));
  g_free (lk_workspace_undo (fixture->workspace));
  g_assert_cmpstr (lk_image_get_caption (get_image (fixture, 0)), ==, before);
  gtk_text_buffer_get_bounds (get_buffer (fixture), &start, &end);
  after = gtk_text_buffer_get_text (get_buffer (fixture), &start, &end, TRUE);
  g_assert_cmpstr (after, ==, before);
}

static gboolean
has_finding (gpointer data)
{
  Fixture *fixture = data;
  GListModel *findings = lk_workspace_get_findings (fixture->workspace);

  for (guint i = 0; i < g_list_model_get_n_items (findings); i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);

      if (g_str_equal (lk_finding_get_id (finding), "trigger-missing"))
        return TRUE;
    }
  return FALSE;
}

/* Fix All is one step. */
static void
test_fix_all (Fixture       *fixture,
              gconstpointer  data)
{
  LkProject *project = lk_workspace_get_project (fixture->workspace);
  LkEdit *edit = lk_edit_new (project, "Break");
  guint n_undo;

  lk_edit_set_caption (edit, get_image (fixture, 2), "woman, brown hair, bob haircut, green eyes, light skin, in a park");
  g_assert_true (lk_workspace_apply (fixture->workspace, edit));
  lk_test_wait (has_finding, fixture);
  n_undo = lk_project_get_n_undo (project);
  g_signal_emit_by_name (lk_test_find (fixture->page, LK_TYPE_CAPTIONS_PANE), "fix-all");
  g_assert_true (g_str_has_prefix (lk_image_get_caption (get_image (fixture, 2)), "ohwx woman"));
  g_assert_cmpuint (lk_project_get_n_undo (project), ==, n_undo + 1);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (LkApplication) application = NULL;

  lk_test_window_init (&argc, &argv);
  application = lk_test_application_new ();

  g_test_add ("/captions/typing", Fixture, NULL, set_up, test_typing, tear_down);
  g_test_add ("/captions/quick-tag-and-undo", Fixture, NULL, set_up, test_quick_tag_and_undo, tear_down);
  g_test_add ("/captions/fix-all", Fixture, NULL, set_up, test_fix_all, tear_down);

  return g_test_run ();
}
