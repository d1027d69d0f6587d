/* What the stored scores of pictures say, under today's thresholds, and what the set as a whole lacks. */
#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "project/lk-checks-private.h"
#include "project/lk-prepare.h"

#define LEAST_SHARPNESS 150.        /* of the sharpest tiles */
#define LEAST_LIGHT .32             /* luma of the lightest hundredth */
#define MOST_LIGHT .95              /* luma of the darkest twentieth */
#define LEAST_CONTRAST .05
#define LEAST_JPEG_QUALITY 60
#define LEAST_SHARE .15             /* of the crop, by the subject's box; the advice is .4 to .6, the box an estimate */
#define LEAST_CONFIDENCE .5         /* that the box is the subject's */
/* Both hashes must be that near: either alone takes different pictures of one make-up for the same. */
#define MOST_GRADIENT_BITS 6
#define MOST_FREQUENCY_BITS 8
#define LEAST_FACE .02              /* height of a face to count as a person: a poster in the background is none */

/* ---- one picture --------------------------------------------------------------------------------------------------- */

static guint
count_faces (LkImage *image)
{
  const LkFace *faces;
  gint n_faces;
  guint n = 0;

  faces = lk_image_get_faces (image, &n_faces);
  for (gint i = 0; i < n_faces; i++)
    n += faces[i].score >= LK_SURE_FACE && faces[i].box.height >= LEAST_FACE * lk_image_get_height (image);
  return n;
}

static void
look_at_scores (LkImage        *image,
                const LkScores *scores,
                LkCaseFunc      report,
                gpointer        data)
{
  if (scores->sharpness < LEAST_SHARPNESS && scores->exposure.deviation >= LEAST_CONTRAST)
    report (LK_CHECK_BLURRED, NULL, NULL, data);
  if (scores->exposure.dark < LEAST_LIGHT)
    report (LK_CHECK_TOO_DARK, NULL, NULL, data);
  else if (scores->exposure.bright > MOST_LIGHT)
    report (LK_CHECK_TOO_BRIGHT, NULL, NULL, data);
  else if (scores->exposure.deviation < LEAST_CONTRAST)
    report (LK_CHECK_LOW_CONTRAST, NULL, NULL, data);
  if (scores->jpeg_quality != 0 && scores->jpeg_quality < LEAST_JPEG_QUALITY)
    {
      g_autofree char *quality = g_strdup_printf ("%u", scores->jpeg_quality);

      report (LK_CHECK_JPEG, quality, NULL, data);
    }
  if (scores->has_foreign_profile)
    report (LK_CHECK_FOREIGN_PROFILE, NULL, NULL, data);
}

static void
look_at_crop (LkChecks   *self,
              LkImage    *image,
              LkCaseFunc  report,
              gpointer    data)
{
  const LkScores *scores = lk_image_get_scores (image);
  guint resolution = self->rule.resolution;
  guint least = MIN (self->advice->least_side * resolution / self->advice->resolution, resolution);
  LkPreparePlan plan;

  if (!lk_prepare_plan (self->project, image, &self->rule, NULL, &plan))
    return;
  if ((guint) MIN (plan.crop.width, plan.crop.height) < least * MIN (plan.target.width, plan.target.height) / resolution)
    {
      g_autofree char *pixels = g_strdup_printf ("%u", resolution);

      report (LK_CHECK_LOW_RESOLUTION, pixels, NULL, data);
    }
  if (scores != NULL && scores->subject_confidence >= LEAST_CONFIDENCE && plan.subject_share >= 0. && plan.subject_share < LEAST_SHARE &&
      lk_image_get_shot (image) != LK_SHOT_FULL_BODY)
    {
      g_autofree char *share = g_strdup_printf ("%.0f", plan.subject_share * 100.);

      report (LK_CHECK_SUBJECT_SMALL, share, NULL, data);
    }
}

static gboolean
is_in (GPtrArray *images,
       LkImage   *image)
{
  return g_ptr_array_find (images, image, NULL);
}

