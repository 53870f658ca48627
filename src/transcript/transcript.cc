#include "gyre/transcript/transcript.h"

namespace gyre {

Transcript::Transcript(TranscriptLog* log) : log_(log) {
  if (log_ != nullptr) log_->permutations.push_back(state_);
}

Transcript::Transcript(const Transcript& other)
    : state_(other.state_),
      absorb_index_(other.absorb_index_),
      sample_index_(other.sample_index_) {}

void Transcript::permute_state() {
  permute(state_);
  absorb_index_ = 0;
  sample_index_ = kSpongeRate;
  if (log_ != nullptr) log_->permutations.push_back(state_);
}

void Transcript::observe(Fp value) {
  if (log_ != nullptr) log_->entries.push_back({.sampled = false, .value = value});
  state_[absorb_index_++] = value;
  if (absorb_index_ == kSpongeRate) permute_state();
}

void Transcript::observe(const Fp4& value) {
  for (const Fp coefficient : value.c) observe(coefficient);
}

void Transcript::observe(const Digest& digest) {
  for (const Fp element : digest) observe(element);
}

void Transcript::observe(std::span<const Fp4> values) {
  for (const Fp4& value : values) observe(value);
}

Fp Transcript::sample() {
  if (absorb_index_ != 0 || sample_index_ == 0) permute_state();
  const Fp value = state_[--sample_index_];
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
  return {.state = state_, .position = absorb_index_, .bits = bits};
}

void Transcript::mark(std::string_view name, unsigned index) {
  if (log_ != nullptr) {
    log_->marks.push_back({.name = name, .index = index, .position = log_->entries.size()});
  }
}

}  // namespace gyre
