#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "app/captions/lk-caption-text.h"
#include "app/captions/lk-tag-completion.h"

#ifdef HAVE_SPELLING
#include <libspelling.h>
#endif

struct _LkCaptionText
{
  AdwBin           parent_instance;

  GtkTextView     *view;          /* child */
  GtkTextBuffer   *buffer;        /* the view's */
  GtkTextTag      *tags[LK_SEVERITY_ERROR + 1];   /* the buffer's; by severity */
  LkTagCompletion *completion;    /* owned */
  gboolean         is_setting;
};

G_DEFINE_FINAL_TYPE (LkCaptionText, lk_caption_text, ADW_TYPE_BIN)

enum
{
  EDITED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

GtkTextView *
lk_caption_text_get_view (LkCaptionText *self)
{
  g_return_val_if_fail (LK_IS_CAPTION_TEXT (self), NULL);

  return self->view;
}

void
lk_caption_text_set_source (LkCaptionText *self,
                            LkTagSource   *source)
{
  g_return_if_fail (LK_IS_CAPTION_TEXT (self));

  lk_tag_completion_set_source (self->completion, source);
}

void
lk_caption_text_set_editable (LkCaptionText *self,
                              gboolean       is_editable)
{
  g_return_if_fail (LK_IS_CAPTION_TEXT (self));

  gtk_text_view_set_editable (self->view, is_editable);
}

/* ---- text --------------------------------------------------------------------------------------------------------- */

char *
lk_caption_text_dup_text (LkCaptionText *self)
{
  GtkTextIter start, end;

  g_return_val_if_fail (LK_IS_CAPTION_TEXT (self), NULL);

  gtk_text_buffer_get_bounds (self->buffer, &start, &end);
  return gtk_text_buffer_get_text (self->buffer, &start, &end, TRUE);
}

void
lk_caption_text_set_text (LkCaptionText *self,
                          const char    *text)
{
  g_autofree char *current = NULL;

  g_return_if_fail (LK_IS_CAPTION_TEXT (self));

  current = lk_caption_text_dup_text (self);
  if (g_str_equal (current, text))
    return;
  self->is_setting = TRUE;
  gtk_text_buffer_begin_irreversible_action (self->buffer);
  gtk_text_buffer_set_text (self->buffer, text, -1);
  gtk_text_buffer_end_irreversible_action (self->buffer);
  self->is_setting = FALSE;
  lk_tag_completion_hide (self->completion);
}

/* ---- marks -------------------------------------------------------------------------------------------------------- */

void
lk_caption_text_set_marks (LkCaptionText *self,
                           GArray        *marks)
{
  g_autofree char *text = NULL;
  gsize length;
  GtkTextIter start, end;

  g_return_if_fail (LK_IS_CAPTION_TEXT (self));

  text = lk_caption_text_dup_text (self);
  length = strlen (text);
  gtk_text_buffer_get_bounds (self->buffer, &start, &end);
  for (guint i = LK_SEVERITY_HINT; i <= LK_SEVERITY_ERROR; i++)
    gtk_text_buffer_remove_tag (self->buffer, self->tags[i], &start, &end);
  for (guint i = 0; i < marks->len; i++)
    {
      const LkMark *mark = &g_array_index (marks, LkMark, i);

      if (mark->end > length || mark->check->severity == LK_SEVERITY_NONE)
        continue;
      gtk_text_buffer_get_iter_at_offset (self->buffer, &start, g_utf8_pointer_to_offset (text, text + mark->start));
      gtk_text_buffer_get_iter_at_offset (self->buffer, &end, g_utf8_pointer_to_offset (text, text + mark->end));
      gtk_text_buffer_apply_tag (self->buffer, self->tags[mark->check->severity], &start, &end);
    }
}

/* The system's colours, which differ in light and dark. */
static void
update_colors (LkCaptionText *self)
{
  static const char * const names[] = { NULL, "accent_color", "warning_color", "error_color" };

  for (guint i = LK_SEVERITY_HINT; i <= LK_SEVERITY_ERROR; i++)
    {
      GdkRGBA color;

G_GNUC_BEGIN_IGNORE_DEPRECATIONS
      /* The only way to a named colour outside of style sheets. */
      if (gtk_style_context_lookup_color (gtk_widget_get_style_context (GTK_WIDGET (self->view)), names[i], &color))
        g_object_set (self->tags[i], "underline-rgba", &color, NULL);
G_GNUC_END_IGNORE_DEPRECATIONS
    }
}

/* ---- typing ------------------------------------------------------------------------------------------------------- */

/* The tag up to the cursor, where that is at the tag's end; NULL: it is not. `start` receives where it begins. */
static char *
dup_typed (LkCaptionText *self,
           GtkTextIter   *start,
           GtkTextIter   *end)
{
  GtkTextIter next;

  gtk_text_buffer_get_iter_at_mark (self->buffer, end, gtk_text_buffer_get_insert (self->buffer));
  next = *end;
  if (!gtk_text_iter_ends_line (&next) && strchr (",|;}", gtk_text_iter_get_char (&next)) == NULL)
    return NULL;
  *start = *end;
  while (gtk_text_iter_backward_char (start))
    {
      gunichar c = gtk_text_iter_get_char (start);

      if (c == ',' || c == '\n' || c == '\r' || c == '|' || c == ';' || c == '{')
        {
          gtk_text_iter_forward_char (start);
          break;
        }
    }
  while (gtk_text_iter_compare (start, end) < 0 && g_unichar_isspace (gtk_text_iter_get_char (start)))
    gtk_text_iter_forward_char (start);
  return gtk_text_buffer_get_text (self->buffer, start, end, TRUE);
}

static void
offer (LkCaptionText *self)
{
  GtkTextIter start, end;
  g_autofree char *typed = dup_typed (self, &start, &end);
  GdkRectangle place;

  if (typed == NULL)
    {
      lk_tag_completion_hide (self->completion);
      return;
    }
  gtk_text_view_get_iter_location (self->view, &start, &place);
  gtk_text_view_buffer_to_window_coords (self->view, GTK_TEXT_WINDOW_WIDGET, place.x, place.y, &place.x, &place.y);
  place.width = 1;
  lk_tag_completion_update (self->completion, typed, &place);
}

static void
accepted_cb (LkCaptionText *self,
             const char    *tag)
{
  GtkTextIter start, end;
  g_autofree char *typed = dup_typed (self, &start, &end);

  if (typed == NULL)
    return;
  gtk_text_buffer_begin_user_action (self->buffer);
  gtk_text_buffer_delete (self->buffer, &start, &end);
  gtk_text_buffer_insert (self->buffer, &start, tag, -1);
  gtk_text_buffer_end_user_action (self->buffer);
  lk_tag_completion_hide (self->completion);
}

static void
changed_cb (LkCaptionText *self)
{
  if (self->is_setting)
    return;
  g_signal_emit (self, signals[EDITED], 0);
  if (gtk_widget_has_focus (GTK_WIDGET (self->view)))
    offer (self);
}

/* ---- widget ------------------------------------------------------------------------------------------------------- */

static gboolean
lk_caption_text_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LK_CAPTION_TEXT (widget)->view));
}

