/* lk-low-rank.c: triangles, and Jacobi's rotations from one side. See the header.
 *
 *   up = Qu Ru, downᵀ = Qd Rd, so up · down = Qu (Ru Rdᵀ) Qdᵀ, and with Ru Rdᵀ = X S Yᵀ:
 *   Qu X S = up (Rdᵀ Y),   S Yᵀ Qdᵀ = (Xᵀ Ru) down.
 *   Rows of downᵀ and up stream through in blocks: a triangle and a block of rows make the triangle of both.
 *
 * Vectors lie one after the other, each padded with zeros to a multiple of four.
 */
#define G_LOG_DOMAIN "likeness-base"

#include "config.h"

#include "base/lk-low-rank.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS 256          /* a block of rows and 256 columns is half a megabyte */
#define MAX_SWEEPS 60
/* Columns count as orthogonal below this cosine; its square is what the values are off by. */
#define ORTHOGONAL 1e-12
/* Singular values below this part of the largest are rounding. */
#define ZERO 1e-12

/* Four doubles: two registers of any x86-64, one where there is AVX. */
typedef double Four __attribute__ ((vector_size (32), aligned (8)));

struct _LkLowRank
{
  const float *up, *down;       /* borrowed */
  gsize        n_out, n_in;
  guint        k, n;            /* n: values that are not zero */
  double      *values;          /* owned, like the next two */
  double      *up_mix;          /* Rdᵀ Y, [k,n] by rows */
  double      *down_mix;        /* Xᵀ Ru, [n,k] by rows */
};

static gsize
padded (gsize n)
{
  return (n + 3) & ~(gsize) 3;
}

static double
dot (const double *a,
     const double *b,
     gsize         n)
{
  Four first = { 0 }, second = { 0 };
  gsize i = 0;

  for (; i + 8 <= n; i += 8)
    {
      first += *(const Four *) (a + i) * *(const Four *) (b + i);
      second += *(const Four *) (a + i + 4) * *(const Four *) (b + i + 4);
    }
  if (i < n)
    first += *(const Four *) (a + i) * *(const Four *) (b + i);
  first += second;
  return first[0] + first[1] + (first[2] + first[3]);
}

/* to += factor · from */
static void
add_times (double       *to,
           const double *from,
           double        factor,
           gsize         n)
{
  Four factors = { factor, factor, factor, factor };

  for (gsize i = 0; i < n; i += 4)
    *(Four *) (to + i) += factors * *(const Four *) (from + i);
}

static void
rotate (double *a,
        double *b,
        double  c,
        double  s,
        gsize   n)
{
  Four cs = { c, c, c, c }, ss = { s, s, s, s };

  for (gsize i = 0; i < n; i += 4)
    {
      Four x = *(Four *) (a + i), y = *(Four *) (b + i);

      *(Four *) (a + i) = cs * x - ss * y;
      *(Four *) (b + i) = ss * x + cs * y;
    }
}

/* ---- triangles ------------------------------------------------------------------------------------------------- */

/* `r` [k,k] by rows, upper: becomes the triangle of itself above `block`, whose columns lie one after the other, `rows` long (padded).
 * Householder's reflections: each touches one row of the triangle and the block, which is destroyed. */
static void
add_to_triangle (double *r,
                 guint   k,
                 double *block,
                 gsize   rows)
{
  for (guint j = 0; j < k; j++)
    {
      double *v = block + j * rows;
      double below = dot (v, v, rows), diagonal = r[j * k + j], norm, head, scale;

      if (below == 0)
        continue;
      norm = sqrt (diagonal * diagonal + below);
      head = diagonal > 0 ? diagonal + norm : diagonal - norm;
      scale = 2 / (head * head + below);
      r[j * k + j] = diagonal > 0 ? -norm : norm;
      for (guint c = j + 1; c < k; c++)
        {
          double *column = block + c * rows;
          double factor = -scale * (head * r[j * k + c] + dot (v, column, rows));

          r[j * k + c] += factor * head;
          add_times (column, v, factor, rows);
        }
    }
}

/* The triangle of the matrix whose element (row, column) is values[row · row_step + column · column_step]. [k,k] by rows. */
static double *
make_triangle (const float *values,
               gsize        n_rows,
               guint        k,
               gsize        row_step,
               gsize        column_step)
{
  double *r = g_new0 (double, (gsize) k * k);
  g_autofree double *block = g_new (double, (gsize) k * BLOCK_ROWS);

  for (gsize first = 0; first < n_rows; first += BLOCK_ROWS)
    {
      gsize n = MIN (n_rows - first, BLOCK_ROWS), rows = padded (n);

      for (guint c = 0; c < k; c++)
        {
          const float *from = values + first * row_step + c * column_step;
          double *column = block + c * rows;

          for (gsize i = 0; i < n; i++)
            column[i] = from[i * row_step];
          for (gsize i = n; i < rows; i++)
            column[i] = 0;
        }
      add_to_triangle (r, k, block, rows);
    }
  return r;
}

