#pragma once

#include <memory>
#include <span>
#include <vector>

#include "gyre/field/fp4.h"

namespace gyre {

/// Discrete Fourier transforms of size 2^m with the protocol's roots of unity. Spec 03, section 1:
///   dft(a)[i] = sum_j a[j] w_m^(i j),   inverse_dft its inverse (divided by 2^m); natural order.
/// T is Fp or Fp4 (four transforms side by side). Sizes up to 2^27, powers of two.

/// Powers of the roots of unity of every order up to 2^log_size: `level(m)[j]` = w_m^j, j <
/// 2^(m-1).
class Twiddles {
 public:
  explicit Twiddles(unsigned log_size);
  std::span<const Fp> level(unsigned log_order) const {
    return std::span(powers_).subspan((std::size_t{1} << (log_order - 1)) - 1,
                                      std::size_t{1} << (log_order - 1));
  }

 private:
  std::vector<Fp> powers_;
};

/// Twiddles for transforms up to the given size, shared by the whole process. Thread-safe.
std::shared_ptr<const Twiddles> shared_twiddles(unsigned log_size);

/// Forward transform whose output i stands at the bit-reversed place of i.
template <class T>
void dft_to_bit_reversed(std::span<T> values, const Twiddles& twiddles);

/// Swaps each place with the bit-reversed one.
template <class T>
void bit_reverse(std::span<T> values);

template <class T>
void dft(std::span<T> values);

template <class T>
void inverse_dft(std::span<T> values);

/// In each chunk of 2^l_skip values: from evaluations on the skip domain to the message of the
/// "eval-to-coeff" Reed-Solomon code: inverse DFT, then sums over bit-subsets. Spec 03, section 5.
template <class T>
void evaluations_to_message(std::span<T> column, unsigned l_skip);

}  // namespace gyre
