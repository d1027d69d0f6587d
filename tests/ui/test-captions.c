/* The captions page with real widgets: typing is saved, the next picture, the filter, and fixing all. */
#include "config.h"

#include "app/captions/lk-auto-captions-dialog.h"
#include "app/captions/lk-caption-editor.h"
#include "app/captions/lk-caption-text.h"
#include "app/captions/lk-captions-page.h"
#include "app/captions/lk-captions-pane.h"
#include "app/window/lk-engine.h"
#include "lk-test-window.h"

#include <string.h>

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

/* ---- automatic captions ------------------------------------------------------------------------------------------- */

/* Over all pictures, instead of their captions. */
static GtkWidget *
open_automatic (Fixture *fixture,
                guint    way)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new_with_free_func (g_object_unref);
  GtkWidget *dialog = GTK_WIDGET (lk_auto_captions_dialog_new (fixture->workspace, NULL, none, none));

  adw_dialog_present (ADW_DIALOG (dialog), fixture->page);
  adw_combo_row_set_selected (ADW_COMBO_ROW (gtk_widget_get_template_child (dialog, LK_TYPE_AUTO_CAPTIONS_DIALOG, "way_row")), way);
  adw_combo_row_set_selected (ADW_COMBO_ROW (gtk_widget_get_template_child (dialog, LK_TYPE_AUTO_CAPTIONS_DIALOG, "place_row")), 1);
  adw_combo_row_set_selected (ADW_COMBO_ROW (gtk_widget_get_template_child (dialog, LK_TYPE_AUTO_CAPTIONS_DIALOG, "scope_row")), 2);
  return dialog;
}

static void
press (GtkWidget *dialog)
{
  GtkWidget *button = GTK_WIDGET (gtk_widget_get_template_child (dialog, LK_TYPE_AUTO_CAPTIONS_DIALOG, "action_button"));

  g_assert_true (gtk_widget_get_sensitive (button));
  g_signal_emit_by_name (button, "clicked");
}

static const char *
get_stage (GtkWidget *dialog)
{
  return gtk_stack_get_visible_child_name (GTK_STACK (gtk_widget_get_template_child (dialog, LK_TYPE_AUTO_CAPTIONS_DIALOG, "stack")));
}

static const char *
get_state (GtkWidget *dialog)
{
  return gtk_label_get_label (GTK_LABEL (gtk_widget_get_template_child (dialog, LK_TYPE_AUTO_CAPTIONS_DIALOG, "state")));
}

static gboolean
has_stopped (gpointer dialog)
{
  return !g_str_equal (get_stage (dialog), "working");
}

static gboolean
has_more_steps (gpointer data)
{
  Fixture *fixture = data;

  return g_strcmp0 (lk_project_get_undo_title (lk_workspace_get_project (fixture->workspace)), "Automatic Captions") == 0;
}

static void
use_model (const char *key,
           const char *name)
{
  g_autoptr (GSettings) settings = g_settings_new (APP_ID);
  g_autofree char *path = g_build_filename (g_getenv ("LIKENESS_TEST_GOLDEN"), name, NULL), *uri = g_filename_to_uri (path, NULL, NULL);

  g_settings_set_string (settings, key, uri);
}

/* Drafts change nothing before they were seen, and then all captions in one step. */
static void
test_draft (Fixture       *fixture,
            gconstpointer  data)
{
  LkProject *project = lk_workspace_get_project (fixture->workspace);
  GtkWidget *dialog = open_automatic (fixture, 0);
  GtkWidget *tick = gtk_widget_get_first_child (GTK_WIDGET (gtk_widget_get_template_child (dialog, LK_TYPE_AUTO_CAPTIONS_DIALOG, "ticks")));
  g_autofree char *before = g_strdup (lk_image_get_caption (get_image (fixture, 0)));
  guint n_undo = lk_project_get_n_undo (project);

  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (tick), TRUE);
  press (dialog);
  lk_test_wait (has_stopped, dialog);
  g_assert_cmpstr (get_stage (dialog), ==, "result");
  g_assert_cmpstr (lk_image_get_caption (get_image (fixture, 0)), ==, before);
  press (dialog);
  lk_test_wait (has_more_steps, fixture);
  g_assert_cmpuint (lk_project_get_n_undo (project), ==, n_undo + 1);
  for (guint i = 0; i < lk_project_get_n_images (project); i++)
    {
      g_assert_true (g_str_has_prefix (lk_image_get_caption (get_image (fixture, i)), "ohwx woman, "));
      g_assert_true (g_str_has_suffix (lk_image_get_caption (get_image (fixture, i)), ", smiling"));
    }
  g_free (lk_workspace_undo (fixture->workspace));
  g_assert_cmpstr (lk_image_get_caption (get_image (fixture, 0)), ==, before);
}

