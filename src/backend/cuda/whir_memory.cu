#include "backend/cuda/whir_memory.h"

#include "backend/cuda/commitment.h"
#include "backend/cuda/encode.h"
#include "backend/cuda/whir_tables.h"

namespace gyre::cuda {

WhirSizes::WhirSizes(const Context& context, std::span<const StackedLayout* const> layouts)
    : l_skip(context.l_skip()),
      log_height(context.params.log_stacked_height()),
      domain_rounds(std::min(l_skip, context.k())),
      max_blocks(max_moment_blocks(context.device.multiprocessors)) {
  for (const StackedLayout* layout : layouts) {
    num_matrices += layout->matrix_starts().size();
    width += layout->width();
  }
}

FoldedOracle::FoldedOracle(Work& work, DeviceSpan<const Fp4> coefficients,
                           const CodewordShape& made_shape)
    : shape(made_shape), codeword(work.arena.take<Fp>(shape.width << shape.log_rows())) {
  Encoder(work, coefficients, shape.log_blowup)
      .encode(0, shape.width, 0, 1u << shape.log_blowup, codeword);
  DeviceCodeword view;
  view.log_message = shape.log_message;
  view.log_blowup = shape.log_blowup;
  view.values = codeword.data;
  view.width = shape.width;
  oracle = std::make_unique<DeviceOracle>(work, view, shape.k);
}

CodewordShape folded_shape(unsigned log_message, unsigned log_domain, unsigned k) {
  return {.log_message = log_message,
          .log_blowup = log_domain - log_message,
          .width = Fp4::kDegree,
          .k = k};
}

std::size_t whir_bytes(const Context& context, const Workload& workload, std::size_t opening) {
  std::vector<const StackedLayout*> layouts;
  for (const Workload::Oracle& oracle : workload.commitments) layouts.push_back(oracle.layout);
  const WhirSizes sizes(context, layouts);
  std::size_t used = 0;
  WhirMemory().each(sizes, [&]<class T>(DeviceSpan<T>&, std::size_t count) {
    used += DeviceArena::bytes_of<T>(count);
  });
  std::size_t peak = used;
  const SystemParams& params = context.params;
  const unsigned num_rounds = params.num_whir_rounds();
  const unsigned log_code = sizes.log_height + static_cast<unsigned>(params.log_blowup);
  for (unsigned round = 0; round < num_rounds; ++round) {
    const auto shape = [&](unsigned made_in) {
      return folded_shape(sizes.log_height - (made_in + 1) * context.k(), log_code - made_in - 1,
                          context.k());
    };
    const std::size_t num_queries = params.whir.num_queries[round];
    const bool last = round + 1 == num_rounds;
    if (!last) {
      used += FoldedOracle::retained_bytes(shape(round));
      peak = std::max(peak, used + DeviceOracle::scratch_bytes(shape(round)));
    }
    std::vector<CodewordShape> opened;
    if (round > 0) opened.push_back(shape(round - 1));
    for (std::size_t i = 0; round == 0 && i < layouts.size(); ++i) {
      opened.push_back(codeword_shape(context, *layouts[i]));
    }
    used += OpenedLeaves::bytes(opened, num_queries);
    const std::size_t num_moments = std::size_t{1} << shape(round).log_message;
    peak = std::max(peak, used + std::max(round == 0 ? opening : 0,
                                          last ? 0 : weight_bytes(num_queries + 1, num_moments)));
  }
  return peak;
}

}  // namespace gyre::cuda
