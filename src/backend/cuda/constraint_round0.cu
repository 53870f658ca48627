#include "backend/cuda/constraint_round0.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "backend/cuda/coset_extension.h"
#include "backend/cuda/work_list.h"

namespace gyre::cuda {
namespace {

/// Sizes of a trace's tiles, per chunk. Interactions are evaluated on D at the trace itself where
/// that has the values; a repeated trace, next rows and selectors are written out.
struct ChunkSizes {
  explicit ChunkSizes(const ConstraintShape& shape)
      : on_cosets(shape.cosets.count - 1),
        constraint_planes(std::max<std::size_t>(shape.cosets.constraints, 1) - 1),
        interaction_planes(shape.cosets.interactions),
        chunk(std::size_t{1} << shape.l_skip) {
    for (const ProgramPiece& piece : shape.pieces->base) ++pieces[piece.sum];
    const std::size_t domain = interaction_planes > 0 ? 1 : 0;
    for (const AirExpressions::Column& column : shape.air->columns) {
      const std::size_t local_domain = shape.repeated() ? domain : 0;
      if (column.local != InputTable::kNoInput) planes += on_cosets + local_domain;
      if (column.next != InputTable::kNoInput) planes += on_cosets + domain;
    }
    planes += shape.num_selectors * (on_cosets + domain);
    sums = pieces[kConstraintSum] * constraint_planes +
           (pieces[kCountSum] + pieces[kFieldSum]) * interaction_planes;
  }
  bool empty() const { return sums == 0; }
  std::size_t bytes() const { return chunk * (planes * sizeof(Fp) + sums * sizeof(Fp4)); }
  /// Of the totals of the trace.
  std::size_t total_words() const {
    return (constraint_planes + 2 * interaction_planes) * chunk * kTotalWords;
  }

  std::size_t on_cosets, constraint_planes, interaction_planes, chunk;
  std::size_t pieces[3] = {};
  std::size_t planes = 0;  ///< of input values
  std::size_t sums = 0;    ///< values per point of D
};

/// Descriptors of a tile; the items and sums of a batch are counted with their tiles, each list
/// rounded up once.
std::size_t tile_descriptors(const ConstraintShape& shape, const ChunkSizes& sizes) {
  const std::size_t columns = shape.air->columns.size() + shape.num_selectors;
  const std::size_t interaction_runs =
      std::min<std::size_t>(sizes.interaction_planes, 2);  // D, the other cosets
  const std::size_t items = (sizes.constraint_planes > 0 ? sizes.pieces[kConstraintSum] : 0) +
                            (sizes.pieces[kCountSum] + sizes.pieces[kFieldSum]) * interaction_runs;
  return Descriptors::words_of<ExtensionColumn>(columns) +
         2 * Descriptors::words_of<const Fp*>(shape.num_inputs()) +
         Descriptors::words_of<ExtensionWork>(1) + items * Descriptors::words_of<BaseItem>(1) +
         (1 + 2 * interaction_runs) * Descriptors::words_of<RowSumWork>(1);
}

/// Makes and runs the launches of one batch.
class BatchRun {
 public:
  BatchRun(std::span<const ConstraintShape> shapes, const Round0Plan& plan, const RowEq& eq,
           const UniformValues& uniforms, Descriptors& descriptors, Fp* values, Fp4* sums,
           Total* totals)
      : shapes_(shapes),
        plan_(plan),
        eq_(eq),
        uniforms_(uniforms),
        descriptors_(descriptors),
        values_(values),
        sums_(sums),
        totals_(totals) {}

  /// `weights`: of the trace's outputs, on the device.
  void add(const Round0Tile& tile, const TraceColumns& columns, const Fp4* weights) {
    const ConstraintShape& shape = shapes_[tile.trace];
    const ChunkSizes sizes(shape);
    points_ = tile.num_chunks * sizes.chunk;
    weights_ = weights;
    tile_ = tile;
    place_inputs(shape, sizes, columns);

    Total* totals = totals_ + plan_.first_total[tile.trace];
    const std::size_t plane_words = sizes.chunk * kTotalWords;
    add_run(shape, kConstraintSum, on_cosets_, sizes.constraint_planes, totals);
    totals += sizes.constraint_planes * plane_words;
    for (const std::uint32_t sum : {kCountSum, kFieldSum}) {
      if (sizes.interaction_planes == 0) break;
      add_run(shape, sum, on_domain_, 1, totals);
      add_run(shape, sum, on_cosets_, sizes.interaction_planes - 1, totals + plane_words);
      totals += sizes.interaction_planes * plane_words;
    }
  }