void
lk_checks_look_at_picture (LkChecks   *self,
                           LkImage    *image,
                           LkCaseFunc  report,
                           gpointer    data)
{
  const LkScores *scores = lk_image_get_scores (image);

  if (lk_image_get_trouble (image) != NULL)
    {
      report (LK_CHECK_UNREADABLE, lk_image_get_trouble (image), NULL, data);
      return;
    }
  if (scores != NULL)
    look_at_scores (image, scores, report, data);
  else
    report (LK_CHECK_NOT_MEASURED, NULL, NULL, data);
  look_at_crop (self, image, report, data);
  if (count_faces (image) > 1)
    report (LK_CHECK_OTHER_PEOPLE, NULL, NULL, data);
  if (lk_image_has_label (image, "filtered"))
    report (LK_CHECK_FILTERED, NULL, NULL, data);
  if (lk_image_has_label (image, "covered"))
    report (LK_CHECK_COVERED, NULL, NULL, data);
  if (lk_image_has_label (image, "extreme-angle"))
    report (LK_CHECK_EXTREME_ANGLE, NULL, NULL, data);
  for (guint i = 0; i < self->alike->len; i++)
    if (is_in (self->alike->pdata[i], image))
      report (LK_CHECK_NEAR_DUPLICATE, NULL, NULL, data);
}

/* ---- near-duplicates ----------------------------------------------------------------------------------------------- */

static guint
find_root (guint *parents,
           guint  i)
{
  while (parents[i] != i)
    i = parents[i] = parents[parents[i]];
  return i;
}

/* Pairs are compared a row at a time; who is alike is joined (union-find). */
struct _LkAlike
{
  GPtrArray *images;                    /* LkImage, owned */
  guint64   *gradients, *frequencies;   /* owned */
  guint     *parents;                   /* owned */
  guint      next;                      /* row */
};

void
lk_checks_alike_free (LkAlike *alike)
{
  g_ptr_array_unref (alike->images);
  g_free (alike->gradients);
  g_free (alike->frequencies);
  g_free (alike->parents);
  g_free (alike);
}

/* NULL: nothing has changed since the last time. */
static LkAlike *
alike_new (LkChecks *self)
{
  LkAlike *alike = g_new0 (LkAlike, 1);
  guint64 sum = 14695981039346656037u;   /* FNV-1a */

  alike->images = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < self->rows->len; i++)
    {
      LkImage *image = ((LkCaptionRow *) self->rows->pdata[i])->image;
      const LkScores *scores = lk_image_get_scores (image);

      /* A flat picture has no gradient to compare. */
      if (scores == NULL || scores->exposure.deviation < .01)
        continue;
      g_ptr_array_add (alike->images, g_object_ref (image));
      sum = (sum ^ scores->gradient_hash) * 1099511628211u;
      sum = (sum ^ (guint64) lk_image_get_id (image)) * 1099511628211u;
    }
  if (sum == self->hash_sum)
    {
      lk_checks_alike_free (alike);
      return NULL;
    }

  self->hash_sum = sum;
  alike->gradients = g_new (guint64, alike->images->len + 1);
  alike->frequencies = g_new (guint64, alike->images->len + 1);
  alike->parents = g_new (guint, alike->images->len + 1);
  for (guint i = 0; i < alike->images->len; i++)
    {
      const LkScores *scores = lk_image_get_scores (alike->images->pdata[i]);

      alike->gradients[i] = scores->gradient_hash;
      alike->frequencies[i] = scores->frequency_hash;
      alike->parents[i] = i;
    }
  return alike;
}

static void
make_groups (LkChecks *self,
             LkAlike  *alike)
{
  g_autofree GPtrArray **groups = g_new0 (GPtrArray *, alike->images->len + 1);

  g_ptr_array_set_size (self->alike, 0);
  for (guint i = 0; i < alike->images->len; i++)
    {
      guint root = find_root (alike->parents, i);

      if (root == i)
        continue;
      if (groups[root] == NULL)
        {
          groups[root] = g_ptr_array_new_with_free_func (g_object_unref);
          g_ptr_array_add (groups[root], g_object_ref (alike->images->pdata[root]));
          g_ptr_array_add (self->alike, groups[root]);
        }
      g_ptr_array_add (groups[root], g_object_ref (alike->images->pdata[i]));
    }
}

gboolean
lk_checks_compare (LkChecks *self,
                   gint64    end)
{
  LkAlike *alike = self->comparing;

  if (alike == NULL)
    alike = self->comparing = alike_new (self);
  if (alike == NULL)
    return TRUE;

  for (; alike->next < alike->images->len; alike->next++)
    {
      guint i = alike->next;

      if (i % 16 == 15 && g_get_monotonic_time () >= end)
        return FALSE;
      for (guint j = i + 1; j < alike->images->len; j++)
        if (__builtin_popcountll (alike->gradients[i] ^ alike->gradients[j]) <= MOST_GRADIENT_BITS &&
            __builtin_popcountll (alike->frequencies[i] ^ alike->frequencies[j]) <= MOST_FREQUENCY_BITS)
          {
            /* The earlier picture stays the root. */
            guint a = find_root (alike->parents, i), b = find_root (alike->parents, j);

            alike->parents[MAX (a, b)] = MIN (a, b);
          }
    }
  make_groups (self, alike);
  g_clear_pointer (&self->comparing, lk_checks_alike_free);
  return TRUE;
}