/* ---- singular values ------------------------------------------------------------------------------------------- */

typedef struct
{
  double *vector;
  double  square;
} Column;

static int
compare_columns (gconstpointer a,
                 gconstpointer b)
{
  double x = ((const Column *) a)->square, y = ((const Column *) b)->square;

  return x < y ? 1 : x > y ? -1 : 0;
}

/* Rotates a pair where it is not orthogonal. */
static gboolean
make_orthogonal (Column *p,
                 Column *q,
                 gsize   length)
{
  double product = dot (p->vector, q->vector, length), zeta, t, c;

  if (fabs (product) <= ORTHOGONAL * sqrt (p->square * q->square))
    return FALSE;
  zeta = (q->square - p->square) / (2 * product);
  t = (zeta >= 0 ? 1 : -1) / (fabs (zeta) + sqrt (1 + zeta * zeta));
  c = 1 / sqrt (1 + t * t);
  rotate (p->vector, q->vector, c, c * t, length);
  p->square -= t * product;
  q->square += t * product;
  return TRUE;
}

/* Turns the columns until all are orthogonal, and sorts them by length: they are left vectors times values then. */
static void
jacobi (Column *columns,
        guint   n,
        gsize   length)
{
  gboolean turned = TRUE;

  for (guint sweep = 0; turned && sweep < MAX_SWEEPS; sweep++)
    {
      turned = FALSE;
      for (guint i = 0; i < n; i++)
        columns[i].square = dot (columns[i].vector, columns[i].vector, length);
      qsort (columns, n, sizeof *columns, compare_columns);
      for (guint p = 0; p + 1 < n; p++)
        for (guint q = p + 1; q < n; q++)
          if (columns[q].square > ZERO * ZERO * 1e-4 * columns[0].square && columns[p].square > 0)
            turned |= make_orthogonal (&columns[p], &columns[q], length);
    }

  for (guint i = 0; i < n; i++)
    columns[i].square = dot (columns[i].vector, columns[i].vector, length);
  qsort (columns, n, sizeof *columns, compare_columns);
}

/* Ru Rdᵀ, its columns one after the other, `length` apart. */
static double *
multiply_triangles (const double *ru,
                    const double *rd,
                    guint         k,
                    gsize         length)
{
  double *product = g_new0 (double, k * length);
  g_autofree double *ru_rows = g_new0 (double, k * length), *rd_rows = g_new0 (double, k * length);

  for (guint i = 0; i < k; i++)
    {
      memcpy (ru_rows + i * length, ru + (gsize) i * k, k * sizeof (double));
      memcpy (rd_rows + i * length, rd + (gsize) i * k, k * sizeof (double));
    }
  for (guint j = 0; j < k; j++)
    for (guint i = 0; i < k; i++)
      {
        guint first = MAX (i, j) & ~3u;      /* both are zero before */

        product[j * length + i] = dot (ru_rows + i * length + first, rd_rows + j * length + first, length - first);
      }
  return product;
}