/* A tagger in the engine's queue: stopped, it changes nothing; to its end, what it saw is in the captions. */
static void
test_tagger (Fixture       *fixture,
             gconstpointer  data)
{
  LkProject *project = lk_workspace_get_project (fixture->workspace);
  GtkWidget *dialog = open_automatic (fixture, 1);
  g_autofree char *before = g_strdup (lk_image_get_caption (get_image (fixture, 0)));
  guint n_undo = lk_project_get_n_undo (project);

  g_assert_false (gtk_widget_get_sensitive (GTK_WIDGET (gtk_widget_get_template_child (dialog, LK_TYPE_AUTO_CAPTIONS_DIALOG, "action_button"))));
  use_model ("tagger-folder", "blip-tiny");
  adw_combo_row_set_selected (ADW_COMBO_ROW (gtk_widget_get_template_child (dialog, LK_TYPE_AUTO_CAPTIONS_DIALOG, "way_row")), 2);
  adw_combo_row_set_selected (ADW_COMBO_ROW (gtk_widget_get_template_child (dialog, LK_TYPE_AUTO_CAPTIONS_DIALOG, "way_row")), 1);
  press (dialog);
  lk_test_wait (has_stopped, dialog);
  g_assert_cmpstr (get_stage (dialog), ==, "choices");
  g_assert_nonnull (strstr (get_state (dialog), "holds BLIP"));

  use_model ("tagger-folder", "tagger-tiny");
  press (dialog);
  g_assert_cmpstr (get_stage (dialog), ==, "working");
  press (dialog);
  lk_test_wait (has_stopped, dialog);
  g_assert_cmpstr (get_stage (dialog), ==, "choices");
  g_assert_cmpstr (get_state (dialog), ==, "Stopped. Nothing was changed.");
  g_assert_cmpstr (lk_image_get_caption (get_image (fixture, 0)), ==, before);
  g_assert_cmpuint (lk_project_get_n_undo (project), ==, n_undo);

  adw_spin_row_set_value (ADW_SPIN_ROW (gtk_widget_get_template_child (dialog, LK_TYPE_AUTO_CAPTIONS_DIALOG, "general_row")), 0);
  gtk_editable_set_text (GTK_EDITABLE (gtk_widget_get_template_child (dialog, LK_TYPE_AUTO_CAPTIONS_DIALOG, "blacklist_row")), "tag 1?");
  press (dialog);
  lk_test_wait (has_stopped, dialog);
  g_assert_cmpstr (get_stage (dialog), ==, "result");
  press (dialog);
  lk_test_wait (has_more_steps, fixture);
  g_assert_cmpuint (lk_project_get_n_undo (project), ==, n_undo + 1);
  g_assert_nonnull (strstr (lk_image_get_caption (get_image (fixture, 0)), ", tag 20"));
  g_assert_null (strstr (lk_image_get_caption (get_image (fixture, 0)), ", tag 12"));
}

/* Who closes the dialog stops it. */
static void
test_close_while_working (Fixture       *fixture,
                          gconstpointer  data)
{
  LkProject *project = lk_workspace_get_project (fixture->workspace);
  g_autoptr (LkEngine) engine = lk_engine_get_default ();
  GtkWidget *dialog;
  guint n_undo = lk_project_get_n_undo (project);

  use_model ("tagger-folder", "tagger-tiny");
  dialog = open_automatic (fixture, 1);
  g_object_add_weak_pointer (G_OBJECT (dialog), (gpointer *) &dialog);
  press (dialog);
  adw_dialog_force_close (ADW_DIALOG (dialog));
  while (dialog != NULL || g_list_model_get_n_items (lk_engine_get_jobs (engine)) > 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (lk_project_get_n_undo (project), ==, n_undo);
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
  g_test_add ("/captions/automatic-draft", Fixture, NULL, set_up, test_draft, tear_down);
  g_test_add ("/captions/automatic-tagger", Fixture, NULL, set_up, test_tagger, tear_down);
  g_test_add ("/captions/close-while-working", Fixture, NULL, set_up, test_close_while_working, tear_down);
  g_test_add ("/captions/fix-all", Fixture, NULL, set_up, test_fix_all, tear_down);

  return g_test_run ();
}
