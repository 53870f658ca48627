#include "gyre/hash/scheme.h"

#include <algorithm>
#include <vector>

namespace gyre {

Digest hash_slice(std::span<const Fp> values) {
  SpongeState state{};
  const std::size_t rest = values.size() % kSpongeRate;
  absorb_blocks(state, values.first(values.size() - rest));
  if (rest != 0) {
    std::ranges::copy(values.last(rest), state.begin());
    permute(state);
  }
  Digest digest;
  std::copy_n(state.begin(), kDigestElements, digest.begin());
  return digest;
}

Digest compress(const Digest& left, const Digest& right) {
  SpongeState state;
  std::copy(left.begin(), left.end(), state.begin());
  std::copy(right.begin(), right.end(), state.begin() + kDigestElements);
  permute(state);
  Digest digest;
  std::copy_n(state.begin(), kDigestElements, digest.begin());
  return digest;
}

Digest tree_compress(std::span<const Digest> digests) {
  std::vector<Digest> layer(digests.begin(), digests.end());
  for (; layer.size() > 1; layer.resize(layer.size() / 2)) {
    for (std::size_t i = 0; i < layer.size() / 2; ++i) {
      layer[i] = compress(layer[2 * i], layer[2 * i + 1]);
    }
  }
  return layer.front();
}

}  // namespace gyre
