#include "poly/ntt.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <mutex>

namespace gyre {
namespace {

/// Blocks of this size stay in the first-level cache; larger ones are split depth first.
constexpr unsigned kLogCacheBlock = 12;
/// Stages up to this size are too short for a loop over their butterflies to fill a vector.
constexpr unsigned kLogShortStage = 4;

/// The last stages, for blocks of 2^log_block values each.
template <class T>
void short_stages(T* values, std::size_t size, unsigned log_block, const Twiddles& twiddles) {
  for (unsigned level = log_block; level > 0; --level) {
    const std::size_t half = std::size_t{1} << (level - 1);
    const Fp* const factors = twiddles.level(level).data();
    for (std::size_t start = 0; start < size; start += 2 * half) {
      for (std::size_t j = start; j < start + half; ++j) {
        const T a = values[j], b = values[j + half];
        values[j] = a + b;
        values[j + half] = j == start ? a - b : (a - b) * factors[j - start];
      }
    }
  }
}

template <class T>
void butterfly_stage(T* values, std::size_t half, std::span<const Fp> twiddles) {
  for (std::size_t j = 0; j < half; ++j) {
    const T a = values[j], b = values[j + half];
    values[j] = a + b;
    values[j + half] = (a - b) * twiddles[j];
  }
}

template <class T>
void transform(T* values, unsigned log_size, const Twiddles& twiddles) {
  if (log_size > kLogCacheBlock) {
    const std::size_t half = std::size_t{1} << (log_size - 1);
    butterfly_stage(values, half, twiddles.level(log_size));
    transform(values, log_size - 1, twiddles);
    transform(values + half, log_size - 1, twiddles);
    return;
  }
  const std::size_t size = std::size_t{1} << log_size;
  for (unsigned level = log_size; level > kLogShortStage; --level) {
    const std::size_t half = std::size_t{1} << (level - 1);
    for (std::size_t start = 0; start < size; start += 2 * half) {
      butterfly_stage(values + start, half, twiddles.level(level));
    }
  }
  short_stages(values, size, std::min(log_size, kLogShortStage), twiddles);
}

/// Place whose `bits` low bits are those of i in reverse order.
std::size_t reversed_bits(std::size_t i, unsigned bits) {
  std::size_t result = 0;
  for (unsigned b = 0; b < bits; ++b) result |= ((i >> b) & 1) << (bits - 1 - b);
  return result;
}

/// Bit reversal in square tiles that stay in the first-level cache: index (a, mid, c) goes to
/// (rev c, rev mid, rev a), a and c of kLogTile bits each.
template <class T>
void bit_reverse_tiled(std::span<T> values, unsigned log_size) {
  constexpr unsigned kLogTile = 5;
  constexpr std::size_t kTile = std::size_t{1} << kLogTile;
  const unsigned log_middle = log_size - 2 * kLogTile;
  const auto at = [&](std::size_t a, std::size_t mid) {
    return values.data() + (a << (log_middle + kLogTile)) + (mid << kLogTile);
  };
  std::size_t reversed[kTile];
  for (std::size_t i = 0; i < kTile; ++i) reversed[i] = reversed_bits(i, kLogTile);
  T tile[kTile][kTile], other[kTile][kTile];
  for (std::size_t mid = 0; mid < std::size_t{1} << log_middle; ++mid) {
    const std::size_t mid_reversed = reversed_bits(mid, log_middle);
    if (mid > mid_reversed) continue;
    for (std::size_t a = 0; a < kTile; ++a) {
      std::copy_n(at(a, mid), kTile, tile[a]);
      std::copy_n(at(a, mid_reversed), kTile, other[a]);
    }
    for (std::size_t r = 0; r < kTile; ++r) {
      for (std::size_t s = 0; s < kTile; ++s) {
        at(r, mid_reversed)[s] = tile[reversed[s]][reversed[r]];
        at(r, mid)[s] = other[reversed[s]][reversed[r]];
      }
    }
  }
}

}  // namespace

Twiddles::Twiddles(unsigned log_size) : powers_((std::size_t{1} << log_size) - 1) {
  for (unsigned level = 1; level <= log_size; ++level) {
    const std::size_t half = std::size_t{1} << (level - 1);
    const Fp root = two_adic_generator(level);
    Fp power = Fp::one();
    for (std::size_t j = 0; j < half; ++j, power *= root) powers_[half - 1 + j] = power;
  }
}

std::shared_ptr<const Twiddles> shared_twiddles(unsigned log_size) {
  static std::mutex mutex;
  static std::shared_ptr<const Twiddles> largest;
  static unsigned largest_log_size = 0;
  const std::lock_guard lock(mutex);
  if (largest == nullptr || largest_log_size < log_size) {
    largest = std::make_shared<const Twiddles>(log_size);
    largest_log_size = log_size;
  }
  return largest;
}

template <class T>
void dft_to_bit_reversed(std::span<T> values, const Twiddles& twiddles) {
  transform(values.data(), static_cast<unsigned>(std::countr_zero(values.size())), twiddles);
}

template <class T>
void bit_reverse(std::span<T> values) {
  const std::size_t size = values.size();
  if (size >= std::size_t{1} << 12) {
    bit_reverse_tiled(values, static_cast<unsigned>(std::countr_zero(size)));
    return;
  }
  for (std::size_t i = 0, reversed = 0; i < size; ++i) {
    if (i < reversed) std::swap(values[i], values[reversed]);
    std::size_t bit = size >> 1;
    for (; bit != 0 && (reversed & bit) != 0; bit >>= 1) reversed ^= bit;
    reversed |= bit;
  }
}

template <class T>
void dft(std::span<T> values) {
  const auto twiddles = shared_twiddles(static_cast<unsigned>(std::countr_zero(values.size())));
  dft_to_bit_reversed(values, *twiddles);
  bit_reverse(values);
}

template <class T>
void inverse_dft(std::span<T> values) {
  dft(values);
  std::reverse(values.begin() + 1, values.end());
  const Fp scale = inverse_power_of_2(static_cast<unsigned>(std::countr_zero(values.size())));
  for (T& value : values) value *= scale;
}

template <class T>
void evaluations_to_message(std::span<T> column, unsigned l_skip) {
  const std::size_t chunk = std::size_t{1} << l_skip;
  const auto twiddles = shared_twiddles(l_skip);
  const Fp scale = inverse_power_of_2(l_skip);
  for (std::size_t start = 0; start < column.size(); start += chunk) {
    const std::span<T> values = column.subspan(start, chunk);
    dft_to_bit_reversed(values, *twiddles);
    bit_reverse(values);
    std::reverse(values.begin() + 1, values.end());
    for (T& value : values) value *= scale;
    for (std::size_t bit = 1; bit < chunk; bit <<= 1) {
      for (std::size_t i = 0; i < chunk; ++i) {
        if ((i & bit) != 0) values[i] += values[i - bit];
      }
    }
  }
}

template void dft_to_bit_reversed(std::span<Fp>, const Twiddles&);
template void dft_to_bit_reversed(std::span<Fp4>, const Twiddles&);
template void bit_reverse(std::span<Fp>);
template void bit_reverse(std::span<Fp4>);
template void dft(std::span<Fp>);
template void dft(std::span<Fp4>);
template void inverse_dft(std::span<Fp>);
template void inverse_dft(std::span<Fp4>);
template void evaluations_to_message(std::span<Fp>, unsigned);
template void evaluations_to_message(std::span<Fp4>, unsigned);

}  // namespace gyre