static void
add_alike (LkChecks  *self,
           GPtrArray *findings)
{
  for (guint i = 0; i < self->alike->len; i++)
    {
      GPtrArray *images = self->alike->pdata[i];
      LkFinding *finding = lk_finding_new (LK_CHECK_NEAR_DUPLICATE, NULL, NULL);

      for (guint k = 0; k < images->len; k++)
        lk_finding_add_image (finding, images->pdata[k]);
      g_ptr_array_add (findings, finding);
    }
}

/* ---- the plan ------------------------------------------------------------------------------------------------------ */

/* How many different terms of a group captions of this shot type have, and how many captions have any. */
static guint
count_different (LkChecks   *self,
                 const char *group,
                 LkShot      shot,
                 gboolean    with_colours,
                 guint      *n_captions)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  *n_captions = 0;
  for (guint i = 0; i < self->rows->len; i++)
    {
      LkCaptionRow *row = self->rows->pdata[i];
      gboolean has_any = FALSE;

      if (lk_image_get_shot (row->image) != shot)
        continue;
      for (guint t = 0; t < row->tags->len; t++)
        {
          LkTag *tag = row->tags->pdata[t];

          for (guint h = 0; h < tag->hits->len; h++)
            {
              guint term = g_array_index (tag->hits, LkTermHit, h).term;

              if (!g_str_equal (lk_vocabulary_get_term (self->vocabulary, term)->group, group))
                continue;
              /* "a red dress" and "a blue dress" are two outfits: the whole tag tells. */
              g_hash_table_add (seen, with_colours ? g_strdup (tag->folded) : g_strdup_printf ("%u", term));
              has_any = TRUE;
            }
        }
      *n_captions += has_any;
    }
  return g_hash_table_size (seen);
}

static void
count_places (LkChecks *self,
              guint    *n_indoors,
              guint    *n_outdoors)
{
  *n_indoors = *n_outdoors = 0;
  for (guint i = 0; i < self->rows->len; i++)
    {
      LkCaptionRow *row = self->rows->pdata[i];
      gboolean in = FALSE, out = FALSE;

      for (guint t = 0; t < row->tags->len; t++)
        {
          LkTag *tag = row->tags->pdata[t];

          for (guint h = 0; h < tag->hits->len; h++)
            {
              const char *group = lk_vocabulary_get_term (self->vocabulary, g_array_index (tag->hits, LkTermHit, h).term)->group;

              in = in || g_str_equal (group, "indoors");
              out = out || g_str_equal (group, "outdoors");
            }
        }
      *n_indoors += in;
      *n_outdoors += out && !in;
    }
}

static void
count_shots (LkChecks   *self,
             LkCoverage *coverage)
{
  guint ignored;

  *coverage = (LkCoverage) { 0 };
  for (guint i = 0; i < self->rows->len; i++)
    {
      LkCaptionRow *row = self->rows->pdata[i];

      coverage->n_images++;
      coverage->counts[lk_image_get_shot (row->image)]++;
    }
  for (guint shot = 0; shot < LK_N_SHOTS; shot++)
    {
      guint least, most;

      if (lk_shot_get_range (shot, &least, &most) && coverage->counts[shot] < least)
        coverage->missing[shot] = least - coverage->counts[shot];
    }
  count_places (self, &coverage->n_indoors, &coverage->n_outdoors);
  coverage->n_expressions = count_different (self, "expression", LK_SHOT_FRONT, FALSE, &ignored);
  coverage->n_outfits = count_different (self, "clothing", LK_SHOT_HALF_BODY, TRUE, &ignored);
}

void
lk_checks_get_coverage (LkChecks   *self,
                        LkCoverage *coverage)
{
  lk_checks_read_settings (self);
  /* The rows belong to an update that is under way; else they are of the last one and may be old. */
  if (self->phase == 0)
    {
      g_ptr_array_set_size (self->rows, 0);
      for (guint i = 0; i < lk_project_get_n_images (self->project); i++)
        lk_checks_read_caption (self, lk_project_get_image (self->project, i));
    }
  count_shots (self, coverage);
}

