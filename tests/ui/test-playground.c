/* The playground's page on the sample project: the rule of 1.80, presets, undo, the stack's file, what is wrong with files, and a picture drawn with
 * the starter and its style on the CPU.
 */
#include "config.h"

#include <glib/gstdio.h>

#include "app/playground/lk-playground-page.h"
#include "app/playground/lk-stack-row.h"
#include "base/lk-file.h"
#include "base/lk-json.h"
#include "formats/lk-picture.h"
#include "formats/lk-safetensors.h"
#include "lk-test-window.h"

typedef struct
{
  LkProject        *project;
  LkWorkspace      *workspace;
  LkPlaygroundPage *page;
  GtkWindow        *window;
} Fixture;

static gboolean
is_ready (gpointer page)
{
  return lk_playground_page_is_ready (page);
}

static void
open_page (Fixture *fixture)
{
  fixture->workspace = lk_workspace_new (fixture->project);
  fixture->page = lk_playground_page_new (fixture->workspace);
  fixture->window = g_object_ref (GTK_WINDOW (gtk_window_new ()));
  gtk_window_set_default_size (fixture->window, 1000, 700);
  gtk_window_set_child (fixture->window, GTK_WIDGET (fixture->page));
  gtk_window_present (fixture->window);
  lk_test_wait (is_ready, fixture->page);
}

static void
close_page (Fixture *fixture)
{
  gtk_window_destroy (fixture->window);
  g_assert_finalize_object (fixture->window);
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr (GSettings) preferences = g_settings_new (APP_ID);

  g_settings_set_string (preferences, "device", "cpu");
  fixture->project = lk_test_sample_project ();
  open_page (fixture);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  close_page (fixture);
  lk_workspace_close (fixture->workspace, NULL);
  g_object_unref (fixture->workspace);
  g_object_unref (fixture->project);
}

static LkStackEntry *
add (Fixture    *fixture,
     const char *name,
     int         hundredths)
{
  LkStack *stack = lk_playground_page_get_stack (fixture->page);
  g_autofree char *path = lk_data_path (name);
  LkStackEntry *entry;

  lk_playground_page_add (fixture->page, path);
  entry = lk_stack_get (stack, lk_stack_get_n (stack) - 1);
  lk_stack_entry_set_unet (entry, hundredths);
  return entry;
}

static gboolean
is_revealed (Fixture *fixture)
{
  return adw_banner_get_revealed (ADW_BANNER (lk_test_find (GTK_WIDGET (fixture->page), ADW_TYPE_BANNER)));
}

static void
test_the_banner_warns_above_180_and_scales (Fixture       *fixture,
                                            gconstpointer  data)
{
  LkStack *stack = lk_playground_page_get_stack (fixture->page);
  LkStackEntry *last;

  add (fixture, "starter/other-character.safetensors", 80);
  add (fixture, "starter/style-dusk.safetensors", 60);
  last = add (fixture, "starter/clothing-uniform.safetensors", 40);
  g_assert_false (is_revealed (fixture));
  lk_stack_entry_set_unet (last, 41);
  g_assert_true (is_revealed (fixture));
  lk_stack_entry_set_on (last, FALSE);
  g_assert_false (is_revealed (fixture));
  lk_stack_entry_set_on (last, TRUE);
  g_signal_emit_by_name (lk_test_find (GTK_WIDGET (fixture->page), ADW_TYPE_BANNER), "button-clicked");
  g_assert_false (is_revealed (fixture));
  g_assert_cmpint (lk_stack_get_total (stack), <=, LK_STACK_LIMIT);
  g_assert_cmpint (lk_stack_get_total (stack), >, LK_STACK_LIMIT - 3);
}

