#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-caption-filter.h"

#include <glib/gi18n.h>
#include <string.h>

#include "project/lk-tags.h"
#include "project/lk-words.h"

G_DEFINE_QUARK (lk-caption-filter-error-quark, lk_caption_filter_error)

/* Deeper parentheses are a mistake, and the parser calls itself. */
#define MAX_DEPTH 64

typedef enum
{
  NODE_ALL,
  NODE_NOT,
  NODE_AND,
  NODE_OR,
  NODE_TAG,
  NODE_CAPTION,
  NODE_NAME,
  NODE_PATH,
  NODE_ANYWHERE,
  NODE_N_TAGS,
  NODE_N_CHARS,
  NODE_N_TOKENS,
  NODE_STARS,
  NODE_WIDTH,
  NODE_HEIGHT,
} NodeKind;

typedef enum
{
  COMPARE_EQUAL,
  COMPARE_NOT_EQUAL,
  COMPARE_LESS,
  COMPARE_GREATER,
  COMPARE_AT_MOST,
  COMPARE_AT_LEAST,
} Comparison;

typedef struct _Node Node;

struct _Node
{
  NodeKind      kind;
  Node         *left, *right;   /* owned; NOT has a left alone */
  GPatternSpec *pattern;        /* owned; of the text kinds */
  Comparison    comparison;
  guint64       number;
};

struct _LkCaptionFilter
{
  Node *root;
};

static const struct
{
  const char *prefix;
  NodeKind    kind;
} prefixes[] = {
  { "tag", NODE_TAG }, { "caption", NODE_CAPTION }, { "name", NODE_NAME }, { "path", NODE_PATH }, { "tags", NODE_N_TAGS },
  { "chars", NODE_N_CHARS }, { "tokens", NODE_N_TOKENS }, { "stars", NODE_STARS }, { "width", NODE_WIDTH }, { "height", NODE_HEIGHT },
};

static void
node_free (Node *node)
{
  if (node == NULL)
    return;
  node_free (node->left);
  node_free (node->right);
  g_clear_pointer (&node->pattern, g_pattern_spec_free);
  g_free (node);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Node, node_free)

static Node *
node_new (NodeKind  kind,
          Node     *left,
          Node     *right)
{
  Node *node = g_new0 (Node, 1);

  node->kind = kind;
  node->left = left;
  node->right = right;
  return node;
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */

typedef struct
{
  const char *text, *at;
  guint       depth;
  GError    **error;
} Parser;

static Node *parse_or (Parser *parser);

/* "%s" of the sentence, if it has one, is `what`; the place follows. */
static Node *
fail (Parser     *parser,
      const char *at,
      const char *sentence)
{
  /* Translators: what is wrong, then where: "A closing parenthesis is missing (at character 7)." */
  g_set_error (parser->error, LK_CAPTION_FILTER_ERROR, LK_CAPTION_FILTER_ERROR_SYNTAX, _("%s (at character %ld)."), sentence,
               g_utf8_pointer_to_offset (parser->text, at) + 1);
  return NULL;
}

static void
skip_spaces (Parser *parser)
{
  while (g_unichar_isspace (g_utf8_get_char (parser->at)))
    parser->at = g_utf8_next_char (parser->at);
}

static gboolean
ends_term (const char *at)
{
  return *at == '\0' || *at == '(' || *at == ')' || g_unichar_isspace (g_utf8_get_char (at));
}

/* An operator's word, alone. */
static gboolean
takes_word (Parser     *parser,
            const char *word)
{
  gsize length = strlen (word);

  skip_spaces (parser);
  if (g_ascii_strncasecmp (parser->at, word, length) != 0 || !ends_term (parser->at + length))
    return FALSE;
  parser->at += length;
  return TRUE;
}

static gboolean
is_at_word (Parser     *parser,
            const char *word)
{
  const char *at = parser->at;
  gboolean is_it = takes_word (parser, word);

  parser->at = at;
  return is_it;
}

/* What a term looks for: quoted, or up to a space or parenthesis. One that was opened within it belongs to it: mira_(cosplay). */
static gboolean
read_value (Parser  *parser,
            GString *value,
            gboolean has_prefix)
{
  const char *start = parser->at;
  char quote = '\0';
  guint n_open = 0;

  for (;;)
    {
      char c = *parser->at;
      gboolean is_inside = (c == '(' && (has_prefix || value->len > 0)) || (c == ')' && n_open > 0);

      if (quote == '\0' && ends_term (parser->at) && !is_inside)
        return TRUE;
      if (c == '\0')
        {
          fail (parser, start, _("A quotation mark is not closed"));
          return FALSE;
        }
      if (c == '\\' && parser->at[1] != '\0' && strchr ("\"'\\*?", parser->at[1]) != NULL)
        {
          /* Private-use characters stand for a "*" and "?" that mean themselves. */
          if (parser->at[1] == '*')
            g_string_append (value, "\uf8f0");
          else if (parser->at[1] == '?')
            g_string_append (value, "\uf8f1");
          else
            g_string_append_c (value, parser->at[1]);
          parser->at += 2;
          continue;
        }
      parser->at++;
      if (quote == '\0' && is_inside)
        n_open += c == '(' ? 1 : -1;
      if (quote != '\0' && c == quote)
        quote = '\0';
      else if (quote == '\0' && (c == '"' || c == '\'') && value->len == 0)
        quote = c;
      else
        g_string_append_c (value, c);
    }
}

/* As captions and names are folded before they are compared. */
static char *
fold (const char *text,
      gboolean    is_tag)
{
  char *folded = is_tag ? lk_words_fold (text) : g_utf8_strdown (text, -1);

  for (char *p = folded; (p = strpbrk (p, "*?")) != NULL; p++)
    *p = *p == '*' ? '\1' : '\2';
  return folded;
}

static GPatternSpec *
make_pattern (const char *value,
              gboolean    is_tag)
{
  GString *text = g_string_new (is_tag ? "" : "*");
  g_autofree char *folded = is_tag ? lk_words_fold (value) : g_utf8_strdown (value, -1);
  GPatternSpec *pattern;

  g_string_append (text, folded);
  g_string_replace (text, "\uf8f0", "\1", 0);
  g_string_replace (text, "\uf8f1", "\2", 0);
  if (!is_tag)
    g_string_append_c (text, '*');
  pattern = g_pattern_spec_new (text->str);
  g_string_free (text, TRUE);
  return pattern;
}

static gboolean
read_comparison (Parser     *parser,
                 const char *value,
                 const char *start,
                 Node       *node)
{
  static const struct
  {
    const char *sign;
    Comparison  comparison;
  } signs[] = {
    { "==", COMPARE_EQUAL }, { "!=", COMPARE_NOT_EQUAL }, { "<=", COMPARE_AT_MOST }, { ">=", COMPARE_AT_LEAST },
    { "=", COMPARE_EQUAL }, { "<", COMPARE_LESS }, { ">", COMPARE_GREATER },
  };

  for (guint i = 0; i < G_N_ELEMENTS (signs); i++)
    if (g_str_has_prefix (value, signs[i].sign))
      {
        node->comparison = signs[i].comparison;
        value += strlen (signs[i].sign);
        break;
      }
  if (g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT32, &node->number, NULL))
    return TRUE;
  fail (parser, start, _("A number is expected, as in tokens:>75"));
  return FALSE;
}

