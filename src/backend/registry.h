#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.h"

namespace gyre {

/// A backend as the prover is asked for it: "cpu", "cuda", "cuda:1".
struct BackendChoice {
  std::string name;
  int device = 0;
};

/// How backends of one name are made.
struct BackendMaker {
  /// For the AIRs of `key`, which must outlive it. `threads`: upper bound; 0: every core.
  std::function<std::unique_ptr<Backend>(const VerifyingKey& key, int device, unsigned threads)>
      make;
  /// Throws what `make` would for the machine's sake: gyre::Error(kResource). Empty: nothing does.
  std::function<void(int device)> check;
  bool has_devices = false;  ///< whether a choice may name one
};

/// All functions are thread-safe.

/// Names in the order of their registration: cpu, reference, cuda, and what others added.
std::vector<std::string> registered_backends();
/// Adds a backend, or replaces the one of that name.
void register_backend(const std::string& name, BackendMaker maker);
/// gyre::Error(kMisuse) for a name that is not registered and a device that is no number.
BackendChoice parse_backend_choice(std::string_view choice);
/// The registered maker of a parsed choice.
BackendMaker backend_maker(const BackendChoice& choice);

}  // namespace gyre
