#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/lk-random.h"
#include "base/lk-text.h"
#include "train/lk-caption.h"
#include "train/lk-streams.h"

/* Chance for one variant of one caption, number after number. */
typedef struct
{
  guint64 seed;
  guint64 stream;
  guint64 next;
} Chance;

static double
chance (Chance *self)
{
  return lk_random_uniform (self->seed, self->stream, self->next++);
}

static guint
chance_below (Chance *self,
              guint   n)
{
  return (guint) (chance (self) * n);
}

/* `text` with every `from` become `to`. Owned by the caller. */
static char *
replace_all (const char *text,
             const char *from,
             const char *to)
{
  g_autoptr (GString) result = g_string_new (text);

  g_string_replace (result, from, to, 0);
  return g_string_free_and_steal (g_steal_pointer (&result));
}

/* ---- lines and wildcards --------------------------------------------------------------------------------------- */

/* The caption as sd-scripts read the file: stripped lines, empty ones left out, or the first line alone. */
static char *
read_lines (const char *caption,
            gboolean    all)
{
  g_autofree char *unix_ends = replace_all (caption, "\r\n", "\n");
  g_auto (GStrv) lines = g_strsplit_set (unix_ends, "\r\n", -1);
  g_autoptr (GString) result = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *line = lk_text_strip (lines[i], -1);

      if (!all)
        return g_steal_pointer (&line);
      if (*line != '\0')
        g_string_append_printf (result, "%s%s", result->len > 0 ? "\n" : "", line);
    }

  return g_string_free_and_steal (g_steal_pointer (&result));
}

/* One part of "a|b|c". Owned by the caller. */
static char *
choose (Chance     *luck,
        const char *choices,
        const char *separator)
{
  g_auto (GStrv) parts = g_strsplit (choices, separator, -1);
  guint n = g_strv_length (parts);

  return n > 0 ? g_strdup (parts[chance_below (luck, n)]) : g_strdup ("");
}

/* {a|b|c} becomes one of the three; {{ and }} become braces. */
static char *
resolve_wildcards (const char *caption,
                   Chance     *luck)
{
  /* Bytes that no UTF-8 has stand for the escaped braces meanwhile. */
  const char *open = "\xfe", *close = "\xff";
  g_autofree char *opened = replace_all (caption, "{{", open);
  g_autofree char *escaped = replace_all (opened, "}}", close);
  g_autofree char *with_open = NULL;
  g_autoptr (GString) result = g_string_new (NULL);
  const char *p = escaped;

  while (*p != '\0')
    {
      const char *end = *p == '{' ? strchr (p, '}') : NULL;

      if (end != NULL && end > p + 1)
        {
          g_autofree char *choices = g_strndup (p + 1, end - p - 1);
          g_autofree char *chosen = choose (luck, choices, "|");

          g_string_append (result, chosen);
          p = end + 1;
        }
      else
        {
          g_string_append_c (result, *p++);
        }
    }

  with_open = replace_all (result->str, open, "{");
  return replace_all (with_open, close, "}");
}

/* ---- parts ----------------------------------------------------------------------------------------------------- */

/* Appends the stripped parts of `text` that are not empty. */
static void
add_parts (GPtrArray  *parts,
           const char *text,
           const char *separator)
{
  g_auto (GStrv) tags = lk_text_split_tags (text, separator);

  for (guint i = 0; tags[i] != NULL; i++)
    if (*tags[i] != '\0')
      g_ptr_array_add (parts, g_strdup (tags[i]));
}

typedef struct
{
  GPtrArray *fixed;         /* strings, as in the next two */
  GPtrArray *free;          /* may be left out and reordered */
  GPtrArray *fixed_end;
} Parts;

static void
split (const LkTrainSettings *settings,
       const char            *caption,
       Parts                 *parts)
{
  const char *fence = settings->keep_tokens_separator;
  const char *separator = settings->caption_separator;

  if (*fence != '\0' && strstr (caption, fence) != NULL)
    {
      g_auto (GStrv) sections = g_strsplit (caption, fence, 3);

      add_parts (parts->fixed, sections[0], separator);
      add_parts (parts->free, sections[1], separator);
      if (sections[2] != NULL)
        add_parts (parts->fixed_end, sections[2], separator);
    }
  else
    {
      /* Empty parts stay here, as they do in sd-scripts. */
      g_auto (GStrv) tags = lk_text_split_tags (caption, separator);

      for (guint i = 0; tags[i] != NULL; i++)
        g_ptr_array_add (i < settings->keep_tokens ? parts->fixed : parts->free, g_strdup (tags[i]));
    }
}

/* How many of `n` free parts a step of the warm-up has. */
static guint
warm_parts (const LkTrainSettings *settings,
            guint                  n,
            guint                  step)
{
  double warmup = settings->token_warmup_step;
  double grown;

  if (warmup < 1)
    warmup = floor (warmup * settings->max_train_steps);
  if (step >= warmup)
    return n;

  grown = floor (step * ((n - (double) settings->token_warmup_min) / warmup)) + settings->token_warmup_min;
  return (guint) CLAMP (grown, 0, n);
}