static Node *
parse_term (Parser *parser)
{
  const char *start = parser->at, *value_start;
  g_autoptr (GString) value = g_string_new (NULL);
  g_autoptr (Node) node = node_new (NODE_ANYWHERE, NULL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      gsize length = strlen (prefixes[i].prefix);

      if (g_ascii_strncasecmp (start, prefixes[i].prefix, length) == 0 && start[length] == ':')
        {
          node->kind = prefixes[i].kind;
          parser->at += length + 1;
          break;
        }
    }
  value_start = parser->at;
  if (!read_value (parser, value, node->kind != NODE_ANYWHERE))
    return NULL;
  if (value->len == 0 && *value_start != '"' && *value_start != '\'')
    return fail (parser, value_start, _("Something to look for is expected"));
  if (node->kind >= NODE_N_TAGS)
    return read_comparison (parser, value->str, value_start, node) ? g_steal_pointer (&node) : NULL;
  node->pattern = make_pattern (value->str, node->kind == NODE_TAG);
  return g_steal_pointer (&node);
}

static Node *
parse_group (Parser *parser)
{
  const char *start = parser->at;
  g_autoptr (Node) node = NULL;

  if (++parser->depth > MAX_DEPTH)
    return fail (parser, start, _("There are too many parentheses within each other"));
  parser->at++;
  node = parse_or (parser);
  if (node == NULL)
    return NULL;
  skip_spaces (parser);
  if (*parser->at != ')')
    return fail (parser, start, _("This parenthesis is not closed"));
  parser->at++;
  parser->depth--;
  return g_steal_pointer (&node);
}

static Node *
parse_not (Parser *parser)
{
  gboolean is_not = FALSE;
  Node *node;

  while (takes_word (parser, "NOT"))
    is_not = !is_not;
  if (*parser->at == '\0')
    return fail (parser, parser->at, _("Something is missing at the end"));
  if (*parser->at == ')')
    return fail (parser, parser->at, _("Something is missing before this parenthesis, or it was not opened"));
  if (is_at_word (parser, "AND") || is_at_word (parser, "OR"))
    return fail (parser, parser->at, _("Something is missing before AND or OR"));
  node = *parser->at == '(' ? parse_group (parser) : parse_term (parser);
  return node != NULL && is_not ? node_new (NODE_NOT, node, NULL) : node;
}