  void run(Work& work, const Fp* twists, const Fp* rotations) {
    const ExtensionWork* const extensions = descriptors_.append(extensions_);
    const BaseItem* const items = descriptors_.append(items_);
    const RowSumWork* const row_sums = descriptors_.append(row_sums_);
    descriptors_.send(work.queue);
    extend_to_cosets(work.queue, plan_.l_skip, extensions_, extensions, twists, rotations);
    work.context.evaluator->evaluate(work.queue, items_, items);
    add_row_sums(work.queue, row_sums_, row_sums);
  }

 private:
  Fp* take_values(std::size_t planes) {
    Fp* const result = planes == 0 ? nullptr : values_;
    values_ += planes * points_;
    return result;
  }

  void place_inputs(const ConstraintShape& shape, const ChunkSizes& sizes,
                    const TraceColumns& columns) {
    const std::size_t domain = sizes.interaction_planes > 0 ? 1 : 0;
    std::vector<const Fp*> on_domain(shape.num_inputs()), on_cosets(shape.num_inputs());
    std::vector<ExtensionColumn> extended;
    for_each_column(*shape.air, columns,
                    [&](const PrismColumn& column, std::uint32_t local, std::uint32_t next) {
                      ExtensionColumn& e = extended.emplace_back();
                      e.column = column;
                      const bool stored = column.kind == NodeKind::kVariable && !shape.repeated();
                      if (local != InputTable::kNoInput) {
                        if (!stored) e.on_domain = take_values(domain);
                        e.on_cosets = take_values(sizes.on_cosets);
                        on_domain[local] = stored ? column.values + first_row(shape) : e.on_domain;
                        on_cosets[local] = e.on_cosets;
                      }
                      if (next != InputTable::kNoInput) {
                        e.rotated_on_domain = take_values(domain);
                        e.rotated_on_cosets = take_values(sizes.on_cosets);
                        on_domain[next] = e.rotated_on_domain;
                        on_cosets[next] = e.rotated_on_cosets;
                      }
                    });
    on_domain_ = descriptors_.append(on_domain);
    on_cosets_ = descriptors_.append(on_cosets);
    if (extended.empty()) return;
    ExtensionWork& work = extensions_.emplace_back();
    work.columns = descriptors_.append(extended);
    work.num_columns = static_cast<std::uint32_t>(extended.size());
    work.num_cosets = static_cast<std::uint32_t>(shape.cosets.count);
    work.range = {tile_.first_chunk, tile_.num_chunks, shape.log_height};
    work.first_block = extension_blocks_;
    extension_blocks_ += work.range.blocks(work.num_columns);
  }
  std::size_t first_row(const ConstraintShape& shape) const {
    return std::size_t{tile_.first_chunk} << shape.l_skip;
  }

  /// The pieces of a sum at the points of `planes` cosets.
  void add_run(const ConstraintShape& shape, std::uint32_t sum, const Fp* const* inputs,
               std::size_t planes, Total* totals) {
    const auto num_points = static_cast<std::uint32_t>(planes * points_);
    RowSumWork run{.parts = sums_,
                   .eq = eq_.table(shape.n_lifted, shape.n_lifted) + tile_.first_chunk,
                   .totals = totals,
                   .num_parts = 0,
                   .num_points = num_points,
                   .log_plane = static_cast<std::uint32_t>(std::countr_zero(points_)),
                   .log_chunk = shape.l_skip,
                   .first_block = row_sum_blocks_};
    const auto& pieces = shape.pieces->base;
    for (std::size_t p = 0; num_points > 0 && p < pieces.size(); ++p) {
      if (pieces[p].sum != sum) continue;
      items_.push_back({.inputs = inputs,
                        .uniforms = uniforms_.of(tile_.trace),
                        .weights = weights_ + pieces[p].first_output,
                        .sums = sums_,
                        .num_points = num_points,
                        .first_block = item_blocks_,
                        .piece = shape.pieces->first_base + static_cast<std::uint32_t>(p),
                        .block_points = block_points(num_points)});
      item_blocks_ += evaluation_blocks(items_.back());
      sums_ += num_points;
      ++run.num_parts;
    }
    if (run.num_parts == 0) return;
    row_sums_.push_back(run);
    row_sum_blocks_ += run.blocks();
  }