static void
lk_caption_text_dispose (GObject *object)
{
  LkCaptionText *self = LK_CAPTION_TEXT (object);

  if (self->completion != NULL)
    lk_tag_completion_detach (self->completion);
  g_clear_object (&self->completion);

  G_OBJECT_CLASS (lk_caption_text_parent_class)->dispose (object);
}

static void
lk_caption_text_class_init (LkCaptionTextClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_caption_text_dispose;
  widget_class->grab_focus = lk_caption_text_grab_focus;

  signals[EDITED] = g_signal_new ("edited", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_css_name (widget_class, "captiontext");
}

#ifdef HAVE_SPELLING
static GtkTextView *
make_view (void)
{
  g_autoptr (GtkSourceBuffer) buffer = gtk_source_buffer_new (NULL);
  g_autoptr (SpellingTextBufferAdapter) adapter = spelling_text_buffer_adapter_new (buffer, spelling_checker_get_default ());
  GtkTextView *view = GTK_TEXT_VIEW (gtk_source_view_new_with_buffer (buffer));

  /* The window's colours, not a scheme's: a scheme knows no dark style. */
  gtk_source_buffer_set_style_scheme (buffer, NULL);
  gtk_source_buffer_set_highlight_matching_brackets (buffer, FALSE);
  gtk_text_view_set_extra_menu (view, spelling_text_buffer_adapter_get_menu_model (adapter));
  gtk_widget_insert_action_group (GTK_WIDGET (view), "spelling", G_ACTION_GROUP (adapter));
  spelling_text_buffer_adapter_set_enabled (adapter, TRUE);
  return view;
}
#else
static GtkTextView *
make_view (void)
{
  return GTK_TEXT_VIEW (gtk_text_view_new ());
}
#endif

static void
lk_caption_text_init (LkCaptionText *self)
{
#ifdef HAVE_SPELLING
  spelling_init ();
#endif
  self->view = make_view ();
  self->buffer = gtk_text_view_get_buffer (self->view);
  self->completion = lk_tag_completion_new (GTK_WIDGET (self->view));
  g_signal_connect_object (self->completion, "accepted", G_CALLBACK (accepted_cb), self, G_CONNECT_SWAPPED);

  for (guint i = LK_SEVERITY_HINT; i <= LK_SEVERITY_ERROR; i++)
    self->tags[i] = gtk_text_buffer_create_tag (self->buffer, NULL, "underline",
                                                i == LK_SEVERITY_HINT ? PANGO_UNDERLINE_SINGLE : PANGO_UNDERLINE_ERROR, NULL);
  gtk_text_buffer_set_max_undo_levels (self->buffer, 0);
  gtk_text_view_set_wrap_mode (self->view, GTK_WRAP_WORD_CHAR);
  gtk_text_view_set_accepts_tab (self->view, FALSE);
  gtk_text_view_set_top_margin (self->view, 9);
  gtk_text_view_set_bottom_margin (self->view, 9);
  gtk_text_view_set_left_margin (self->view, 12);
  gtk_text_view_set_right_margin (self->view, 12);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Caption"), -1);
  g_signal_connect_object (self->buffer, "changed", G_CALLBACK (changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (update_colors), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->view, "realize", G_CALLBACK (update_colors), self, G_CONNECT_SWAPPED);
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->view));
}
