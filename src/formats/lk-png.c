/* lk-png.c: PNG by libpng's low level, which alone gives raw samples: its simplified interface and GdkPixbuf's later loaders
 * apply gamma. Text chunks are read by ourselves: in the file's order, wherever they stand, without decoding pixels.
 */
#define G_LOG_DOMAIN "likeness-formats"

#include "config.h"

#include <setjmp.h>
#include <string.h>

#include <png.h>

#include "base/lk-file.h"
#include "base/lk-text.h"
#include "formats/lk-picture-header.h"
#include "formats/lk-png.h"

#define MAX_FILE (1u << 30)            /* bytes of a PNG file: 64 megapixels of 16 bits, hardly compressed */
#define MAX_TEXT (64u << 20)           /* bytes of one text, unpacked */
#define MAX_CHUNK (64u << 20)          /* bytes libpng may take for one chunk that is not pixels */

/* ---- reading pixels --------------------------------------------------------------------------------------------- */

typedef struct
{
  const guint8  *data;
  gsize          length;
  gsize          at;
  const char    *name;        /* of messages */
  LkPicture     *picture;     /* owned until success */
  guint8       **rows;        /* owned */
  GError       **error;
} Reader;

static void
set_corrupt (GError     **error,
             const char  *name,
             const char  *detail)
{
  if (error == NULL || *error == NULL)
    g_set_error (error, LK_PICTURE_ERROR, LK_PICTURE_ERROR_CORRUPT,
                 "“%s” is damaged or cut short (%s). Copy or export it again.", name, detail);
}

static void
on_read_error (png_structp     png,
               png_const_charp message)
{
  Reader *reader = png_get_error_ptr (png);

  set_corrupt (reader->error, reader->name, message);
  png_longjmp (png, 1);
}

static void
on_warning (png_structp     png,
            png_const_charp message)
{
  g_debug ("libpng: %s", message);
}

static void
on_read (png_structp png,
         png_bytep   out,
         png_size_t  n)
{
  Reader *reader = png_get_io_ptr (png);

  if (n > reader->length - reader->at)
    png_error (png, "it ends too early");
  memcpy (out, reader->data + reader->at, n);
  reader->at += n;
}

/* Everything that libpng may jump out of. Only members of `reader` may change between here and a jump. */
static gboolean
decode (png_structp  png,
        png_infop    info,
        Reader      *reader)
{
  guint width, height;

  if (setjmp (png_jmpbuf (png)) != 0)
    return FALSE;

  png_set_read_fn (png, reader, on_read);
  png_set_user_limits (png, LK_PICTURE_MAX_SIDE, LK_PICTURE_MAX_SIDE);
  png_set_chunk_malloc_max (png, MAX_CHUNK);
  png_set_keep_unknown_chunks (png, PNG_HANDLE_CHUNK_NEVER, (png_const_bytep) "tEXt\0zTXt\0iTXt\0eXIf\0iCCP", 5);
  png_read_info (png, info);

  png_set_strip_16 (png);
  png_set_expand (png);           /* palette, fewer than 8 bits, transparent colour */
  png_set_gray_to_rgb (png);
  png_set_interlace_handling (png);
  png_read_update_info (png, info);

  width = png_get_image_width (png, info);
  height = png_get_image_height (png, info);
  reader->picture = lk_picture_new (width, height, png_get_channels (png, info));
  if (reader->picture == NULL || png_get_rowbytes (png, info) != reader->picture->stride)
    png_error (png, "its format is not known");

  reader->rows = g_new (guint8 *, height);
  for (guint y = 0; y < height; y++)
    reader->rows[y] = lk_picture_row (reader->picture, y);
  png_read_image (png, reader->rows);
  png_read_end (png, NULL);

  return TRUE;
}

gboolean
lk_png_is_png (gconstpointer data,
               gsize         length)
{
  return length >= 8 && memcmp (data, "\x89PNG\r\n\x1a\n", 8) == 0;
}

/* ---- reading text ----------------------------------------------------------------------------------------------- */

static void
png_text_free (gpointer data)
{
  LkPngText *text = data;

  g_free (text->key);
  g_free (text->value);
  g_free (text);
}

GPtrArray *
lk_png_texts_new (void)
{
  return g_ptr_array_new_with_free_func (png_text_free);
}

void
lk_png_texts_add (GPtrArray  *texts,
                  const char *key,
                  const char *value)
{
  LkPngText *text = g_new (LkPngText, 1);

  text->key = g_strdup (key);
  text->value = g_strdup (value);
  g_ptr_array_add (texts, text);
}

const char *
lk_png_texts_find (GPtrArray  *texts,
                   const char *key)
{
  for (guint i = 0; i < texts->len; i++)
    {
      const LkPngText *text = g_ptr_array_index (texts, i);

      if (g_str_equal (text->key, key))
        return text->value;
    }

  return NULL;
}

