#pragma once

#include <memory>
#include <span>
#include <vector>

#include "backend/backend.h"
#include "gyre/proof/proof.h"
#include "gyre/transcript/transcript.h"
#include "protocol/statement.h"

namespace gyre {

/// The commitments of one proof.
struct TraceCommitments {
  std::vector<std::unique_ptr<Commitment>> made;  ///< common main and cached mains
  std::vector<const Commitment*> in_order;        ///< commitment order, preprocessed ones included
};

/// Commits to the traces and binds the transcript to key, commitments, heights and public values.
/// Spec 03, section 6; 08, V4. Sets `common_main_commit` and the cached commitments of `proof`,
/// whose heights and public values must be set. `traces` in the order of the statement;
/// `preprocessed` by AIR index, null without one; the result points into it.
/// gyre::Error(kMisuse) when no AIR has a common main.
TraceCommitments prove_commitment(BackendSession& backend, const VerifyingKey& key,
                                  const Statement& statement, std::span<const TraceInput> traces,
                                  std::span<const std::unique_ptr<Commitment>> preprocessed,
                                  Transcript& transcript, Proof& proof);

}  // namespace gyre