static void
shuffle (GPtrArray *parts,
         guint64    seed,
         guint64    stream)
{
  g_autofree guint32 *order = g_new (guint32, parts->len);
  g_autofree gpointer *old = g_memdup2 (parts->pdata, parts->len * sizeof (gpointer));

  for (guint i = 0; i < parts->len; i++)
    order[i] = i;
  lk_random_shuffle (seed, stream, order, parts->len);
  for (guint i = 0; i < parts->len; i++)
    parts->pdata[i] = old[order[i]];
}

static void
drop_parts (GPtrArray *parts,
            double     rate,
            Chance    *luck)
{
  guint kept = 0;

  for (guint i = 0; i < parts->len; i++)
    {
      if (chance (luck) >= rate)
        {
          char *part = parts->pdata[i];

          parts->pdata[i] = parts->pdata[kept];
          parts->pdata[kept++] = part;
        }
    }
  g_ptr_array_set_size (parts, kept);
}

/* Moves the parts of `from` to the end of `to`. */
static void
move_parts (GPtrArray *to,
            GPtrArray *from)
{
  while (from->len > 0)
    g_ptr_array_add (to, g_ptr_array_steal_index (from, 0));
}

static gboolean
changes_parts (const LkTrainSettings *settings)
{
  return settings->shuffle_caption || settings->token_warmup_step > 0 || settings->caption_tag_dropout_rate > 0;
}

static char *
change_parts (const LkTrainSettings *settings,
              const char            *caption,
              guint64                shuffle_stream,
              guint                  step,
              Chance                *luck)
{
  g_autoptr (GPtrArray) fixed = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) free_parts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) fixed_end = g_ptr_array_new_with_free_func (g_free);

  split (settings, caption, &(Parts) { fixed, free_parts, fixed_end });
  g_ptr_array_set_size (free_parts, warm_parts (settings, free_parts->len, step));
  if (settings->shuffle_caption)
    shuffle (free_parts, luck->seed, shuffle_stream);
  if (settings->caption_tag_dropout_rate > 0)
    drop_parts (free_parts, settings->caption_tag_dropout_rate, luck);

  move_parts (fixed, free_parts);
  move_parts (fixed, fixed_end);
  g_ptr_array_add (fixed, NULL);
  return g_strjoinv (", ", (char **) fixed->pdata);
}

/* ---- captions -------------------------------------------------------------------------------------------------- */

gboolean
lk_caption_varies (const LkTrainSettings *settings,
                   const char            *caption)
{
  return changes_parts (settings) || (settings->enable_wildcard && strpbrk (caption, "{\r\n") != NULL);
}

char *
lk_caption_make (const LkTrainSettings *settings,
                 const char            *caption,
                 guint                  picture,
                 guint                  variant,
                 guint                  step)
{
  guint64 place = ((guint64) picture << 24) + variant;
  Chance luck = { .seed = settings->seed, .stream = LK_STREAM_CAPTION + place };
  g_autofree char *text = read_lines (caption, settings->enable_wildcard);

  if (*settings->caption_prefix != '\0')
    {
      g_autofree char *old = g_steal_pointer (&text);

      text = g_strdup_printf ("%s %s", settings->caption_prefix, old);
    }
  if (*settings->caption_suffix != '\0')
    {
      g_autofree char *old = g_steal_pointer (&text);

      text = g_strdup_printf ("%s %s", old, settings->caption_suffix);
    }

  if (settings->enable_wildcard)
    {
      g_autofree char *lines = g_steal_pointer (&text);
      g_autofree char *line = strchr (lines, '\n') ? choose (&luck, lines, "\n") : g_strdup (lines);

      text = resolve_wildcards (line, &luck);
    }

  if (changes_parts (settings))
    {
      g_autofree char *old = g_steal_pointer (&text);

      text = change_parts (settings, old, LK_STREAM_SHUFFLE + place, step, &luck);
    }

  if (*settings->secondary_separator != '\0')
    {
      g_autofree char *old = g_steal_pointer (&text);

      text = replace_all (old, settings->secondary_separator, settings->caption_separator);
    }

  return g_steal_pointer (&text);
}

gboolean
lk_caption_is_dropped (const LkTrainSettings *settings,
                       guint64                draw,
                       guint                  epoch)
{
  guint every = settings->caption_dropout_every_n_epochs;

  return (every > 0 && epoch % every == 0)
         || lk_random_uniform (settings->seed, LK_STREAM_CAPTION_DROP, draw) < settings->caption_dropout_rate;
}

guint
lk_caption_pick (const LkTrainSettings *settings,
                 const char            *caption,
                 guint64                draw)
{
  if (!lk_caption_varies (settings, caption))
    return 0;
  return lk_random_below (settings->seed, LK_STREAM_VARIANT, draw, settings->caption_variants);
}
