#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "gyre/field/fp4.h"

namespace gyre {

/// Every way a proof can be invalid. The names are those of the reference, prefixed by their group
/// where two groups share one. Spec 08, sections 5 and 6.
enum class VerifyErrorCode : std::uint16_t {
  kSystemParamsMismatch,
  kEmptyTraces,
  kTraceHeightsTooLarge,
  kPreprocessedTraceHeightMismatch,
  // ProofShapeError / InvalidVData
  kInvalidVDataLength,
  kInvalidPublicValuesLength,
  kRequiredAirNoVData,
  kPublicValuesNoVData,
  kInvalidCachedCommitments,
  kLogHeightOutOfBounds,
  kInvalidPublicValues,
  // ProofShapeError / InvalidGkrProofShape
  kInvalidClaimsPerLayer,
  kGkrInvalidSumcheckPolys,
  kInvalidSumcheckPolyEvals,
  // ProofShapeError / InvalidBatchConstraintProofShape
  kInvalidNumeratorTerms,
  kInvalidDenominatorTerms,
  kBatchInvalidUnivariateRoundCoeffs,
  kBatchInvalidSumcheckRoundPolys,
  kInvalidColumnOpeningsAirs,
  kInvalidSumcheckRoundPolyEvals,
  kInvalidColumnOpeningsPerAir,
  kInvalidColumnOpeningsPerAirMain,
  kInvalidColumnOpeningsPerAirPreprocessed,
  kInvalidColumnOpeningsPerAirCached,
  // ProofShapeError / InvalidStackingProofShape
  kStackingInvalidUnivariateRoundCoeffs,
  kStackingInvalidSumcheckRoundPolys,
  kTotalStackedWidthOutOfBounds,
  kInvalidStackOpenings,
  kInvalidStackOpeningsPerMatrix,
  // ProofShapeError / InvalidWhirProofShape
  kWhirInvalidSumcheckPolys,
  kInvalidCodewordCommits,
  kInvalidOodValues,
  kInvalidFoldingPowWitnesses,
  kInvalidQueryPhasePowWitnesses,
  kInvalidInitialRoundOpenedRows,
  kInvalidInitialRoundMerkleProofs,
  kInvalidCodewordOpenedRows,
  kInvalidCodewordMerkleProofs,
  kInvalidFinalPolyLen,
  kInvalidInitialRoundOpenedRowsQueries,
  kInvalidInitialRoundMerkleProofsQueries,
  kInvalidInitialRoundOpenedRowK,
  kInvalidInitialRoundOpenedRowWidth,
  kInvalidInitialRoundMerkleProofDepth,
  kInvalidCodewordOpenedRowsQueries,
  kInvalidCodewordMerkleProofsQueries,
  kInvalidCodewordOpenedValues,
  kInvalidCodewordMerkleProofDepth,
  // BatchConstraintError
  kInvalidLogupPowWitness,
  kGkrNumeratorMismatch,
  kGkrDenominatorMismatch,
  kSumClaimMismatch,
  kInconsistentClaims,
  // BatchConstraintError / GkrVerificationFailed
  kInvalidZeroRoundValue,
  kZeroCheckFailed,
  kRootConsistencyCheckFailed,
  kLayerConsistencyCheckFailed,
  kIncorrectLayerCount,
  kIncorrectSumcheckPolyCount,
  kIncorrectSubroundCount,
  // StackedReductionError
  kS0Mismatch,
  kFinalSumMismatch,
  // WhirError
  kMuPoWInvalid,
  kFoldingPoWInvalid,
  kQueryPhasePoWInvalid,
  kMerkleVerify,
  kFinalPolyConstraint,
  kFinalPolyDegree,
  kFinalPolyQueryMismatch,
};

/// The first check that failed, with its payload: `integers` and `elements` in the order of the
/// reference's fields.
struct VerifyError {
  VerifyErrorCode code;
  std::array<std::uint64_t, 4> integers{};
  std::array<Fp4, 2> elements{};

  /// The identifier as the reference writes it, without its groups: "S0Mismatch".
  std::string name() const;
  /// Groups and identifier joined by '/': "StackedReductionError/S0Mismatch".
  std::string path() const;
  /// The reference's Debug text, without type noise:
  /// "StackedReductionError(S0Mismatch { s_0: [1, 2, 3, 4], s_0_sum_eval: [1, 2, 3, 5] })".
  std::string debug() const;
  /// A sentence for people.
  std::string message() const;
};

}  // namespace gyre
