#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-alike.h"

#include "imaging/lk-measure.h"

/* Both hashes must be near: in each 64 bits, of which some 32 differ between strangers. */
#define MOST_GRADIENT 8
#define MOST_FREQUENCY 12

/* A hash is cut into one part more than bits may differ, so that at least one part is the same in both: only pictures that share a
 * part are compared. */
#define N_PARTS (MOST_GRADIENT + 1)
#define PART_BITS 7                 /* 9 parts of 7 bits; the last has the bit that is left, too */
#define N_BUCKETS 256

typedef struct
{
  guint64  gradient, frequency;
  guint    group;                   /* towards the group's number, which points at itself */
} Picture;

struct _LkAlike
{
  GArray *pictures;                 /* Picture */
  GArray *buckets[N_PARTS][N_BUCKETS];  /* guint; NULL: empty */
};

LkAlike *
lk_alike_new (void)
{
  LkAlike *self = g_new0 (LkAlike, 1);

  self->pictures = g_array_new (FALSE, FALSE, sizeof (Picture));
  return self;
}

void
lk_alike_free (LkAlike *self)
{
  for (guint part = 0; part < N_PARTS; part++)
    for (guint i = 0; i < N_BUCKETS; i++)
      g_clear_pointer (&self->buckets[part][i], g_array_unref);
  g_array_unref (self->pictures);
  g_free (self);
}

static Picture *
get_picture (LkAlike *self,
             guint    index)
{
  return &g_array_index (self->pictures, Picture, index);
}

guint
lk_alike_get_group (LkAlike *self,
                    guint    index)
{
  Picture *picture = get_picture (self, index);

  while (picture->group != index)
    {
      picture->group = get_picture (self, picture->group)->group;   /* halves the way for the next time */
      index = picture->group;
      picture = get_picture (self, index);
    }
  return index;
}

static guint
get_bucket (guint64 hash,
            guint   part)
{
  return (hash >> (part * PART_BITS)) & (part == N_PARTS - 1 ? 0xff : 0x7f);
}

void
lk_alike_add (LkAlike  *self,
              gboolean  is_known,
              guint64   gradient_hash,
              guint64   frequency_hash)
{
  guint index = self->pictures->len;

  g_array_append_val (self->pictures, ((Picture) { gradient_hash, frequency_hash, index }));
  for (guint part = 0; is_known && part < N_PARTS; part++)
    {
      GArray **bucket = &self->buckets[part][get_bucket (gradient_hash, part)];

      if (*bucket == NULL)
        *bucket = g_array_new (FALSE, FALSE, sizeof (guint));
      for (guint i = 0; i < (*bucket)->len; i++)
        {
          guint other = g_array_index (*bucket, guint, i);
          const Picture *picture = get_picture (self, other);

          if (lk_hash_distance (picture->gradient, gradient_hash) <= MOST_GRADIENT &&
              lk_hash_distance (picture->frequency, frequency_hash) <= MOST_FREQUENCY)
            {
              guint a = lk_alike_get_group (self, other), b = lk_alike_get_group (self, index);

              get_picture (self, MAX (a, b))->group = MIN (a, b);
            }
        }
      g_array_append_val (*bucket, index);
    }
}