  std::span<const ConstraintShape> shapes_;
  const Round0Plan& plan_;
  const RowEq& eq_;
  const UniformValues& uniforms_;
  Descriptors& descriptors_;
  Fp* values_;
  Fp4* sums_;
  Total* totals_;

  Round0Tile tile_;
  std::size_t points_ = 0;  ///< of the tile, on each coset
  const Fp4* weights_ = nullptr;
  const Fp* const* on_domain_ = nullptr;  ///< inputs of the tile, on the device
  const Fp* const* on_cosets_ = nullptr;

  std::vector<ExtensionWork> extensions_;
  std::vector<BaseItem> items_;
  std::vector<RowSumWork> row_sums_;
  std::uint32_t extension_blocks_ = 0, item_blocks_ = 0, row_sum_blocks_ = 0;
};

/// The totals of a trace as the interpolation wants them.
Round0Sums read_totals(const ConstraintShape& shape, const Total* words) {
  const ChunkSizes sizes(shape);
  Round0Sums sums;
  const auto read = [&](std::size_t planes, std::vector<std::vector<Fp4>>& to) {
    for (std::size_t p = 0; p < planes; ++p) {
      std::vector<Fp4>& values = to.emplace_back();
      for (std::size_t z = 0; z < sizes.chunk; ++z, words += kTotalWords) {
        values.push_back(reduced(words));
      }
    }
  };
  read(sizes.constraint_planes, sums.constraints);
  read(sizes.interaction_planes, sums.counts);
  read(sizes.interaction_planes, sums.fields);
  return sums;
}

std::size_t num_weights(const AirExpressions& air) {
  return air.constraints.nodes.size() + air.counts.nodes.size() + air.fields.nodes.size();
}

}  // namespace

std::size_t round0_tile_bytes(const Context& context, const MemoryPolicy& policy) {
  return context.round0_tile_bytes >> policy.log_tile_reduction;
}

Round0Plan::Round0Plan(std::span<const ConstraintShape> shapes, std::size_t tile_bytes) {
  std::size_t batch_bytes = 0;
  for (std::size_t t = 0; t < shapes.size(); ++t) {
    const ConstraintShape& shape = shapes[t];
    const ChunkSizes sizes(shape);
    l_skip = shape.l_skip;
    num_cosets = std::max(num_cosets, shape.cosets.count);
    weights += num_weights(*shape.air);
    first_total.push_back(totals);
    totals += sizes.total_words();
    if (sizes.empty()) continue;
    const std::size_t fitting = std::max<std::size_t>(tile_bytes / sizes.bytes(), 1);
    const std::size_t chunks = std::min(shape.num_chunks(), std::bit_floor(fitting));
    for (std::size_t first = 0; first < shape.num_chunks(); first += chunks) {
      if (batches.empty() || batch_bytes + chunks * sizes.bytes() > tile_bytes) {
        batches.emplace_back();
        batch_bytes = 0;
      }
      batch_bytes += chunks * sizes.bytes();
      Round0Batch& batch = batches.back();
      batch.tiles.push_back(
          {t, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(chunks)});
      batch.values += chunks * sizes.chunk * sizes.planes;
      batch.sums += chunks * sizes.chunk * sizes.sums;
      batch.descriptors += tile_descriptors(shape, sizes);
    }
  }
  for (const Round0Batch& batch : batches) {
    values = std::max(values, batch.values);
    sums = std::max(sums, batch.sums);
    descriptors = std::max(descriptors, batch.descriptors);
  }
}

std::size_t Round0Plan::bytes() const {
  const std::size_t chunk = std::size_t{1} << l_skip;
  return DeviceArena::bytes_of<Fp>(values) + DeviceArena::bytes_of<Fp4>(sums) +
         DeviceArena::bytes_of<std::uint64_t>(descriptors) + DeviceArena::bytes_of<Fp4>(weights) +
         DeviceArena::bytes_of<Total>(totals) +
         DeviceArena::bytes_of<Fp>((num_cosets - 1) * chunk) +
         DeviceArena::bytes_of<Fp>(num_cosets * chunk);
}

namespace {

/// The tiles of the policy, or larger ones in what other phases need of the arena anyway.
Round0Plan plan_for(const Work& work, std::span<const ConstraintShape> shapes) {
  Round0Plan usual(shapes, round0_tile_bytes(work.context, work.policy));
  if (work.planned_bytes <= work.arena.used()) return usual;
  const std::size_t room = work.planned_bytes - work.arena.used();
  std::size_t tile = room;
  for (unsigned attempt = 0; attempt < 3; ++attempt) {
    Round0Plan larger(shapes, tile);
    const std::size_t bytes = larger.bytes();
    if (bytes <= room) return larger.batches.size() < usual.batches.size() ? larger : usual;
    if (bytes - room >= tile) break;
    tile -= bytes - room;
  }
  return usual;
}

}  // namespace

std::vector<TraceRoundPolynomials> round0_on_device(Work& work,
                                                    std::span<const ConstraintShape> shapes,
                                                    const ConstraintSumcheckInput& input,
                                                    std::span<const TraceColumns> columns,
                                                    const RowEq& eq, const UniformValues& uniforms,
                                                    const std::function<void()>& meanwhile) {
  const DeviceArena::Scope scope(work.arena);
  const Round0Plan plan = plan_for(work, shapes);
  const auto values = work.arena.take<Fp>(plan.values);
  const auto sums = work.arena.take<Fp4>(plan.sums);
  Descriptors descriptors(work.arena.take<std::uint64_t>(plan.descriptors));
  const auto weights = work.arena.take<Fp4>(plan.weights);
  const auto totals = work.arena.take<Total>(plan.totals);
  const CosetConstants constants(plan.l_skip, plan.num_cosets);
  const auto twists = work.arena.take<Fp>(constants.twists.size());
  const auto rotations = work.arena.take<Fp>(constants.rotations.size());
  work.queue.upload(twists, constants.twists);
  work.queue.upload(rotations, constants.rotations);

  std::vector<Fp4> host_weights, bus_terms;
  std::vector<const Fp4*> trace_weights;
  for (std::size_t t = 0; t < shapes.size(); ++t) {
    const Round0Weights w(*shapes[t].air, input.traces[t].air->symbolic,
                          input.interaction_weights[t], input.beta, input.lambda);
    trace_weights.push_back(weights.data + host_weights.size());
    host_weights.insert(host_weights.end(), w.constraints.begin(), w.constraints.end());
    host_weights.insert(host_weights.end(), w.interactions.begin(), w.interactions.end());
    bus_terms.push_back(w.constant);
  }
  work.queue.upload(weights, host_weights);
  work.queue.fill_zero(totals.data, totals.size * sizeof(Total));

  for (const Round0Batch& batch : plan.batches) {
    BatchRun run(shapes, plan, eq, uniforms, descriptors, values.data, sums.data, totals.data);
    for (const Round0Tile& tile : batch.tiles) {
      run.add(tile, columns[tile.trace], trace_weights[tile.trace]);
    }
    run.run(work, twists.data, rotations.data);
  }
  meanwhile();
  const std::vector<Total> words = work.queue.download(totals);
  std::vector<TraceRoundPolynomials> result;
  for (std::size_t t = 0; t < shapes.size(); ++t) {
    Round0Sums trace_sums = read_totals(shapes[t], words.data() + plan.first_total[t]);
    trace_sums.constant = bus_terms[t];
    result.push_back(round0_polynomials(plan.l_skip, shapes[t].cosets, std::move(trace_sums)));
  }
  return result;
}

}  // namespace gyre::cuda
