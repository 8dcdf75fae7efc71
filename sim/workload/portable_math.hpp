// SPDX-License-Identifier: Apache-2.0
// exp and log from IEEE 754 basic operations alone, so that every machine gets the same last bit. libm does not
// promise that; +, -, *, / and sqrt do (the build forbids fused multiply-add).
#pragma once

namespace tokenyard {

/// Natural logarithm; relative error below 1e-15. Pre: x > 0 and finite.
double portable_log(double x);

/// e^x; relative error below 1e-14. 0 below -700; x above 700 counts as 700.
double portable_exp(double x);

}  // namespace tokenyard
