/* lk-judge.c: a list of steps, and what they come to. See the header. */
#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <glib/gi18n.h>

#include "base/lk-json.h"
#include "generate/lk-judge.h"

G_DEFINE_QUARK (lk-judge-error-quark, lk_judge_error)

#define VERSION 1
#define MAX_STARS 5

typedef enum
{
  STEP_STARS,
  STEP_REJECT,
  STEP_NOTE,
  STEP_PAIR,
  N_STEP_KINDS,
} StepKind;

static const char * const step_ids[N_STEP_KINDS] = { "stars", "reject", "note", "pair" };

/* What was done: the value before it is that of the last step before with the same kind and name. */
typedef struct
{
  StepKind  kind;
  char     *name;               /* of the cell, of a pair's winner; owned */
  char     *text;               /* the note, or the pair's loser; owned; NULL for the others */
  guint     number;             /* stars; 1: rejected, or a tie */
} Step;

struct _LkJudge
{
  char       *path;             /* owned */
  GPtrArray  *steps;            /* Step: the history, with the undone ones at its end */
  guint       position;         /* steps that hold */
  GHashTable *cells;            /* name -> Cell: what they come to; owned */
};

/* ---- steps ----------------------------------------------------------------------------------------------------- */

static void
free_step (gpointer data)
{
  Step *step = data;

  g_free (step->name);
  g_free (step->text);
  g_free (step);
}

static Step *
new_step (StepKind    kind,
          const char *name,
          const char *text,
          guint       number)
{
  Step *step = g_new0 (Step, 1);

  step->kind = kind;
  step->name = g_strdup (name);
  step->text = g_strdup (text);
  step->number = number;
  return step;
}

/* What holds of a cell: the last steps about it, NULL: none was made. */
typedef struct
{
  const Step *steps[N_STEP_KINDS];
} Cell;

static void
add_up (LkJudge *judge)
{
  g_hash_table_remove_all (judge->cells);
  for (guint i = 0; i < judge->position; i++)
    {
      const Step *step = judge->steps->pdata[i];
      Cell *cell = g_hash_table_lookup (judge->cells, step->name);

      if (cell == NULL)
        {
          cell = g_new0 (Cell, 1);
          g_hash_table_insert (judge->cells, step->name, cell);
        }
      cell->steps[step->kind] = step;
    }
}

/* ---- the file -------------------------------------------------------------------------------------------------- */

static gboolean
save (LkJudge  *judge,
      GError  **error)
{
  g_autoptr (cJSON) json = cJSON_CreateObject ();
  cJSON *steps;

  lk_json_add_int (json, "version", VERSION);
  lk_json_add_int (json, "position", judge->position);
  steps = cJSON_AddArrayToObject (json, "steps");
  for (guint i = 0; i < judge->steps->len; i++)
    {
      const Step *step = judge->steps->pdata[i];
      cJSON *item = cJSON_CreateObject ();

      cJSON_AddStringToObject (item, "kind", step_ids[step->kind]);
      cJSON_AddStringToObject (item, "cell", step->name);
      if (step->text)
        cJSON_AddStringToObject (item, step->kind == STEP_PAIR ? "other" : "text", step->text);
      if (step->kind != STEP_NOTE)
        lk_json_add_int (item, "value", step->number);
      cJSON_AddItemToArray (steps, item);
    }

  return lk_json_write (json, judge->path, error);
}

static Step *
read_step (const cJSON *item)
{
  const char *id = lk_json_get_string (item, "kind", ""), *name = lk_json_get_string (item, "cell", NULL);
  gint64 number = lk_json_get_int (item, "value", 0);

  for (StepKind kind = 0; name && kind < N_STEP_KINDS; kind++)
    if (g_str_equal (id, step_ids[kind]))
      {
        const char *text = lk_json_get_string (item, kind == STEP_PAIR ? "other" : "text", NULL);

        if (number < 0 || number > (kind == STEP_STARS ? MAX_STARS : 1) || ((kind == STEP_PAIR || kind == STEP_NOTE) && text == NULL))
          return NULL;
        return new_step (kind, name, text, (guint) number);
      }
  return NULL;
}

static gboolean
read_file (LkJudge  *judge,
           GError  **error)
{
  g_autoptr (cJSON) json = lk_json_read (judge->path, error);
  const cJSON *item;
  gint64 position;

  if (json == NULL)
    return FALSE;

  cJSON_ArrayForEach (item, lk_json_get_array (json, "steps"))
    {
      Step *step = read_step (item);

      if (step == NULL)
        break;
      g_ptr_array_add (judge->steps, step);
    }
  position = lk_json_get_int (json, "position", -1);
  if (lk_json_get_int (json, "version", 0) != VERSION || item != NULL || position < 0 || position > (gint64) judge->steps->len)
    {
      g_set_error (error, LK_JUDGE_ERROR, LK_JUDGE_ERROR_DAMAGED,
                   _("“%s” does not hold judgements as this version of Likeness writes them."), judge->path);
      return FALSE;
    }
  judge->position = (guint) position;
  add_up (judge);
  return TRUE;
}

