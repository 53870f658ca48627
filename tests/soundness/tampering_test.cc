#include "soundness/tampering.h"

#include <algorithm>
#include <functional>
#include <set>

namespace gyre {
namespace {

/// Without grinding, so that the outcome of a change is certain. Spec 08, section 9.2.
class Tampering : public testing::Test {
 protected:
  static void SetUpTestSuite() { target_ = new Target(load_target("mixture_pow0")); }
  static void TearDownTestSuite() { delete target_; }

  template <class Tamper>
  VerifyError rejected(const std::string& name, Tamper&& tamper) {
    return expect_rejected(*target_, name, tamper);
  }
  const Proof& good() const { return target_->proof; }
  const VerifyingKey& key() const { return target_->key; }
  std::size_t domain() const { return std::size_t{1} << key().params.l_skip; }

  static Target* target_;
};

Target* Tampering::target_ = nullptr;

TEST_F(Tampering, HonestProof) {
  expect_accepted(*target_, [](Proof&) {});
}

TEST_F(Tampering, Preamble) {
  const auto first_layer_fails = [&](auto&& tamper) {
    EXPECT_EQ(rejected("LayerConsistencyCheckFailed", tamper).integers[0], 1u);
  };
  first_layer_fails([](Proof& p) { add_one(p.common_main_commit[7]); });
  first_layer_fails([](Proof& p) { add_one(p.trace_vdata[3]->cached_commitments[0][2]); });
  first_layer_fails([](Proof& p) { add_one(p.public_values[0][1]); });
  // Shorter than 2^l_skip: all shapes stay the same.
  first_layer_fails([](Proof& p) { p.trace_vdata[3]->log_height = 1; });
}

TEST_F(Tampering, KeyHashIsPartOfTheTranscript) {
  Target target = *target_;
  add_one(target.key.pre_hash[0]);
  expect_rejected(target, "LayerConsistencyCheckFailed", [](Proof&) {});
}

TEST_F(Tampering, GkrRoot) {
  rejected("RootConsistencyCheckFailed", [](Proof& p) { add_one(p.gkr.q0_claim); });
  for (Fp4 GkrLayerClaims::*claim :
       {&GkrLayerClaims::p0, &GkrLayerClaims::p1, &GkrLayerClaims::q0, &GkrLayerClaims::q1}) {
    rejected("ZeroCheckFailed", [&](Proof& p) { add_one(p.gkr.claims_per_layer[0].*claim); });
  }
  // A multiple of the fraction is caught by the denominator.
  rejected("RootConsistencyCheckFailed", [](Proof& p) {
    GkrLayerClaims& claims = p.gkr.claims_per_layer[0];
    claims.p0 = claims.p0.doubled();
    claims.q0 = claims.q0.doubled();
  });
}

TEST_F(Tampering, GkrLayers) {
  for (std::size_t layer = 1; layer < good().gkr.claims_per_layer.size(); ++layer) {
    for (Fp4 GkrLayerClaims::*claim :
         {&GkrLayerClaims::p0, &GkrLayerClaims::p1, &GkrLayerClaims::q0, &GkrLayerClaims::q1}) {
      const VerifyError error = rejected("LayerConsistencyCheckFailed", [&](Proof& p) {
        add_one(p.gkr.claims_per_layer[layer].*claim);
      });
      EXPECT_EQ(error.integers[0], layer);
    }
    for (std::size_t i = 0; i < layer; ++i) {
      for (std::size_t x = 0; x < 3; ++x) {
        const VerifyError error = rejected("LayerConsistencyCheckFailed", [&](Proof& p) {
          add_one(p.gkr.sumcheck_polys[layer - 1][i][x]);
        });
        EXPECT_EQ(error.integers[0], layer);
      }
    }
  }
}

TEST_F(Tampering, LogupTerms) {
  const std::size_t num_traces = good().batch_constraints.numerator_term_per_air.size();
  for (std::size_t t = 0; t < num_traces; ++t) {
    const VerifyError numerator = rejected("GkrNumeratorMismatch", [&](Proof& p) {
      add_one(p.batch_constraints.numerator_term_per_air[t]);
    });
    EXPECT_EQ(numerator.elements[0], -Fp4::one());
    rejected("GkrDenominatorMismatch",
             [&](Proof& p) { add_one(p.batch_constraints.denominator_term_per_air[t]); });
  }
  rejected("SumClaimMismatch", [](Proof& p) {
    add_one(p.batch_constraints.numerator_term_per_air[0]);
    p.batch_constraints.numerator_term_per_air[1] -= Fp4::one();
  });
  rejected("SumClaimMismatch", [](Proof& p) {
    add_one(p.batch_constraints.denominator_term_per_air[0]);
    p.batch_constraints.denominator_term_per_air[1] -= Fp4::one();
  });
}

TEST_F(Tampering, BatchConstraintRounds) {
  const BatchConstraintProof& batch = good().batch_constraints;
  for (std::size_t j = 0; j < batch.univariate_round_coeffs.size(); ++j) {
    rejected(j % domain() == 0 ? "SumClaimMismatch" : "InconsistentClaims",
             [&](Proof& p) { add_one(p.batch_constraints.univariate_round_coeffs[j]); });
  }
  for (std::size_t j = 0; j < batch.sumcheck_round_polys.size(); ++j) {
    for (std::size_t x = 0; x < batch.sumcheck_round_polys[j].size(); ++x) {
      rejected("InconsistentClaims",
               [&](Proof& p) { add_one(p.batch_constraints.sumcheck_round_polys[j][x]); });
    }
  }
}

// An opening that an expression reads fails the constraints, another one the stacked reduction.
TEST_F(Tampering, ColumnOpenings) {
  const auto& openings = good().batch_constraints.column_openings;
  const std::vector<std::size_t> order = [&] {
    std::vector<std::size_t> airs;
    for (std::size_t a = 0; a < good().trace_vdata.size(); ++a) {
      if (good().trace_vdata[a]) airs.push_back(a);
    }
    std::stable_sort(airs.begin(), airs.end(), [&](std::size_t a, std::size_t b) {
      return good().trace_vdata[a]->log_height > good().trace_vdata[b]->log_height;
    });
    return airs;
  }();
  std::size_t num_unused = 0;
  for (std::size_t t = 0; t < openings.size(); ++t) {
    const AirVerifyingKey& air = key().per_air[order[t]];
    const std::size_t step = air.openings_per_column();
    const std::size_t num_preprocessed = air.preprocessed ? 1 : 0;
    for (std::size_t part = 0; part < openings[t].size(); ++part) {
      for (std::size_t i = 0; i < openings[t][part].size(); ++i) {
        Variable variable{.offset = static_cast<std::uint32_t>(i % step),
                          .index = static_cast<std::uint32_t>(i / step)};
        if (part == 0) {
          variable.part = static_cast<std::uint32_t>(air.num_cached_mains());
        } else if (part <= num_preprocessed) {
          variable.source = VariableSource::kPreprocessed;
        } else {
          variable.part = static_cast<std::uint32_t>(part - 1 - num_preprocessed);
        }
        const bool unused =
            std::count(air.unused_variables.begin(), air.unused_variables.end(), variable) != 0;
        num_unused += unused;
        rejected(unused ? "S0Mismatch" : "InconsistentClaims",
                 [&](Proof& p) { add_one(p.batch_constraints.column_openings[t][part][i]); });
      }
    }
  }
  EXPECT_GT(num_unused, 0u);
}

TEST_F(Tampering, StackedReduction) {
  const StackingProof& stacking = good().stacking;
  for (std::size_t j = 0; j < stacking.univariate_round_coeffs.size(); ++j) {
    rejected(j % domain() == 0 ? "S0Mismatch" : "FinalSumMismatch",
             [&](Proof& p) { add_one(p.stacking.univariate_round_coeffs[j]); });
  }
  for (std::size_t j = 0; j < stacking.sumcheck_round_polys.size(); ++j) {
    for (std::size_t x = 0; x < 2; ++x) {
      rejected("FinalSumMismatch",
               [&](Proof& p) { add_one(p.stacking.sumcheck_round_polys[j][x]); });
    }
  }
  for (std::size_t c = 0; c < stacking.stacking_openings.size(); ++c) {
    for (std::size_t i = 0; i < stacking.stacking_openings[c].size(); ++i) {
      rejected("FinalSumMismatch", [&](Proof& p) { add_one(p.stacking.stacking_openings[c][i]); });
    }
  }
}

TEST_F(Tampering, WhirRounds) {
  const WhirProof& whir = good().whir;
  for (std::size_t j = 0; j < whir.whir_sumcheck_polys.size(); ++j) {
    for (std::size_t x = 0; x < 2; ++x) {
      // The indices of the queries no longer are those of the rows.
      rejected("MerkleVerify", [&](Proof& p) { add_one(p.whir.whir_sumcheck_polys[j][x]); });
    }
  }
  for (std::size_t r = 0; r < whir.codeword_commits.size(); ++r) {
    rejected("MerkleVerify", [&](Proof& p) { add_one(p.whir.codeword_commits[r][5]); });
    rejected("MerkleVerify", [&](Proof& p) { add_one(p.whir.ood_values[r]); });
  }
  for (std::size_t i = 0; i < whir.final_poly.size(); ++i) {
    rejected("MerkleVerify", [&](Proof& p) { add_one(p.whir.final_poly[i]); });
  }
}

TEST_F(Tampering, Openings) {
  const WhirProof& whir = good().whir;
  for (std::size_t c = 0; c < whir.initial_round_opened_rows.size(); ++c) {
    for (std::size_t q = 0; q < whir.initial_round_opened_rows[c].size(); ++q) {
      const std::size_t row = q % whir.initial_round_opened_rows[c][q].size();
      rejected("MerkleVerify",
               [&](Proof& p) { add_one(p.whir.initial_round_opened_rows[c][q][row].back()); });
      const std::size_t depth = q % whir.initial_round_merkle_proofs[c][q].size();
      rejected("MerkleVerify",
               [&](Proof& p) { add_one(p.whir.initial_round_merkle_proofs[c][q][depth][q % 8]); });
    }
  }
  for (std::size_t r = 0; r < whir.codeword_opened_values.size(); ++r) {
    for (std::size_t q = 0; q < whir.codeword_opened_values[r].size(); ++q) {
      const std::size_t row = q % whir.codeword_opened_values[r][q].size();
      rejected("MerkleVerify",
               [&](Proof& p) { add_one(p.whir.codeword_opened_values[r][q][row]); });
      const std::size_t depth = q % whir.codeword_merkle_proofs[r][q].size();
      rejected("MerkleVerify",
               [&](Proof& p) { add_one(p.whir.codeword_merkle_proofs[r][q][depth][0]); });
    }
  }
}

// Spec 08, section 7.2, end: what a proof can change without being noticed.
TEST_F(Tampering, WitnessesOfNoBitsAreFree) {
  expect_accepted(*target_, [](Proof& p) {
    add_one(p.gkr.logup_pow_witness);
    add_one(p.whir.mu_pow_witness);
    for (Fp& witness : p.whir.folding_pow_witnesses) add_one(witness);
    for (Fp& witness : p.whir.query_phase_pow_witnesses) add_one(witness);
  });
}

TEST_F(Tampering, NoTraces) {
  Target target = *target_;
  expect_rejected(target, "EmptyTraces", [](Proof& p) {
    for (auto& trace : p.trace_vdata) trace.reset();
  });
  expect_rejected(target, "EmptyTraces", [](Proof& p) { p.trace_vdata.clear(); });
  expect_rejected(target, "EmptyTraces", [](Proof& p) { p = Proof(); });
}

TEST_F(Tampering, HeightConstraintJustReached) {
  Target target = *target_;
  LinearConstraint& constraint = target.key.trace_height_constraints.at(0);
  std::uint32_t sum = 0;
  for (std::size_t a = 0; a < constraint.coefficients.size(); ++a) {
    if (!good().trace_vdata[a]) continue;
    sum += constraint.coefficients[a]
           << std::max<std::uint64_t>(good().trace_vdata[a]->log_height, key().params.l_skip);
  }
  constraint.threshold = sum + 1;
  expect_accepted(target, [](Proof&) {});
  constraint.threshold = sum;
  expect_rejected(target, "TraceHeightsTooLarge", [](Proof&) {});
  constraint.threshold = 0;
  expect_rejected(target, "TraceHeightsTooLarge", [](Proof&) {});
  // The sum of these is 0 modulo 2^64.
  std::fill(constraint.coefficients.begin(), constraint.coefficients.end(), 0xffffffffu);
  constraint.threshold = 0xffffffffu;
  expect_rejected(target, "TraceHeightsTooLarge", [](Proof&) {});
}

TEST_F(Tampering, SystemParams) {
  const std::vector<std::function<void(SystemParams&)>> changes{
      [](SystemParams& p) { ++p.l_skip; },
      [](SystemParams& p) { ++p.n_stack; },
      [](SystemParams& p) { ++p.w_stack; },
      [](SystemParams& p) { ++p.log_blowup; },
      [](SystemParams& p) { ++p.whir.k; },
      [](SystemParams& p) { ++p.whir.num_queries[1]; },
      [](SystemParams& p) { p.whir.num_queries.pop_back(); },
      [](SystemParams& p) { ++p.whir.mu_pow_bits; },
      [](SystemParams& p) { ++p.whir.query_phase_pow_bits; },
      [](SystemParams& p) { ++p.whir.folding_pow_bits; },
      [](SystemParams& p) { p.whir.proximity.kind = WhirProximity::Kind::kListDecoding; },
      [](SystemParams& p) { ++p.whir.proximity.m; },
      [](SystemParams& p) { ++p.whir.proximity.list_start_round; },
      [](SystemParams& p) { ++p.logup.max_interaction_count; },
      [](SystemParams& p) { ++p.logup.log_max_message_length; },
      [](SystemParams& p) { ++p.logup.pow_bits; },
      [](SystemParams& p) { ++p.max_constraint_degree; },
  };
  EXPECT_FALSE(verify(key(), good(), {.params = key().params}));
  for (std::size_t i = 0; i < changes.size(); ++i) {
    SystemParams params = key().params;
    changes[i](params);
    const auto failure = verify(key(), good(), {.params = params});
    ASSERT_TRUE(failure) << i;
    EXPECT_EQ(failure->path(), "SystemParamsMismatch") << i;
  }
  // It comes before everything else.
  SystemParams params = key().params;
  ++params.w_stack;
  EXPECT_EQ(verify(key(), Proof(), {.params = params})->name(), "SystemParamsMismatch");
}

// Of several faults the one whose check comes first is reported: each of these precedes the ones
// before it in the list.
TEST_F(Tampering, TheFirstCheckThatFails) {
  struct Fault {
    const char* name;
    std::function<void(Target&)> add;
  };
  const std::vector<Fault> faults{
      {"MerkleVerify", [](Target& t) { add_one(t.proof.whir.codeword_opened_values[0][2][1]); }},
      {"FinalSumMismatch", [](Target& t) { add_one(t.proof.stacking.stacking_openings[1][0]); }},
      {"S0Mismatch", [](Target& t) { add_one(t.proof.stacking.univariate_round_coeffs[0]); }},
      {"InconsistentClaims",
       [](Target& t) { add_one(t.proof.batch_constraints.column_openings[0][0][0]); }},
      {"SumClaimMismatch",
       [](Target& t) { add_one(t.proof.batch_constraints.univariate_round_coeffs[0]); }},
      {"GkrDenominatorMismatch",
       [](Target& t) { add_one(t.proof.batch_constraints.denominator_term_per_air[1]); }},
      {"GkrNumeratorMismatch",
       [](Target& t) { add_one(t.proof.batch_constraints.numerator_term_per_air[2]); }},
      {"LayerConsistencyCheckFailed",
       [](Target& t) { add_one(t.proof.gkr.claims_per_layer[1].q1); }},
      {"RootConsistencyCheckFailed", [](Target& t) { add_one(t.proof.gkr.q0_claim); }},
      {"ZeroCheckFailed", [](Target& t) { add_one(t.proof.gkr.claims_per_layer[0].p1); }},
      {"PreprocessedTraceHeightMismatch",
       [](Target& t) { t.key.per_air[5].preprocessed->hypercube_dim = 0; }},
      {"TraceHeightsTooLarge",
       [](Target& t) { t.key.trace_height_constraints.back().threshold = 1; }},
      {"InvalidFinalPolyLen", [](Target& t) { t.proof.whir.final_poly.pop_back(); }},
      {"InvalidStackOpenings", [](Target& t) { t.proof.stacking.stacking_openings.pop_back(); }},
      {"TotalStackedWidthOutOfBounds", [](Target& t) { t.key.params.w_stack = 0; }},
      {"InvalidNumeratorTerms",
       [](Target& t) { t.proof.batch_constraints.numerator_term_per_air.pop_back(); }},
      {"InvalidClaimsPerLayer", [](Target& t) { t.proof.gkr.claims_per_layer.pop_back(); }},
      {"LogHeightOutOfBounds", [](Target& t) { t.proof.trace_vdata[5]->log_height = 9; }},
      {"EmptyTraces",
       [](Target& t) {
         for (auto& trace : t.proof.trace_vdata) trace.reset();
       }},
  };
  Target target = *target_;
  for (const Fault& fault : faults) {
    fault.add(target);
    const auto failure = verify(target.key, target.proof);
    ASSERT_TRUE(failure) << fault.name;
    EXPECT_EQ(failure->name(), fault.name);
  }
}

TEST(TamperingOther, PreprocessedHeight) {
  const Target target = load_target("prep_fib_h2_l4");
  for (const std::uint32_t log_height : {0u, 2u, 4u}) {  // 2^l_skip rows at most: same shapes
    expect_rejected(target, "PreprocessedTraceHeightMismatch",
                    [&](Proof& p) { p.trace_vdata[0]->log_height = log_height; });
  }
}

TEST(TamperingOther, WithoutInteractions) {
  const Target target = load_target("fib_small");
  const VerifyError error = expect_rejected(
      target, "InvalidZeroRoundValue", [](Proof& p) { p.gkr.q0_claim = Fp4::one().doubled(); });
  EXPECT_EQ(error.debug(),
            "BatchConstraintError(GkrVerificationFailed(InvalidZeroRoundValue { actual: [2, 0, 0, "
            "0] }))");
  expect_rejected(target, "GkrNumeratorMismatch",
                  [](Proof& p) { add_one(p.batch_constraints.numerator_term_per_air[0]); });
}

// With production grinding a change is caught at the next proof of work.
TEST(TamperingOther, Grinding) {
  const Target target = load_target("pow_usual");
  expect_rejected(target, "InvalidLogupPowWitness",
                  [](Proof& p) { add_one(p.gkr.logup_pow_witness); });
  expect_rejected(target, "InvalidLogupPowWitness",
                  [](Proof& p) { add_one(p.common_main_commit[0]); });
  expect_rejected(target, "MuPoWInvalid", [](Proof& p) { add_one(p.whir.mu_pow_witness); });
  for (std::size_t i = 0; i < target.proof.whir.folding_pow_witnesses.size(); ++i) {
    expect_rejected(target, "FoldingPoWInvalid",
                    [&](Proof& p) { add_one(p.whir.folding_pow_witnesses[i]); });
  }
  for (std::size_t r = 0; r < target.proof.whir.query_phase_pow_witnesses.size(); ++r) {
    expect_rejected(target, "QueryPhasePoWInvalid",
                    [&](Proof& p) { add_one(p.whir.query_phase_pow_witnesses[r]); });
  }
  expect_rejected(target, "QueryPhasePoWInvalid",
                  [](Proof& p) { add_one(p.whir.codeword_commits[0][0]); });
  expect_rejected(target, "QueryPhasePoWInvalid", [](Proof& p) { add_one(p.whir.ood_values[0]); });
  expect_rejected(target, "QueryPhasePoWInvalid", [](Proof& p) { add_one(p.whir.final_poly[0]); });
}

}  // namespace
}  // namespace gyre