static void
test_presets_order_and_undo (Fixture       *fixture,
                             gconstpointer  data)
{
  LkStack *stack = lk_playground_page_get_stack (fixture->page);
  GtkWidget *row;

  lk_stack_entry_set_kind (add (fixture, "starter/style-dusk.safetensors", 90), LK_STACK_STYLE);
  lk_stack_entry_set_kind (add (fixture, "starter/other-character.safetensors", 20), LK_STACK_CHARACTER);
  lk_test_run_for (500);
  gtk_widget_activate_action (GTK_WIDGET (fixture->page), "playground.preset", "u", 0);
  g_assert_cmpint (lk_stack_entry_get_unet (lk_stack_get (stack, 0)), ==, lk_stack_preset_get (0)->second);
  g_assert_cmpint (lk_stack_entry_get_unet (lk_stack_get (stack, 1)), ==, lk_stack_preset_get (0)->character);
  lk_test_run_for (500);
  gtk_widget_activate_action (GTK_WIDGET (fixture->page), "playground.undo", NULL);
  g_assert_cmpint (lk_stack_entry_get_unet (lk_stack_get (stack, 0)), ==, 90);
  gtk_widget_activate_action (GTK_WIDGET (fixture->page), "playground.redo", NULL);
  g_assert_cmpint (lk_stack_entry_get_unet (lk_stack_get (stack, 0)), ==, lk_stack_preset_get (0)->second);

  row = lk_test_find (GTK_WIDGET (fixture->page), LK_TYPE_STACK_ROW);
  gtk_widget_activate_action (row, "stack-row.down", NULL);
  g_assert_cmpstr (lk_stack_entry_get_name (lk_stack_get (stack, 0)), ==, "other-character");
  row = lk_test_find (GTK_WIDGET (fixture->page), LK_TYPE_STACK_ROW);
  gtk_widget_activate_action (row, "stack-row.remove", NULL);
  g_assert_cmpuint (lk_stack_get_n (stack), ==, 1);
}

static void
test_the_stack_comes_back (Fixture       *fixture,
                           gconstpointer  data)
{
  LkStackEntry *entry = add (fixture, "starter/style-dusk.safetensors", -35);
  LkStack *stack;

  lk_stack_entry_set_on (entry, FALSE);
  close_page (fixture);                     /* at once: what was changed last is not lost */
  lk_workspace_close (fixture->workspace, NULL);
  g_clear_object (&fixture->workspace);
  open_page (fixture);
  stack = lk_playground_page_get_stack (fixture->page);
  g_assert_cmpuint (lk_stack_get_n (stack), ==, 1);
  g_assert_cmpint (lk_stack_entry_get_unet (lk_stack_get (stack, 0)), ==, -35);
  g_assert_false (lk_stack_entry_get_on (lk_stack_get (stack, 0)));
}

static gboolean
has_problem (gpointer row)
{
  return *lk_stack_row_get_problem (row) != '\0';
}

static void
test_rows_say_what_is_wrong_with_files (Fixture       *fixture,
                                        gconstpointer  data)
{
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();
  g_autofree char *path = lk_project_dup_path (fixture->project, "foreign.safetensors");
  g_autoptr (GError) error = NULL;
  const float zeros[32] = { 0 };
  GtkWidget *row;

  lk_playground_page_add (fixture->page, "/nowhere/gone.safetensors");
  row = lk_test_find (GTK_WIDGET (fixture->page), LK_TYPE_STACK_ROW);
  lk_test_wait (has_problem, row);
  g_assert_nonnull (strstr (lk_stack_row_get_problem (LK_STACK_ROW (row)), "gone.safetensors"));
  gtk_widget_activate_action (row, "stack-row.remove", NULL);

  /* Weights of another kind: the measure of a likeness. */
  add (fixture, "starter/drawn-likeness.safetensors", 70);
  row = lk_test_find (GTK_WIDGET (fixture->page), LK_TYPE_STACK_ROW);
  lk_test_wait (has_problem, row);
  g_assert_nonnull (strstr (lk_stack_row_get_problem (LK_STACK_ROW (row)), "holds no LoRA"));
  gtk_widget_activate_action (row, "stack-row.remove", NULL);

  /* A place that no model of this base has. */
  lk_safetensors_writer_add (writer, "lora_unet_joint_blocks_9_proj.lora_down.weight", LK_SAFE_F32, 2, (gsize[]) { 4, 8 }, zeros);
  lk_safetensors_writer_add (writer, "lora_unet_joint_blocks_9_proj.lora_up.weight", LK_SAFE_F32, 2, (gsize[]) { 8, 4 }, zeros);
  g_assert_true (lk_safetensors_writer_save (writer, path, &error));
  g_assert_no_error (error);
  lk_playground_page_add (fixture->page, path);
  row = lk_test_find (GTK_WIDGET (fixture->page), LK_TYPE_STACK_ROW);
  lk_test_wait (has_problem, row);
  g_assert_nonnull (strstr (lk_stack_row_get_problem (LK_STACK_ROW (row)), "another base model"));
  gtk_widget_activate_action (row, "stack-row.remove", NULL);

  /* One of this base says nothing, but what kind it is. */
  add (fixture, "starter/style-dusk.safetensors", 50);
  row = lk_test_find (GTK_WIDGET (fixture->page), LK_TYPE_STACK_ROW);
  lk_test_run_for (1000);
  g_assert_cmpstr (lk_stack_row_get_problem (LK_STACK_ROW (row)), ==, "");
}

