// Functions whose precision Vulkan leaves to the device (exp may be off by 3 + 2|x| ulp, there is no erf), to about 2 ulp everywhere.

const float LN2_HIGH = 0.693359375, LN2_LOW = -2.12194440e-4;    // their sum is ln 2; n times the first is exact for small n

// eˣ; 0 below -87, where floats begin to lose digits.
float
exact_exp (float x)
{
  const float n = round (clamp (x, -88, 88.7) * 1.44269504);
  const float r = (clamp (x, -88, 88.7) - n * LN2_HIGH) - n * LN2_LOW;      // |r| <= ln 2 / 2: Taylor's next term is 5e-9
  float y = 1.0 / 5040;

  y = y * r + 1.0 / 720;
  y = y * r + 1.0 / 120;
  y = y * r + 1.0 / 24;
  y = y * r + 1.0 / 6;
  y = y * r + 0.5;
  y = y * r + 1;
  y = y * r + 1;
  // 2ⁿ in two steps, because n may be 128.
  y *= uintBitsToFloat (uint (int (n) / 2 + 127) << 23) * uintBitsToFloat (uint (int (n) - int (n) / 2 + 127) << 23);
  return x < -87 ? 0 : y;
}

// ln x for a normal x > 0.
float
exact_log (float x)
{
  const uint bits = floatBitsToUint (x);
  int exponent = int (bits >> 23) - 127;
  float fraction = uintBitsToFloat ((bits & 0x7fffffu) | 0x3f800000u);

  if (fraction > 1.41421356)
    {
      fraction *= 0.5;
      exponent++;
    }
  // ln f = 2 (s + s³/3 + s⁵/5 + ...) with s = (f - 1) / (f + 1), |s| < 0.172: the next term is 4e-10.
  const float s = (fraction - 1) / (fraction + 1);
  const float z = s * s;
  const float y = ((z * (1.0 / 9) + 1.0 / 7) * z + 1.0 / 5) * z + 1.0 / 3;

  return float (exponent) * LN2_HIGH + (float (exponent) * LN2_LOW + 2 * (s + s * z * y));
}
