/* The values of the journal: what stands in a change, from and to what an image has. */
#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "project/lk-project-private.h"

GBytes *
lk_value_of_text (const char *text)
{
  return text != NULL ? g_bytes_new (text, strlen (text)) : NULL;
}

GBytes *
lk_value_of_uint (guint value)
{
  g_autofree char *text = g_strdup_printf ("%u", value);

  return lk_value_of_text (text);
}

GBytes *
lk_value_of_crop (const LkCrop *crop)
{
  g_autofree char *text = NULL;
  char angle[G_ASCII_DTOSTR_BUF_SIZE];

  if (crop == NULL || lk_crop_is_empty (crop))
    return NULL;
  text = g_strdup_printf ("%d %d %d %d %u %d %d %s", crop->x, crop->y, crop->width, crop->height, crop->quarter_turns,
                          crop->flip_horizontal != 0, crop->flip_vertical != 0, g_ascii_dtostr (angle, sizeof angle, crop->angle));
  return lk_value_of_text (text);
}

void
lk_value_get_crop (const char *text,
                   LkCrop     *crop)
{
  g_auto (GStrv) parts = g_strsplit (text, " ", -1);

  *crop = (LkCrop) { 0 };
  if (g_strv_length (parts) != 8)
    return;
  crop->x = atoi (parts[0]);
  crop->y = atoi (parts[1]);
  crop->width = atoi (parts[2]);
  crop->height = atoi (parts[3]);
  crop->quarter_turns = atoi (parts[4]) & 3;
  crop->flip_horizontal = atoi (parts[5]) != 0;
  crop->flip_vertical = atoi (parts[6]) != 0;
  crop->angle = g_ascii_strtod (parts[7], NULL);
}

GBytes *
lk_value_of_labels (const char * const *labels)
{
  g_autofree char *joined = g_strjoinv (",", (char **) labels);

  return *joined != '\0' ? lk_value_of_text (joined) : NULL;
}

char *
lk_value_dup_text (GBytes *value)
{
  gsize length;
  const char *text = value != NULL ? g_bytes_get_data (value, &length) : NULL;

  return text != NULL ? g_strndup (text, length) : g_strdup ("");
}

gboolean
lk_value_equal (GBytes *a,
                GBytes *b)
{
  return a == b || (a != NULL && b != NULL && g_bytes_equal (a, b));
}

/* What the image has now. */
GBytes *
lk_value_of_image (LkImage      *image,
                   LkChangeKind  kind)
{
  switch (kind)
    {
    case LK_CHANGE_CAPTION:
      return image->text != NULL ? g_bytes_ref (image->text) : NULL;
    case LK_CHANGE_PRESENCE:
      return image->is_present ? lk_value_of_uint (1) : NULL;
    case LK_CHANGE_CROP:
      return lk_value_of_crop (&image->crop);
    case LK_CHANGE_RATING:
      return image->rating != 0 ? lk_value_of_uint (image->rating) : NULL;
    case LK_CHANGE_STATE:
      return image->state != LK_STATE_UNDECIDED ? lk_value_of_text (lk_state_get_id (image->state)) : NULL;
    case LK_CHANGE_SHOT:
      return image->chosen_shot != LK_SHOT_NOT_SET ? lk_value_of_text (lk_shot_get_id (image->chosen_shot)) : NULL;
    case LK_CHANGE_REPEATS:
      return image->repeats != 1 ? lk_value_of_uint (image->repeats) : NULL;
    case LK_CHANGE_NOTES:
      return *image->notes != '\0' ? lk_value_of_text (image->notes) : NULL;
    case LK_CHANGE_LABELS:
      return lk_value_of_labels ((const char * const *) image->labels);
    case LK_CHANGE_SETTINGS:
    default:
      g_assert_not_reached ();
    }
}

/* Shows a value. Presence is shown by the list. */
void
lk_value_show (LkProject    *self,
               LkChangeKind  kind,
               gint64        id,
               GBytes       *value)
{
  LkImage *image = lk_project_find_any (self, id);
  g_autofree char *text = NULL;
  LkCrop crop = { 0 };

  if (kind == LK_CHANGE_SETTINGS)
    {
      g_autoptr (GError) error = NULL;

      if (value != NULL && !lk_project_take_settings (self, value, &error))
        g_warning ("%s", error->message);
      return;
    }
  g_return_if_fail (image != NULL);
  if (kind == LK_CHANGE_CAPTION)
    {
      lk_image_set_text (image, value);
      return;
    }

  text = lk_value_dup_text (value);
  switch (kind)
    {
    case LK_CHANGE_PRESENCE:
      image->is_present = value != NULL;
      if (value != NULL)
        image->is_missing = FALSE;
      break;
    case LK_CHANGE_CROP:
      lk_value_get_crop (text, &crop);
      lk_image_set_crop (image, &crop);
      break;
    case LK_CHANGE_RATING:
      lk_image_set_rating (image, CLAMP (atoi (text), 0, 5));
      break;
    case LK_CHANGE_STATE:
      lk_image_set_state (image, g_str_equal (text, "keep") ? LK_STATE_KEEP : g_str_equal (text, "reject") ? LK_STATE_REJECT : LK_STATE_UNDECIDED);
      break;
    case LK_CHANGE_SHOT:
      lk_image_set_chosen_shot (image, lk_shot_from_id (text));
      break;
    case LK_CHANGE_REPEATS:
      lk_image_set_repeats (image, MAX (atoi (text), 1));
      break;
    case LK_CHANGE_NOTES:
      lk_image_set_notes (image, text);
      break;
    case LK_CHANGE_LABELS:
      {
        g_auto (GStrv) labels = *text != '\0' ? g_strsplit (text, ",", -1) : g_new0 (char *, 1);

        lk_image_set_labels (image, (const char * const *) labels);
        break;
      }
    case LK_CHANGE_CAPTION:
    case LK_CHANGE_SETTINGS:
    default:
      g_assert_not_reached ();
    }
}
