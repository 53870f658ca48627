#include "gyre/transcript/transcript.h"

#include <algorithm>

#include "gyre/support/error.h"

namespace gyre {

Transcript::Transcript(TranscriptLog* log) : log_(log) {
  if (log_ != nullptr) log_->permutations.push_back(duplex_.state);
}

Transcript::Transcript(const Transcript& other) : duplex_(other.duplex_) {}

void Transcript::permute_state() {
  permute(duplex_.state);
  duplex_.absorb_index = 0;
  duplex_.sample_index = kSpongeRate;
  if (log_ != nullptr) log_->permutations.push_back(duplex_.state);
}

void Transcript::observe(Fp value) {
  if (log_ != nullptr) log_->entries.push_back({.sampled = false, .value = value});
  duplex_.state[duplex_.absorb_index++] = value;
  if (duplex_.absorb_index == kSpongeRate) permute_state();
}

void Transcript::observe(const Fp4& value) {
  for (const Fp coefficient : value.c) observe(coefficient);
}

void Transcript::observe(const Digest& digest) {
  for (const Fp element : digest) observe(element);
}

void Transcript::observe(std::span<const Fp4> values) {
  static_assert(sizeof(Fp4) == Fp4::kDegree * sizeof(Fp));
  std::span<const Fp> elements(reinterpret_cast<const Fp*>(values.data()),
                               Fp4::kDegree * values.size());
  const auto observe_each = [&](std::size_t count) {
    for (const Fp element : elements.first(count)) observe(element);
    elements = elements.subspan(count);
  };
  if (!recording()) {
    // To the end of the block that was begun, then all whole ones at once.
    observe_each(std::min(elements.size(), (kSpongeRate - duplex_.absorb_index) % kSpongeRate));
    const std::size_t whole = elements.size() / kSpongeRate * kSpongeRate;
    if (whole != 0) {
      absorb_blocks(duplex_.state, elements.first(whole));
      elements = elements.subspan(whole);
      duplex_.sample_index = kSpongeRate;
    }
  }
  observe_each(elements.size());
}

Fp Transcript::sample() {
  if (duplex_.absorb_index != 0 || duplex_.sample_index == 0) permute_state();
  const Fp value = duplex_.state[--duplex_.sample_index];
  if (log_ != nullptr) log_->entries.push_back({.sampled = true, .value = value});
  return value;
}

Fp4 Transcript::sample_ext() {
  Fp4 value;
  for (Fp& coefficient : value.c) coefficient = sample();
  return value;
}

std::uint32_t Transcript::sample_bits(unsigned bits) {
  return sample().canonical() & ((std::uint32_t{1} << bits) - 1);
}

bool Transcript::check_witness(unsigned bits, Fp witness) {
  if (bits == 0) return true;
  observe(witness);
  return sample_bits(bits) == 0;
}

GrindingChallenge Transcript::grinding_challenge(unsigned bits) const {
  return {.state = duplex_.state, .position = duplex_.absorb_index, .bits = bits};
}

void Transcript::import_state(const DuplexState& state) {
  if (recording()) throw misuse("a recording transcript has to see every operation");
  duplex_ = state;
}

void Transcript::mark(std::string_view name, unsigned index) {
  if (log_ != nullptr) {
    log_->marks.push_back({.name = name, .index = index, .position = log_->entries.size()});
  }
}

}  // namespace gyre
