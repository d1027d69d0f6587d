#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "base/lk-file.h"
#include "generate/lk-grid-export.h"

#define MAX_NAME 120            /* bytes of a file's name, short enough for every file system and every archive */

/* A cell's file in the grid's folder; NULL: it is not drawn. Owned by the caller. */
static char *
find_cell (LkGrid     *grid,
           const char *folder,
           guint       cell)
{
  GPtrArray *names = lk_grid_get_names (grid);
  g_autofree char *name = names ? g_strdup (names->pdata[cell]) : lk_grid_get_name (grid, cell, NULL);
  g_autofree char *path = name ? g_build_filename (folder, name, NULL) : NULL;

  return path && g_file_test (path, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer (&path) : NULL;
}

/* Letters, digits and what no file system minds. Owned by the caller. */
static char *
make_name (LkGrid *grid,
           guint   cell,
           guint   n_digits)
{
  g_autoptr (GString) name = g_string_new (NULL);
  const char *end;

  g_string_append_printf (name, "%0*u", (int) n_digits, cell + 1);
  for (guint a = 0; a < lk_grid_get_n_axes (grid); a++)
    {
      g_autofree char *label = lk_grid_dup_label (grid, a, lk_grid_get_place (grid, cell, a), FALSE);

      g_string_append_printf (name, "%s%s %s", a > 0 ? ", " : " ", lk_axis_get_id (lk_grid_get_axis (grid, a)), label);
    }
  for (char *c = name->str; *c != '\0'; c++)
    if (strchr ("/\\:*?\"<>|", *c) != NULL || (guchar) *c < 0x20)
      *c = '_';
  if (name->len > MAX_NAME)
    {
      end = g_utf8_find_prev_char (name->str, name->str + MAX_NAME);
      g_string_truncate (name, end ? (gsize) (end - name->str) : MAX_NAME);
    }
  g_string_append (name, ".png");

  return g_string_free (g_steal_pointer (&name), FALSE);
}

gboolean
lk_grid_export_pictures (LkGrid        *grid,
                         const char    *folder,
                         const char    *to,
                         guint         *n_written,
                         GCancellable  *cancellable,
                         GError       **error)
{
  guint n = lk_grid_get_n_cells (grid), n_digits = 1, written = 0;

  for (guint i = n; i >= 10; i /= 10)
    n_digits++;
  if (!lk_file_make_folder (to, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *from = find_cell (grid, folder, i);
      g_autofree char *name = make_name (grid, i, n_digits);
      g_autofree char *target = g_build_filename (to, name, NULL);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (from == NULL)
        continue;
      if (!lk_file_copy (from, target, error))
        return FALSE;
      written++;
    }

  if (n_written)
    *n_written = written;
  return TRUE;
}

/* ---- the page -------------------------------------------------------------------------------------------------- */

static const char style[] =
  "body{font:15px/1.4 system-ui,sans-serif;margin:2rem;color:#222;background:#fff}"
  "table{border-collapse:separate;border-spacing:6px}th{font-weight:600;text-align:center;vertical-align:bottom}"
  "th[scope=row]{text-align:start;vertical-align:top;max-width:16rem}img{display:block;max-width:256px;height:auto;border-radius:4px}"
  "td{vertical-align:top}.rejected img{opacity:.35}.none{width:8rem;color:#777}figcaption{max-width:256px}figure{margin:0}"
  "@media(prefers-color-scheme:dark){body{color:#eee;background:#1e1e1e}}";

static void
append_text (GString    *html,
             const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autofree char *escaped = g_markup_escape_text (valid, -1);

  g_string_append (html, escaped);
}

static void
append_element (GString    *html,
                const char *start,
                const char *text,
                const char *end)
{
  g_string_append (html, start);
  append_text (html, text);
  g_string_append (html, end);
}

static void
append_judgement (GString           *html,
                  const LkJudgement *judgement)
{
  g_autoptr (GString) words = g_string_new (NULL);

  for (guint i = 0; i < judgement->stars; i++)
    g_string_append (words, "★");
  if (judgement->is_rejected)
    g_string_append_printf (words, "%s%s", words->len > 0 ? " " : "", _("Rejected"));
  if (*judgement->note != '\0')
    g_string_append_printf (words, "%s%s", words->len > 0 ? " " : "", judgement->note);
  if (words->len > 0)
    append_element (html, "<figcaption>", words->str, "</figcaption>");
}

/* Copies the picture, too. */
static gboolean
append_cell (GString       *html,
             LkGrid        *grid,
             LkJudge       *judge,
             guint          cell,
             const char    *folder,
             const char    *pictures,
             GError       **error)
{
  g_autofree char *from = find_cell (grid, folder, cell);
  g_autofree char *name = from ? g_path_get_basename (from) : NULL;
  g_autofree char *target = name ? g_build_filename (pictures, name, NULL) : NULL;
  g_autofree char *words = lk_grid_describe (grid, cell);
  LkJudgement judgement = { .note = "" };

  if (from == NULL)
    {
      append_element (html, "<td class=\"none\">", _("Not drawn"), "</td>");
      return TRUE;
    }
  if (!g_file_test (target, G_FILE_TEST_EXISTS) && !lk_file_copy (from, target, error))
    return FALSE;

  if (judge)
    lk_judge_get (judge, name, &judgement);
  g_string_append_printf (html, "<td%s><figure><a href=\"pictures/%s\"><img loading=\"lazy\" src=\"pictures/%s\" alt=\"",
                          judgement.is_rejected ? " class=\"rejected\"" : "", name, name);
  append_text (html, words);
  g_string_append (html, "\"></a>");
  append_judgement (html, &judgement);
  g_string_append (html, "</figure></td>");
  return TRUE;
}

/* The values of the axes beyond the second, as a heading. */
static void
append_page_title (GString *html,
                   LkGrid  *grid,
                   guint    cell)
{
  g_autoptr (GString) words = g_string_new (NULL);

  for (guint a = 2; a < lk_grid_get_n_axes (grid); a++)
    {
      g_autofree char *label = lk_grid_dup_label (grid, a, lk_grid_get_place (grid, cell, a), TRUE);

      g_string_append_printf (words, "%s%s", words->len > 0 ? " · " : "", label);
    }
  if (words->len > 0)
    append_element (html, "<h2>", words->str, "</h2>\n");
}

static gboolean
append_page (GString       *html,
             LkGrid        *grid,
             LkJudge       *judge,
             guint          first,
             const char    *folder,
             const char    *pictures,
             GCancellable  *cancellable,
             GError       **error)
{
  guint n_columns = lk_grid_get_n_columns (grid), n_rows = lk_grid_get_n_rows (grid);

  append_page_title (html, grid, first);
  g_string_append (html, "<table>\n<thead><tr><td></td>");
  for (guint c = 0; lk_grid_get_n_axes (grid) > 0 && c < n_columns; c++)
    {
      g_autofree char *label = lk_grid_dup_label (grid, 0, c, TRUE);

      append_element (html, "<th scope=\"col\">", label, "</th>");
    }
  g_string_append (html, "</tr></thead>\n<tbody>\n");
  for (guint r = 0; r < n_rows; r++)
    {
      g_autofree char *label = lk_grid_get_n_axes (grid) > 1 ? lk_grid_dup_label (grid, 1, r, TRUE) : g_strdup ("");

      append_element (html, "<tr><th scope=\"row\">", label, "</th>");
      for (guint c = 0; c < n_columns; c++)
        if (g_cancellable_set_error_if_cancelled (cancellable, error)
            || !append_cell (html, grid, judge, first + r * n_columns + c, folder, pictures, error))
          return FALSE;
      g_string_append (html, "</tr>\n");
    }
  g_string_append (html, "</tbody>\n</table>\n");
  return TRUE;
}

gboolean
lk_grid_export_html (LkGrid        *grid,
                     LkJudge       *judge,
                     const char    *folder,
                     const char    *to,
                     GCancellable  *cancellable,
                     GError       **error)
{
  g_autoptr (GString) html = g_string_new ("<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n");
  g_autofree char *pictures = g_build_filename (to, "pictures", NULL), *path = g_build_filename (to, "index.html", NULL);
  const char *title = lk_grid_get_title (grid);
  guint n_page = lk_grid_get_n_columns (grid) * lk_grid_get_n_rows (grid);

  if (title == NULL || *title == '\0')
    title = _("Test Grid");
  if (!lk_file_make_folder (pictures, error))
    return FALSE;

  g_string_append (html, "<meta name=\"viewport\" content=\"width=device-width\">\n");
  append_element (html, "<title>", title, "</title>\n");
  append_element (html, "<style>", "", "");
  g_string_append (html, style);
  append_element (html, "</style>\n</head>\n<body>\n<h1>", title, "</h1>\n");
  append_element (html, "<p>", lk_grid_get_base_recipe (grid)->prompt, "</p>\n");
  for (guint first = 0; first < lk_grid_get_n_cells (grid); first += n_page)
    if (!append_page (html, grid, judge, first, folder, pictures, cancellable, error))
      return FALSE;
  g_string_append (html, "</body>\n</html>\n");

  return lk_file_write (path, html->str, (gssize) html->len, error);
}