LkJudge *
lk_judge_open (const char  *folder,
               GError     **error)
{
  g_autoptr (LkJudge) judge = g_new0 (LkJudge, 1);

  judge->path = g_build_filename (folder, "judge.json", NULL);
  judge->steps = g_ptr_array_new_with_free_func (free_step);
  judge->cells = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  if (g_file_test (judge->path, G_FILE_TEST_EXISTS) && !read_file (judge, error))
    return NULL;
  return g_steal_pointer (&judge);
}

void
lk_judge_free (LkJudge *judge)
{
  g_free (judge->path);
  g_hash_table_unref (judge->cells);
  g_ptr_array_unref (judge->steps);
  g_free (judge);
}

/* ---- judging --------------------------------------------------------------------------------------------------- */

void
lk_judge_get (LkJudge     *judge,
              const char  *name,
              LkJudgement *judgement)
{
  static const Cell none;
  const Cell *cell = g_hash_table_lookup (judge->cells, name);

  if (cell == NULL)
    cell = &none;
  *judgement = (LkJudgement) {
    .stars = cell->steps[STEP_STARS] ? cell->steps[STEP_STARS]->number : 0,
    .is_rejected = cell->steps[STEP_REJECT] ? cell->steps[STEP_REJECT]->number : FALSE,
    .note = cell->steps[STEP_NOTE] ? cell->steps[STEP_NOTE]->text : "",
  };
}

/* Takes the step. What had been undone is gone then, as everywhere. */
static gboolean
add_step (LkJudge  *judge,
          Step     *step,
          GError  **error)
{
  g_autoptr (GPtrArray) undone = g_ptr_array_new_with_free_func (free_step);
  guint position = judge->position;

  while (judge->steps->len > position)
    g_ptr_array_add (undone, g_ptr_array_steal_index (judge->steps, position));
  g_ptr_array_add (judge->steps, step);
  judge->position++;
  if (save (judge, error))
    {
      add_up (judge);
      return TRUE;
    }

  g_ptr_array_remove_index (judge->steps, position);
  while (undone->len > 0)
    g_ptr_array_add (judge->steps, g_ptr_array_steal_index (undone, 0));
  judge->position = position;
  add_up (judge);
  return FALSE;
}

gboolean
lk_judge_set_stars (LkJudge     *judge,
                    const char  *name,
                    guint        stars,
                    GError     **error)
{
  LkJudgement now;

  lk_judge_get (judge, name, &now);
  return now.stars == stars || add_step (judge, new_step (STEP_STARS, name, NULL, MIN (stars, MAX_STARS)), error);
}

gboolean
lk_judge_set_rejected (LkJudge     *judge,
                       const char  *name,
                       gboolean     is_rejected,
                       GError     **error)
{
  LkJudgement now;

  lk_judge_get (judge, name, &now);
  return now.is_rejected == !!is_rejected || add_step (judge, new_step (STEP_REJECT, name, NULL, !!is_rejected), error);
}

gboolean
lk_judge_set_note (LkJudge     *judge,
                   const char  *name,
                   const char  *note,
                   GError     **error)
{
  LkJudgement now;

  lk_judge_get (judge, name, &now);
  return g_str_equal (now.note, note) || add_step (judge, new_step (STEP_NOTE, name, note, 0), error);
}

gboolean
lk_judge_add_pair (LkJudge     *judge,
                   const char  *winner,
                   const char  *loser,
                   gboolean     is_tie,
                   GError     **error)
{
  return add_step (judge, new_step (STEP_PAIR, winner, loser, !!is_tie), error);
}

GArray *
lk_judge_list_pairs (LkJudge *judge)
{
  GArray *pairs = g_array_new (FALSE, FALSE, sizeof (LkJudgePair));

  for (guint i = 0; i < judge->position; i++)
    {
      const Step *step = judge->steps->pdata[i];
      const LkJudgePair pair = { step->name, step->text, step->number };

      if (step->kind == STEP_PAIR)
        g_array_append_val (pairs, pair);
    }
  return pairs;
}

/* ---- undo ------------------------------------------------------------------------------------------------------ */

gboolean
lk_judge_can_undo (LkJudge *judge)
{
  return judge->position > 0;
}

gboolean
lk_judge_can_redo (LkJudge *judge)
{
  return judge->position < judge->steps->len;
}

static gboolean
move (LkJudge  *judge,
      guint     position,
      GError  **error)
{
  guint before = judge->position;

  judge->position = position;
  if (!save (judge, error))
    {
      judge->position = before;
      return FALSE;
    }
  add_up (judge);
  return TRUE;
}

gboolean
lk_judge_undo (LkJudge  *judge,
               GError  **error)
{
  g_return_val_if_fail (lk_judge_can_undo (judge), FALSE);

  return move (judge, judge->position - 1, error);
}

gboolean
lk_judge_redo (LkJudge  *judge,
               GError  **error)
{
  g_return_val_if_fail (lk_judge_can_redo (judge), FALSE);

  return move (judge, judge->position + 1, error);
}