static Node *
parse_and (Parser *parser)
{
  g_autoptr (Node) node = parse_not (parser);

  while (node != NULL)
    {
      Node *next;

      skip_spaces (parser);
      if (!takes_word (parser, "AND") && (*parser->at == '\0' || *parser->at == ')' || is_at_word (parser, "OR")))
        break;
      skip_spaces (parser);
      next = parse_not (parser);
      if (next == NULL)
        return NULL;
      node = node_new (NODE_AND, g_steal_pointer (&node), next);
    }
  return g_steal_pointer (&node);
}

static Node *
parse_or (Parser *parser)
{
  g_autoptr (Node) node = NULL;

  skip_spaces (parser);
  node = parse_and (parser);
  while (node != NULL && takes_word (parser, "OR"))
    {
      Node *next;

      skip_spaces (parser);
      next = parse_and (parser);
      if (next == NULL)
        return NULL;
      node = node_new (NODE_OR, g_steal_pointer (&node), next);
    }
  return g_steal_pointer (&node);
}

LkCaptionFilter *
lk_caption_filter_new (const char  *text,
                       GError     **error)
{
  Parser parser = { text, text, 0, error };
  g_autoptr (Node) root = NULL;
  LkCaptionFilter *self;

  skip_spaces (&parser);
  if (*parser.at == '\0')
    root = node_new (NODE_ALL, NULL, NULL);
  else
    root = parse_or (&parser);
  if (root == NULL)
    return NULL;
  skip_spaces (&parser);
  if (*parser.at != '\0')
    {
      fail (&parser, parser.at, _("This parenthesis was not opened"));
      return NULL;
    }
  self = g_new0 (LkCaptionFilter, 1);
  self->root = g_steal_pointer (&root);
  return self;
}

void
lk_caption_filter_free (LkCaptionFilter *self)
{
  node_free (self->root);
  g_free (self);
}

char *
lk_caption_filter_quote_tag (const char *tag)
{
  GString *term = g_string_new ("tag:\"");

  for (const char *p = tag; *p != '\0'; p++)
    {
      if (strchr ("\"\\*?", *p) != NULL)
        g_string_append_c (term, '\\');
      g_string_append_c (term, *p);
    }
  g_string_append_c (term, '"');
  return g_string_free (term, FALSE);
}

/* ---- matching -------------------------------------------------------------------------------------------------------- */

static gboolean
has_text (const Node *node,
          const char *text)
{
  g_autofree char *folded = fold (text, FALSE);

  return g_pattern_spec_match_string (node->pattern, folded);
}

static gboolean
has_tag (const Node *node,
         const char *caption)
{
  g_autoptr (LkTags) tags = lk_tags_new (caption);

  for (guint i = 0; i < lk_tags_get_n (tags); i++)
    {
      g_autofree char *folded = fold (lk_tags_get (tags, i), TRUE);

      if (g_pattern_spec_match_string (node->pattern, folded))
        return TRUE;
    }
  return FALSE;
}

static guint64
measure (const Node            *node,
         const LkFilterSubject *subject)
{
  g_autoptr (LkTags) tags = NULL;

  switch (node->kind)
    {
    case NODE_N_TAGS:
      tags = lk_tags_new (subject->caption);
      return lk_tags_get_n (tags);
    case NODE_N_CHARS:
      return g_utf8_strlen (subject->caption, -1);
    case NODE_N_TOKENS:
      return subject->count_tokens != NULL ? subject->count_tokens (subject->caption, subject->data) : 0;
    case NODE_STARS:
      return subject->stars;
    case NODE_WIDTH:
      return subject->width;
    default:
      return subject->height;
    }
}

static gboolean
compare (const Node *node,
         guint64     value)
{
  switch (node->comparison)
    {
    case COMPARE_EQUAL:
      return value == node->number;
    case COMPARE_NOT_EQUAL:
      return value != node->number;
    case COMPARE_LESS:
      return value < node->number;
    case COMPARE_GREATER:
      return value > node->number;
    case COMPARE_AT_MOST:
      return value <= node->number;
    default:
      return value >= node->number;
    }
}

static gboolean
matches (const Node            *node,
         const LkFilterSubject *subject)
{
  const char *name;

  switch (node->kind)
    {
    case NODE_ALL:
      return TRUE;
    case NODE_NOT:
      return !matches (node->left, subject);
    case NODE_AND:
      return matches (node->left, subject) && matches (node->right, subject);
    case NODE_OR:
      return matches (node->left, subject) || matches (node->right, subject);
    case NODE_TAG:
      return has_tag (node, subject->caption);
    case NODE_CAPTION:
      return has_text (node, subject->caption);
    case NODE_NAME:
      name = strrchr (subject->path, G_DIR_SEPARATOR);
      return has_text (node, name != NULL ? name + 1 : subject->path);
    case NODE_PATH:
      return has_text (node, subject->path);
    case NODE_ANYWHERE:
      return has_text (node, subject->caption) || has_text (node, subject->path);
    default:
      return compare (node, measure (node, subject));
    }
}

gboolean
lk_caption_filter_matches (LkCaptionFilter       *self,
                           const LkFilterSubject *subject)
{
  return matches (self->root, subject);
}
