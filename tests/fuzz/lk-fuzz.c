/* lk-fuzz.c: feeds a fuzz target with its seeds and with mutations of them, always the same ones.
 *
 * Usage: test-fuzz-NAME [.SUFFIX] FOLDER|FILE... A crash, a sanitizer's word or an assertion of the target is the failure; under
 * a debugger, `current` is the input that did it.
 */
#include "config.h"

#include <string.h>

#include "base/lk-file.h"
#include "base/lk-random.h"
#include "lk-fuzz.h"

#define N_MUTATIONS 6000          /* over all seeds */
#define MAX_SEED (64 << 10)       /* bytes; larger seeds are cut to it, and also run whole */
#define MAX_WORK (32 << 20)       /* bytes of all mutations: fewer of large seeds */

static guint32
draw (guint64 *index,
      guint32  n)
{
  return lk_random_below (20240607, 0, (*index)++, n);
}

/* One to four changes, of the kinds that find things: bits, bytes, the marks of text formats, numbers at the edge, cuts, copies, and
 * parts of other seeds. */
static void
mutate (GByteArray *bytes,
        GPtrArray  *seeds,
        guint64    *index)
{
  static const guint32 edges[] = { 0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff };
  static const char marks[] = "0123456789-+.eE\"\\{}[]:,' <|";

  for (guint n = 1 + draw (index, 4); n > 0; n--)
    {
      guint at = bytes->len > 0 ? draw (index, bytes->len) : 0;
      guint most = 1 + draw (index, 32);
      guint length = MIN (most, bytes->len - at);
      guint32 edge = edges[draw (index, G_N_ELEMENTS (edges))];
      const GByteArray *other = seeds->pdata[draw (index, seeds->len)];

      if (bytes->len == 0)
        return;

      switch (draw (index, 8))
        {
        case 0:
          bytes->data[at] ^= 1 << draw (index, 8);
          break;
        case 1:
          bytes->data[at] = draw (index, 2) == 0 ? draw (index, 256) : (guint8) marks[draw (index, strlen (marks))];
          break;
        case 2:
          memcpy (bytes->data + at, &edge, MIN (4, bytes->len - at));
          break;
        case 3:
          edge = GUINT32_SWAP_LE_BE (edge);
          memcpy (bytes->data + at, &edge, MIN (4, bytes->len - at));
          break;
        case 4:
          g_byte_array_set_size (bytes, at);
          break;
        case 5:
          g_byte_array_remove_range (bytes, at, length);
          break;
        case 6:
          memmove (bytes->data + at, bytes->data + draw (index, bytes->len - length + 1), length);
          break;
        default:
          if (other->len > 0)
            {
              guint from = draw (index, other->len);

              memcpy (bytes->data + at, other->data + from, MIN (MIN (length, other->len - from), bytes->len - at));
            }
        }
    }
}

static void
add_seed (GPtrArray  *seeds,
          const char *path,
          const char *suffix)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  char *data;
  gsize length;

  if (dir != NULL)
    {
      g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

      while ((name = g_dir_read_name (dir)) != NULL)
        if (g_str_has_suffix (name, suffix))
          g_ptr_array_add (names, g_build_filename (path, name, NULL));
      g_ptr_array_sort_values (names, (GCompareFunc) strcmp);
      for (guint i = 0; i < names->len; i++)
        add_seed (seeds, names->pdata[i], suffix);
      return;
    }

  data = lk_file_read (path, 64 << 20, &length, &error);
  g_assert_no_error (error);
  g_ptr_array_add (seeds, g_byte_array_new_take ((guint8 *) data, length));
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GPtrArray) seeds = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
  g_autoptr (GByteArray) current = g_byte_array_new ();
  guint64 index = 0;
  guint n_mutations = 0;
  const char *suffix = "";

  for (int i = 1; i < argc; i++)
    if (argv[i][0] == '.' && strchr (argv[i], '/') == NULL)
      suffix = argv[i];
    else
      add_seed (seeds, argv[i], suffix);
  g_assert_cmpuint (seeds->len, >, 0);


  LLVMFuzzerTestOneInput (NULL, 0);
  for (guint i = 0; i < seeds->len; i++)
    {
      const GByteArray *seed = seeds->pdata[i];
      guint length = MIN (seed->len, MAX_SEED);
      guint n = MIN (N_MUTATIONS, MAX_WORK / MAX (length, 1)) / seeds->len;

      g_byte_array_set_size (current, 0);
      g_byte_array_append (current, seed->data, seed->len);
      LLVMFuzzerTestOneInput (current->data, current->len);

      for (guint k = 0; k < n; k++)
        {
          g_byte_array_set_size (current, 0);
          g_byte_array_append (current, seed->data, length);
          mutate (current, seeds, &index);
          LLVMFuzzerTestOneInput (current->data, current->len);
        }
      n_mutations += n;
    }

  g_print ("%u seeds, %u mutations\n", seeds->len, n_mutations);
  return 0;
}
