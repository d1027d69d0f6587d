// The activations and their derivatives. See src/ops/lk-activation.c for the formulas.
#include "common/math.glsl"

const uint SILU = 0, GELU = 1, GELU_TANH = 2, QUICK_GELU = 3;

float
sigmoid (float x)
{
  return 1.0 / (1.0 + exact_exp (-x));
}

// erfc (x) = t·P (t)·exp (-x²), t = 1 / (1 + x/2), for x >= 0. P was fitted for the least relative error: 4e-9, before rounding.
float
erfc_of_positive (float x)
{
  const float t = 1.0 / (1.0 + 0.5 * x);
  float p = 0.027861135;

  p = p * t - 0.208714202;
  p = p * t + 0.632172048;
  p = p * t - 0.94453907;
  p = p * t + 0.652914703;
  p = p * t - 0.224725723;
  p = p * t + 0.270081401;
  p = p * t + 0.228886977;
  p = p * t + 0.284062117;
  p = p * t + 0.282000601;
  return p * t * exact_exp (-x * x);
}

// Φ(x), the normal distribution's cumulative function, and φ(x), its density.
float
normal_cdf (float x)
{
  const float tail = 0.5 * erfc_of_positive (abs (x) * 0.70710678118);

  return x < 0.0 ? tail : 1.0 - tail;
}

float
normal_pdf (float x)
{
  return 0.39894228040 * exact_exp (-0.5 * x * x);
}

float
gelu (float x)
{
  return x * normal_cdf (x);
}

float
gelu_derivative (float x)
{
  return normal_cdf (x) + x * normal_pdf (x);
}

// 1 + tanh (u) is 2·σ(2u): no tanh, whose precision drivers do not promise.
float
activate (uint  kind,
          float x)
{
  switch (kind)
    {
    case SILU:
      return x * sigmoid (x);
    case GELU:
      return gelu (x);
    case GELU_TANH:
      return x * sigmoid (1.59576912161 * (x + 0.044715 * x * x * x));
    default:
      return x * sigmoid (1.702 * x);
    }
}

float
activate_derivative (uint  kind,
                     float x)
{
  float s;

  switch (kind)
    {
    case SILU:
      s = sigmoid (x);
      return s * (1.0 + x * (1.0 - s));
    case GELU:
      return gelu_derivative (x);
    case GELU_TANH:
      s = sigmoid (1.59576912161 * (x + 0.044715 * x * x * x));
      return s + x * s * (1.0 - s) * 1.59576912161 * (1.0 + 0.134145 * x * x);
    default:
      s = sigmoid (1.702 * x);
      return s + 1.702 * x * s * (1.0 - s);
    }
}
