// The activations and their derivatives. See src/ops/lk-activation.c for the formulas.

const uint SILU = 0, GELU = 1, GELU_TANH = 2, QUICK_GELU = 3;

float
sigmoid (float x)
{
  return 1.0 / (1.0 + exp (-x));
}

// The error function to 1.5e-7 [Abramowitz and Stegun 1964, 7.1.26]; GLSL has none.
float
erf (float x)
{
  const float t = 1.0 / (1.0 + 0.3275911 * abs (x));
  const float y = 1.0 - ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * exp (-x * x);

  return x < 0.0 ? -y : y;
}

// Φ(x), the normal distribution's cumulative function, and φ(x), its density.
float
normal_cdf (float x)
{
  return 0.5 * (1.0 + erf (x * 0.70710678118));
}

float
normal_pdf (float x)
{
  return 0.39894228040 * exp (-0.5 * x * x);
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