static char *
from_latin1 (const guint8 *bytes,
             gsize         length)
{
  GString *out = g_string_sized_new (length);

  for (gsize i = 0; i < length; i++)
    g_string_append_unichar (out, bytes[i]);
  return g_string_free (out, FALSE);
}

/* The deflated bytes, unpacked; NULL where they are damaged or too many. */
static GByteArray *
inflate_text (const guint8 *bytes,
              gsize         length)
{
  g_autoptr (GConverter) converter = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB));
  g_autoptr (GByteArray) out = g_byte_array_new ();
  GConverterResult result = G_CONVERTER_CONVERTED;

  while (result != G_CONVERTER_FINISHED)
    {
      guint8 piece[4096];
      gsize read, written;

      result = g_converter_convert (converter, bytes, length, piece, sizeof piece, G_CONVERTER_INPUT_AT_END, &read, &written, NULL);
      if (result == G_CONVERTER_ERROR || out->len + written > MAX_TEXT)
        return NULL;
      g_byte_array_append (out, piece, written);
      bytes += read;
      length -= read;
    }

  return g_steal_pointer (&out);
}

/* Skips to behind the next NUL; FALSE where there is none. */
static gboolean
skip_string (const guint8 **at,
             const guint8  *end)
{
  const guint8 *nul = memchr (*at, 0, end - *at);

  if (nul == NULL)
    return FALSE;
  *at = nul + 1;
  return TRUE;
}

/* tEXt: key 0 text. zTXt: key 0 method packed-text. iTXt: key 0 is-packed method language 0 translated-key 0 text.
 * A damaged text is left out: it must not keep anybody from the picture. */
static void
add_chunk (GPtrArray    *texts,
           const char   *type,
           const guint8 *chunk,
           gsize         size)
{
  const guint8 *at = chunk, *end = chunk + size;
  g_autoptr (GByteArray) unpacked = NULL;
  g_autofree char *key = NULL, *value = NULL;
  gboolean is_international = memcmp (type, "iTXt", 4) == 0;
  gboolean is_packed = memcmp (type, "zTXt", 4) == 0;

  if (!skip_string (&at, end))
    return;
  key = from_latin1 (chunk, at - chunk - 1);

  if (is_international)
    {
      if (end - at < 2)
        return;
      is_packed = at[0] != 0;
      at += 2;
      if (!skip_string (&at, end) || !skip_string (&at, end))
        return;
    }
  else if (is_packed)
    {
      if (at == end)
        return;
      at++;
    }

  if (is_packed)
    {
      unpacked = inflate_text (at, end - at);
      if (unpacked == NULL)
        return;
      at = unpacked->data;
      end = at + unpacked->len;
    }

  value = is_international ? g_utf8_make_valid ((const char *) at, end - at) : from_latin1 (at, end - at);
  lk_png_texts_add (texts, key, value);
}

