/* What libFuzzer calls, and what lk-fuzz.c calls in its place. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         length);
