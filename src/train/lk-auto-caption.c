#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include "train/lk-auto-caption.h"

#include <string.h>

#include "base/lk-text.h"
#include "model/lk-blip.h"
#include "project/lk-caption-apply.h"

struct _LkAutoCaption
{
  gatomicrefcount    refs;
  LkAutoRule         rule;            /* `model` is owned; `words` is spent */
  LkCaptionTemplate *words;           /* owned */
};

LkAutoCaption *
lk_auto_caption_new (const LkAutoRule *rule)
{
  LkAutoCaption *self = g_new0 (LkAutoCaption, 1);

  g_atomic_ref_count_init (&self->refs);
  self->rule = *rule;
  self->rule.model = g_strdup (rule->model);
  self->words = lk_caption_template_new (&rule->words);
  return self;
}

LkAutoCaption *
lk_auto_caption_ref (LkAutoCaption *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
lk_auto_caption_unref (LkAutoCaption *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  lk_caption_template_free (self->words);
  g_free ((char *) self->rule.model);
  g_free (self);
}

gboolean
lk_auto_caption_needs_device (LkAutoCaption *self)
{
  return self->rule.way != LK_AUTO_DRAFT;
}

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

LkAutoPicture *
lk_auto_picture_new (const char *path,
                     const char *before,
                     LkShot      shot)
{
  LkAutoPicture *picture = g_new0 (LkAutoPicture, 1);

  picture->path = g_strdup (path);
  picture->name = g_filename_display_basename (path);
  picture->before = g_strdup (before);
  picture->shot = shot;
  return picture;
}

LkAutoPicture *
lk_auto_picture_new_for_image (LkImage *image)
{
  g_autofree char *path = lk_image_dup_path (image);
  LkAutoPicture *picture = lk_auto_picture_new (path, lk_image_get_caption (image), lk_image_get_shot (image));

  picture->image = g_object_ref (image);
  return picture;
}

void
lk_auto_picture_free (gpointer data)
{
  LkAutoPicture *picture = data;

  g_clear_object (&picture->image);
  g_free (picture->path);
  g_free (picture->name);
  g_free (picture->before);
  g_free (picture->found);
  g_free (picture->after);
  g_free (picture->trouble);
  g_free (picture);
}

/* ---- a tagger's numbers to tags ---------------------------------------------------------------------------------- */

typedef struct
{
  const LkTagCategory *categories;
  const float         *probabilities;
} Order;

static gint
compare_tags (gconstpointer a,
              gconstpointer b,
              gpointer      data)
{
  guint first = *(const guint *) a, second = *(const guint *) b;
  const Order *order = data;

  if (order->categories[first] != order->categories[second])
    return order->categories[first] == LK_TAG_CHARACTER ? -1 : 1;
  if (order->probabilities[first] < order->probabilities[second] || order->probabilities[first] > order->probabilities[second])
    return order->probabilities[first] > order->probabilities[second] ? -1 : 1;
  return first < second ? -1 : first > second;
}

char *
lk_auto_caption_choose (const LkAutoRule    *rule,
                        const char * const  *tags,
                        const LkTagCategory *categories,
                        const float         *probabilities,
                        guint                n)
{
  g_autoptr (GArray) chosen = g_array_new (FALSE, FALSE, sizeof (guint));
  Order order = { categories, probabilities };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    if (categories[i] != LK_TAG_RATING &&
        (double) probabilities[i] >= (categories[i] == LK_TAG_CHARACTER ? rule->character : rule->general))
      g_array_append_val (chosen, i);
  g_array_sort_with_data (chosen, compare_tags, &order);
  for (guint i = 0; i < chosen->len; i++)
    {
      g_autofree char *words = lk_caption_tag_words (tags[g_array_index (chosen, guint, i)], rule->keep_underscores);

      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", words);
    }
  return g_string_free (text, FALSE);
}

/* ---- describing -------------------------------------------------------------------------------------------------- */

typedef struct
{
  LkTagger      *tagger;        /* owned, as the rest; one of the two */
  LkBlip        *blip;
  const char   **tags;          /* the tagger's */
  LkTagCategory *categories;
  GCancellable  *cancellable;   /* the caller's */
} Describer;

static void
describer_clear (Describer *describer)
{
  g_clear_pointer (&describer->tagger, lk_tagger_free);
  g_clear_pointer (&describer->blip, lk_blip_free);
  g_free (describer->tags);
  g_free (describer->categories);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Describer, describer_clear)

static gboolean
open_model (LkAutoCaption  *self,
            Describer      *describer,
            LkDevice       *device,
            GError        **error)
{
  guint n;

  if (self->rule.way == LK_AUTO_DRAFT)
    return TRUE;
  if (self->rule.way == LK_AUTO_BLIP)
    {
      describer->blip = lk_blip_open (device, self->rule.model, describer->cancellable, error);
      return describer->blip != NULL;
    }
  describer->tagger = lk_tagger_open (device, self->rule.model, describer->cancellable, error);
  if (describer->tagger == NULL)
    return FALSE;
  n = lk_tagger_get_n_tags (describer->tagger);
  describer->tags = g_new (const char *, n);
  describer->categories = g_new (LkTagCategory, n);
  for (guint i = 0; i < n; i++)
    {
      describer->tags[i] = lk_tagger_get_tag (describer->tagger, i);
      describer->categories[i] = lk_tagger_get_category (describer->tagger, i);
    }
  return TRUE;
}

/* NULL with an error: the model failed. */
static char *
describe (LkAutoCaption    *self,
          Describer        *describer,
          const LkPicture  *picture,
          GError          **error)
{
  g_autofree float *probabilities = NULL;

  if (describer->blip != NULL)
    return lk_blip_look (describer->blip, picture, self->rule.n_beams > 0 ? self->rule.n_beams : LK_BLIP_BEAMS, describer->cancellable, error);
  probabilities = lk_tagger_look (describer->tagger, picture, error);
  if (probabilities == NULL)
    return NULL;
  return lk_auto_caption_choose (&self->rule, describer->tags, describer->categories, probabilities, lk_tagger_get_n_tags (describer->tagger));
}

static gboolean
do_one (LkAutoCaption  *self,
        Describer      *describer,
        LkAutoPicture  *item,
        GError        **error)
{
  g_autoptr (LkPicture) picture = NULL;
  g_autoptr (GError) local = NULL;

  if (self->rule.way != LK_AUTO_DRAFT)
    {
      picture = lk_picture_read (item->path, LK_PICTURE_DEFAULT, NULL, &local);
      if (picture == NULL)
        {
          item->trouble = g_strdup (local->message);
          return TRUE;
        }
      item->found = describe (self, describer, picture, error);
      if (item->found == NULL)
        return FALSE;
    }
  item->after = lk_caption_template_run (self->words, item->before, item->shot, item->found);
  return TRUE;
}

/* Whether no look can change the caption. */
static gboolean
stays (LkAutoCaption *self,
       LkAutoPicture *item)
{
  g_autofree char *text = lk_text_strip (item->before, -1);

  return self->rule.words.place == LK_WORDS_ONLY_EMPTY && *text != '\0';
}

gboolean
lk_auto_caption_run (LkAutoCaption  *self,
                     LkDevice       *device,
                     GPtrArray      *pictures,
                     LkAutoFunc      func,
                     gpointer        func_data,
                     GCancellable   *cancellable,
                     GError        **error)
{
  g_auto (Describer) describer = { .cancellable = cancellable };

  if (!open_model (self, &describer, device, error))
    return FALSE;
  for (guint i = 0; i < pictures->len; i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (!stays (self, pictures->pdata[i]) && !do_one (self, &describer, pictures->pdata[i], error))
        return FALSE;
      if (func != NULL && !func (pictures->pdata[i], i + 1, pictures->len, func_data, error))
        return FALSE;
    }
  return TRUE;
}

/* ---- applying ---------------------------------------------------------------------------------------------------- */

/* One caption, as it is by now. */
static gboolean
apply_one (gpointer    data,
           gpointer    item,
           LkProject  *project,
           LkImage   **image,
           char      **after,
           GError    **error)
{
  const LkAutoCaption *self = data;
  const LkAutoPicture *picture = item;
  const char *caption;

  if (picture->after == NULL || lk_project_find_by_id (project, lk_image_get_id (picture->image)) == NULL)
    return TRUE;
  *image = picture->image;
  caption = lk_image_get_caption (picture->image);
  if (g_str_equal (caption, picture->before))
    *after = g_strdup (picture->after);
  else
    *after = lk_caption_template_run (self->words, caption, picture->shot, picture->found);
  return TRUE;
}

void
lk_auto_caption_apply_async (LkAutoCaption       *self,
                             LkProject           *project,
                             GPtrArray           *pictures,
                             const char          *title,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  lk_caption_apply_async (project, pictures, title, apply_one, lk_auto_caption_ref (self), (GDestroyNotify) lk_auto_caption_unref,
                          callback, user_data);
}

gint
lk_auto_caption_apply_finish (GAsyncResult  *result,
                              GError       **error)
{
  return lk_caption_apply_finish (result, error);
}