LkLowRank *
lk_low_rank_new (const float *up,
                 const float *down,
                 gsize        n_out,
                 gsize        n_in,
                 guint        k)
{
  LkLowRank *self = g_new0 (LkLowRank, 1);
  gsize length = padded (k);
  g_autofree double *ru = make_triangle (up, n_out, k, k, 1), *rd = make_triangle (down, n_in, k, 1, n_in);
  g_autofree double *product = multiply_triangles (ru, rd, k, length), *copy = g_memdup2 (product, k * length * sizeof (double));
  g_autofree double *r = g_new0 (double, (gsize) k * k), *rows = g_new0 (double, k * length), *x = g_new (double, k);
  g_autofree Column *columns = g_new (Column, k);

  self->up = up;
  self->down = down;
  self->n_out = n_out;
  self->n_in = n_in;
  self->k = k;

  /* The rows of the product's triangle need fewer rotations than its columns, and those that are zero none. Turned, they are Y S. */
  add_to_triangle (r, k, copy, length);
  for (guint i = 0; i < k; i++)
    {
      memcpy (rows + i * length, r + (gsize) i * k, k * sizeof (double));
      columns[i].vector = rows + i * length;
    }
  jacobi (columns, k, length);

  while (self->n < k && columns[self->n].square > ZERO * ZERO * columns[0].square)
    self->n++;
  self->values = g_new (double, self->n + 1);
  self->up_mix = g_new (double, (gsize) k * self->n + 1);
  self->down_mix = g_new0 (double, (gsize) k * self->n + 1);
  for (guint v = 0; v < self->n; v++)
    {
      double value = self->values[v] = sqrt (columns[v].square);
      double *y = columns[v].vector;

      for (guint i = 0; i < length; i++)
        y[i] /= value;
      memset (x, 0, k * sizeof (double));
      for (guint c = 0; c < k; c++)
        for (guint i = 0; i < k; i++)
          x[i] += product[c * length + i] * (y[c] / value);
      for (guint i = 0; i < k; i++)
        {
          double sum = 0;

          for (guint j = 0; j <= i; j++)
            sum += rd[(gsize) j * k + i] * y[j];
          self->up_mix[(gsize) i * self->n + v] = sum;
          for (guint c = i; c < k; c++)
            self->down_mix[(gsize) v * k + c] += x[i] * ru[(gsize) i * k + c];
        }
    }

  return self;
}

void
lk_low_rank_free (LkLowRank *self)
{
  g_free (self->values);
  g_free (self->up_mix);
  g_free (self->down_mix);
  g_free (self);
}

guint
lk_low_rank_get_n (const LkLowRank *self)
{
  return self->n;
}

const double *
lk_low_rank_get_values (const LkLowRank *self)
{
  return self->values;
}

/* ---- vectors --------------------------------------------------------------------------------------------------- */

/* left [n_out,rank] = up · up_mix, column v times value^power. */
static void
combine_columns (const LkLowRank *self,
                 guint            rank,
                 double           power,
                 float           *left)
{
  gsize width = padded (rank);
  g_autofree double *mix = g_new0 (double, self->k * width), *row = g_new (double, width), *scales = g_new (double, rank + 1);

  for (guint v = 0; v < rank; v++)
    scales[v] = pow (self->values[v], power);
  for (guint c = 0; c < self->k; c++)
    for (guint v = 0; v < rank; v++)
      mix[c * width + v] = self->up_mix[(gsize) c * self->n + v] * scales[v];

  for (gsize o = 0; o < self->n_out; o++)
    {
      memset (row, 0, width * sizeof (double));
      for (guint c = 0; c < self->k; c++)
        add_times (row, mix + c * width, self->up[o * self->k + c], width);
      for (guint v = 0; v < rank; v++)
        left[o * rank + v] = (float) row[v];
    }
}

/* right [rank,n_in] = down_mix · down, row v times value^-½. In pieces that stay near the processor. */
static void
combine_rows (const LkLowRank *self,
              guint            rank,
              float           *right)
{
  double piece[BLOCK_ROWS], sum[BLOCK_ROWS];
  g_autofree double *pieces = g_new (double, (gsize) self->k * BLOCK_ROWS);

  for (gsize first = 0; first < self->n_in; first += BLOCK_ROWS)
    {
      gsize n = MIN (self->n_in - first, BLOCK_ROWS), width = padded (n);

      memset (piece, 0, sizeof piece);
      for (guint c = 0; c < self->k; c++)
        {
          for (gsize i = 0; i < n; i++)
            piece[i] = self->down[c * self->n_in + first + i];
          memcpy (pieces + (gsize) c * BLOCK_ROWS, piece, sizeof piece);
        }
      for (guint v = 0; v < rank; v++)
        {
          double scale = 1 / sqrt (self->values[v]);

          memset (sum, 0, sizeof sum);
          for (guint c = 0; c < self->k; c++)
            add_times (sum, pieces + (gsize) c * BLOCK_ROWS, self->down_mix[(gsize) v * self->k + c] * scale, width);
          for (gsize i = 0; i < n; i++)
            right[v * self->n_in + first + i] = (float) sum[i];
        }
    }
}

void
lk_low_rank_cut (const LkLowRank *self,
                 guint            rank,
                 float           *up,
                 float           *down)
{
  g_assert (rank <= self->n);
  combine_columns (self, rank, -.5, up);
  combine_rows (self, rank, down);
}

void
lk_low_rank_get_left (const LkLowRank *self,
                      guint            rank,
                      float           *left)
{
  g_assert (rank <= self->n);
  combine_columns (self, rank, -1, left);
}