static char *
find_picture (Fixture    *fixture,
              const char *ending)
{
  g_autofree char *folder = lk_project_dup_path (fixture->project, "stacks/Playground");
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ending))
      return g_build_filename (folder, name, NULL);
  return NULL;
}

static GtkButton *
find_draw (GtkWidget *widget)
{
  if (GTK_IS_BUTTON (widget) && g_strcmp0 (gtk_button_get_label (GTK_BUTTON (widget)), "Draw") == 0)
    return GTK_BUTTON (widget);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      GtkButton *found = find_draw (child);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static gboolean
is_drawn (gpointer draw)
{
  return gtk_widget_get_visible (draw);
}

static void
test_draws_with_and_without (Fixture       *fixture,
                             gconstpointer  data)
{
  GtkButton *draw = find_draw (GTK_WIDGET (fixture->page));
  GtkWidget *compare = lk_test_find (GTK_WIDGET (fixture->page), ADW_TYPE_SWITCH_ROW);
  g_autofree char *with = NULL, *without = NULL, *stem = NULL;
  g_autoptr (LkPicture) a = NULL, b = NULL;
  g_autofree char *bytes = NULL;
  gsize n;

  add (fixture, "starter/style-dusk.safetensors", 100);
  adw_switch_row_set_active (ADW_SWITCH_ROW (compare), TRUE);
  g_signal_emit_by_name (draw, "clicked");
  g_assert_false (gtk_widget_get_visible (GTK_WIDGET (draw)));
  lk_test_wait (is_drawn, draw);

  without = find_picture (fixture, "-without.png");
  g_assert_nonnull (without);
  stem = g_strndup (without, strlen (without) - strlen ("-without.png"));
  with = g_strconcat (stem, ".png", NULL);
  a = lk_picture_read (with, LK_PICTURE_ON_WHITE, NULL, NULL);
  b = lk_picture_read (without, LK_PICTURE_ON_WHITE, NULL, NULL);
  g_assert_nonnull (a);
  g_assert_nonnull (b);
  g_assert_cmpuint (a->width, ==, lk_project_get_resolution (fixture->project));
  g_assert_cmpint (memcmp (a->data, b->data, (gsize) a->width * a->height * 3), !=, 0);
  /* What it takes to draw it again is in the file. */
  g_assert_true (g_file_get_contents (with, &bytes, &n, NULL));
  g_assert_nonnull (memmem (bytes, n, "style-dusk", strlen ("style-dusk")));
}

static void
test_cancel_leaves_no_picture (Fixture       *fixture,
                               gconstpointer  data)
{
  GtkButton *draw = find_draw (GTK_WIDGET (fixture->page));
  g_autofree char *path = NULL;

  g_signal_emit_by_name (draw, "clicked");
  g_signal_emit_by_name (gtk_widget_get_prev_sibling (GTK_WIDGET (draw)), "clicked");
  lk_test_wait (is_drawn, draw);
  lk_test_run_for (300);
  path = find_picture (fixture, ".png");
  g_assert_null (path);
}

int
main (int   argc,
      char *argv[])
{
  lk_test_window_init (&argc, &argv);

  g_test_add ("/playground/the-banner-warns-above-180-and-scales", Fixture, NULL, set_up, test_the_banner_warns_above_180_and_scales, tear_down);
  g_test_add ("/playground/presets-order-and-undo", Fixture, NULL, set_up, test_presets_order_and_undo, tear_down);
  g_test_add ("/playground/the-stack-comes-back", Fixture, NULL, set_up, test_the_stack_comes_back, tear_down);
  g_test_add ("/playground/rows-say-what-is-wrong-with-files", Fixture, NULL, set_up, test_rows_say_what_is_wrong_with_files, tear_down);
  g_test_add ("/playground/draws-with-and-without", Fixture, NULL, set_up, test_draws_with_and_without, tear_down);
  g_test_add ("/playground/cancel-leaves-no-picture", Fixture, NULL, set_up, test_cancel_leaves_no_picture, tear_down);

  return g_test_run ();
}