static GPtrArray *
scan_texts (const guint8 *data,
            gsize         length)
{
  GPtrArray *texts = lk_png_texts_new ();
  const guint8 *chunk;
  const char *type;
  gsize at = 8, size;

  while (lk_png_next_chunk (data, length, &at, &type, &chunk, &size))
    if (memcmp (type, "tEXt", 4) == 0 || memcmp (type, "zTXt", 4) == 0 || memcmp (type, "iTXt", 4) == 0)
      add_chunk (texts, type, chunk, size);

  return texts;
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static gboolean
check_is_png (const guint8  *data,
              gsize          length,
              const char    *name,
              GError       **error)
{
  if (length == 0)
    g_set_error (error, LK_PICTURE_ERROR, LK_PICTURE_ERROR_EMPTY, "“%s” is empty. Copy or export it again.", name);
  else if (!lk_png_is_png (data, length))
    g_set_error (error, LK_PICTURE_ERROR, LK_PICTURE_ERROR_NOT_A_PICTURE, "“%s” is not a PNG picture.", name);
  else
    return TRUE;

  return FALSE;
}

LkPicture *
lk_png_read_bytes (GBytes         *bytes,
                   const char     *name,
                   LkPictureInfo  *info,
                   GPtrArray     **texts,
                   GError        **error)
{
  Reader reader = { .name = name, .error = error };
  png_structp png;
  png_infop own;
  LkPictureInfo own_info;
  gboolean is_cmyk, ok;

  reader.data = g_bytes_get_data (bytes, &reader.length);
  if (info == NULL)
    info = &own_info;

  if (!check_is_png (reader.data, reader.length, name, error))
    return NULL;
  if (!lk_picture_scan_header (reader.data, reader.length, info, &is_cmyk))
    {
      set_corrupt (error, name, "its header");
      return NULL;
    }
  if (!lk_picture_check_size (name, info->width, info->height, error))
    return NULL;

  png = png_create_read_struct (PNG_LIBPNG_VER_STRING, &reader, on_read_error, on_warning);
  own = png_create_info_struct (png);
  ok = decode (png, own, &reader);
  png_destroy_read_struct (&png, &own, NULL);
  g_free (reader.rows);

  if (!ok)
    {
      g_clear_pointer (&reader.picture, lk_picture_free);
      return NULL;
    }

  if (texts != NULL)
    *texts = scan_texts (reader.data, reader.length);
  return reader.picture;
}

static GBytes *
read_bytes (const char  *path,
            GError     **error)
{
  gsize length;
  char *data = lk_file_read (path, MAX_FILE, &length, error);

  return data != NULL ? g_bytes_new_take (data, length) : NULL;
}

LkPicture *
lk_png_read (const char     *path,
             LkPictureInfo  *info,
             GPtrArray     **texts,
             GError        **error)
{
  g_autoptr (GBytes) bytes = read_bytes (path, error);
  g_autofree char *name = g_filename_display_name (path);

  return bytes != NULL ? lk_png_read_bytes (bytes, name, info, texts, error) : NULL;
}

GPtrArray *
lk_png_read_texts (const char  *path,
                   GError     **error)
{
  g_autoptr (GBytes) bytes = read_bytes (path, error);
  g_autofree char *name = g_filename_display_name (path);
  const guint8 *data;
  gsize length;

  if (bytes == NULL)
    return NULL;

  data = g_bytes_get_data (bytes, &length);
  return check_is_png (data, length, name, error) ? scan_texts (data, length) : NULL;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static void
on_write (png_structp png,
          png_bytep   data,
          png_size_t  n)
{
  g_byte_array_append (png_get_io_ptr (png), data, n);
}

static void
on_flush (png_structp png)
{
}

static void
on_write_error (png_structp     png,
                png_const_charp message)
{
  GError **error = png_get_error_ptr (png);

  g_set_error (error, LK_PICTURE_ERROR, LK_PICTURE_ERROR_UNSUPPORTED, "The picture cannot be written as PNG: %s.", message);
  png_longjmp (png, 1);
}

/* Latin-1 bytes of UTF-8 text, or NULL where it has other characters. */
static char *
to_latin1 (const char *text)
{
  GString *out = g_string_new (NULL);

  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar unicode = g_utf8_get_char (c);

      if (unicode > 0xff)
        {
          g_string_free (out, TRUE);
          return NULL;
        }
      g_string_append_c (out, (char) unicode);
    }

  return g_string_free (out, FALSE);
}

static gboolean
encode (png_structp      png,
        png_infop        info,
        const LkPicture *picture,
        const png_text  *texts,
        guint            n_texts)
{
  if (setjmp (png_jmpbuf (png)) != 0)
    return FALSE;

  png_set_IHDR (png, info, picture->width, picture->height, 8, picture->channels == 4 ? PNG_COLOR_TYPE_RGBA : PNG_COLOR_TYPE_RGB,
                PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (n_texts > 0)
    png_set_text (png, info, texts, n_texts);
  png_write_info (png, info);
  for (guint y = 0; y < picture->height; y++)
    png_write_row (png, lk_picture_row (picture, y));
  png_write_end (png, NULL);

  return TRUE;
}

GBytes *
lk_png_encode (const LkPicture  *picture,
               GPtrArray        *texts,
               GError          **error)
{
  guint n_texts = texts != NULL ? texts->len : 0;
  g_autofree png_text *chunks = g_new0 (png_text, n_texts);
  g_autoptr (GPtrArray) strings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  png_structp png;
  png_infop info;
  gboolean ok;

  for (guint i = 0; i < n_texts; i++)
    {
      const LkPngText *text = g_ptr_array_index (texts, i);
      char *key = to_latin1 (text->key), *value = to_latin1 (text->value);

      chunks[i].key = key;
      chunks[i].compression = value != NULL ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
      chunks[i].text = value != NULL ? value : text->value;
      g_ptr_array_add (strings, key);
      g_ptr_array_add (strings, value);
    }

  png = png_create_write_struct (PNG_LIBPNG_VER_STRING, error, on_write_error, on_warning);
  info = png_create_info_struct (png);
  png_set_write_fn (png, out, on_write, on_flush);
  ok = encode (png, info, picture, chunks, n_texts);
  png_destroy_write_struct (&png, &info);

  return ok ? g_byte_array_free_to_bytes (g_steal_pointer (&out)) : NULL;
}

gboolean
lk_png_write (const LkPicture  *picture,
              GPtrArray        *texts,
              const char       *path,
              GError          **error)
{
  g_autoptr (GBytes) bytes = lk_png_encode (picture, texts, error);
  gconstpointer data;
  gsize length;

  if (bytes == NULL)
    return FALSE;

  data = g_bytes_get_data (bytes, &length);
  return lk_file_write (path, data, length, error);
}