/* ---- the set ------------------------------------------------------------------------------------------------------- */

static void
add_number (GPtrArray  *findings,
            LkCheckId   id,
            const char *word,
            guint       n)
{
  LkFinding *finding = lk_finding_new (id, word, NULL);

  lk_finding_set_number (finding, n);
  g_ptr_array_add (findings, finding);
}

void
lk_checks_look_at_plan (LkChecks  *self,
                        GPtrArray *findings)
{
  guint n_with_expression, n_with_outfit;
  LkCoverage coverage;

  count_shots (self, &coverage);
  if (coverage.n_images == 0)
    return;
  for (guint shot = LK_SHOT_FRONT; shot < LK_N_SHOTS; shot++)
    if (coverage.missing[shot] > 0)
      add_number (findings, LK_CHECK_SHOT_MISSING, lk_shot_get_name (shot), coverage.missing[shot]);

  /* Of captions that say where they are; a few say nothing about the set. */
  if (coverage.n_indoors + coverage.n_outdoors >= 5 && coverage.n_outdoors == 0)
    add_number (findings, LK_CHECK_ONE_LIGHT, _("All pictures are from indoors."), coverage.n_indoors);
  if (coverage.n_indoors + coverage.n_outdoors >= 5 && coverage.n_indoors == 0)
    add_number (findings, LK_CHECK_ONE_LIGHT, _("All pictures are from outdoors."), coverage.n_outdoors);
  if (count_different (self, "expression", LK_SHOT_FRONT, FALSE, &n_with_expression) == 1 && n_with_expression >= 3)
    add_number (findings, LK_CHECK_ONE_EXPRESSION, NULL, n_with_expression);
  if (count_different (self, "clothing", LK_SHOT_HALF_BODY, TRUE, &n_with_outfit) == 1 && n_with_outfit >= 3)
    add_number (findings, LK_CHECK_ONE_OUTFIT, NULL, n_with_outfit);
}

static void
look_at_base (LkChecks  *self,
              GPtrArray *findings)
{
  const char *base = lk_project_get_base_model (self->project);

  if (self->advice->draws_only)
    g_ptr_array_add (findings, lk_finding_new (LK_CHECK_STARTER_BASE, NULL, NULL));
  if (lk_base_advice_find (base) == NULL && !g_file_test (base, G_FILE_TEST_EXISTS))
    g_ptr_array_add (findings, lk_finding_new (LK_CHECK_BASE_MISSING, base, NULL));
}

/* Pictures that share a stem, and with it a caption file. */
static void
find_shared_stems (LkChecks  *self,
                   GPtrArray *findings)
{
  g_autoptr (GHashTable) first = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) found = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < lk_project_get_n_images (self->project); i++)
    {
      LkImage *image = lk_project_get_image (self->project, i), *other;
      const char *stem = lk_image_get_stem (image);
      LkFinding *finding;

      other = g_hash_table_lookup (first, stem);
      if (other == NULL)
        {
          g_hash_table_insert (first, (gpointer) stem, image);
          continue;
        }
      finding = g_hash_table_lookup (found, stem);
      if (finding == NULL)
        {
          finding = lk_finding_new (LK_CHECK_STEM_SHARED, stem, NULL);
          lk_finding_add_image (finding, other);
          g_hash_table_insert (found, (gpointer) stem, finding);
          g_ptr_array_add (findings, finding);
        }
      lk_finding_add_image (finding, image);
    }
}

void
lk_checks_look_at_set (LkChecks  *self,
                       GPtrArray *findings)
{
  guint n = self->rows->len;

  if (n == 0)
    g_ptr_array_add (findings, lk_finding_new (LK_CHECK_NO_IMAGES, NULL, NULL));
  else if (n < self->advice->least_images)
    add_number (findings, LK_CHECK_FEW_IMAGES, NULL, n);
  else if (n > self->advice->most_images)
    add_number (findings, LK_CHECK_MANY_IMAGES, NULL, n);
  if (*lk_project_get_trigger (self->project) == '\0')
    g_ptr_array_add (findings, lk_finding_new (LK_CHECK_TRIGGER_EMPTY, NULL, NULL));
  look_at_base (self, findings);
  find_shared_stems (self, findings);
  add_alike (self, findings);
}
