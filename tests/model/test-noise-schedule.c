/* The noise schedule against PyTorch's numbers, and the sines of timesteps. */
#include "config.h"

#include "model/lk-noise-schedule.h"

#include <math.h>

/* torch.cumprod (1 - torch.linspace (0.00085 ** 0.5, 0.012 ** 0.5, 1000) ** 2, 0), ATEN_CPU_CAPABILITY=default; and in float64. */
static const struct { guint t; float single; double exact; } points[] = {
  { 0, 0.999149978f, 0.99914999999999998 },
  { 1, 0.998296022f, 0.99829602783845139 },
  { 2, 0.997438073f, 0.99743808198788797 },
  { 57, 0.944126189f, 0.94412643425469789 },
  { 250, 0.673792303f, 0.67379262523332151 },
  { 499, 0.27766943f, 0.27766965045646763 },
  { 500, 0.276332468f, 0.2763326838229746 },
  { 501, 0.274998844f, 0.27499906685013192 },
  { 777, 0.0449549258f, 0.044954960576035034 },
  { 998, 0.00471669575f, 0.0047166988998757478 },
  { 999, 0.00466009509f, 0.0046600985130772384 },
};

static void
test_alphas (void)
{
  const float *single = lk_noise_schedule_get_alphas_cumprod ();
  const double *exact = lk_noise_schedule_get_exact_alphas_cumprod ();

  for (guint i = 0; i < G_N_ELEMENTS (points); i++)
    {
      g_assert_cmpfloat (single[points[i].t], ==, points[i].single);
      g_assert_cmpfloat (fabs (exact[points[i].t] / points[i].exact - 1), <, 1e-13);
    }
  for (guint i = 0; i < LK_N_TIMESTEPS; i++)
    {
      g_assert_cmpfloat (fabs (single[i] / exact[i] - 1), <, 2e-5);
      g_assert_true (i == 0 || single[i] < single[i - 1]);
    }
}

/* Cosines first; the angle is rounded to float32, the frequencies are. */
static void
test_features (void)
{
  const float timesteps[] = { 0, 1, 500.25f, 999 };
  float out[4 * 320];

  lk_timestep_features (timesteps, 4, 320, out);
  for (guint row = 0; row < 4; row++)
    for (guint i = 0; i < 160; i++)
      {
        double angle = timesteps[row] * pow (10000, -(double) i / 160);

        g_assert_cmpfloat_with_epsilon (out[row * 320 + i], cos (angle), 2e-7 * (1 + timesteps[row]));
        g_assert_cmpfloat_with_epsilon (out[row * 320 + 160 + i], sin (angle), 2e-7 * (1 + timesteps[row]));
      }
  g_assert_cmpfloat (out[0], ==, 1);
  g_assert_cmpfloat (out[160], ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/noise-schedule/alphas", test_alphas);
  g_test_add_func ("/noise-schedule/timestep-features", test_features);
  return g_test_run ();
}
