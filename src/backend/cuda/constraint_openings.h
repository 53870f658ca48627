#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <span>
#include <vector>

#include "backend/cuda/column_openings.h"
#include "backend/cuda/constraint_traces.h"
#include "backend/opened_parts.h"

namespace gyre::cuda {

/// The columns of all traces in the order of their openings, in chunks that are computed while the
/// host works on the ones before. The first are small: the host waits for the very first.
struct OpeningPlan {
  /// Neighbouring columns of a part.
  struct Piece {
    std::size_t trace = 0, part = 0;
    std::size_t first_column = 0, width = 0;  ///< the first one's number in the part
  };
  struct Chunk {
    std::vector<Piece> pieces;
    std::size_t values = 0;
  };
  /// `traces`: a list of TraceInput or Workload::Trace.
  template <class Traces>
  explicit OpeningPlan(const Traces& traces) {
    for_each_opened_part(traces, [&](const OpenedPart& part) {
      add(part, traces[part.trace].air->openings_per_column());
    });
    for (const auto& trace : traces) most_log_height = std::max(most_log_height, trace.log_height);
  }
  /// What the openings take from the arena.
  std::size_t bytes() const;

  std::vector<Chunk> chunks;
  std::size_t values = 0, descriptors = 0;  ///< of all chunks; descriptors in words
  unsigned most_log_height = 0;

 private:
  void add(const OpenedPart& part, std::size_t offsets);
  std::size_t room_ = 0;  ///< columns that the last chunk can still take
};

/// The openings of all columns, once the point is known on the device.
class ColumnOpenings {
 public:
  /// `row_point`: r_1 .. r_n_max. Takes from the arena until the enclosing scope ends, and sends
  /// what it needs beside launches: no launch of the scope may have used that memory before.
  ColumnOpenings(Work& work, std::span<const ConstraintShape> shapes,
                 std::span<const TraceInput> traces, std::span<const TraceColumns> columns,
                 const Fp4& r0, DeviceSpan<const Fp4> row_point);
  /// Begins with the next chunks until `most` are under way, at most kMostUnderWay.
  void begin(std::size_t most);
  void deliver(const OpeningSink& sink);
  /// Chunks that are begun and not delivered.
  static constexpr std::size_t kMostUnderWay = Queue::kDownloads - 1;

 private:
  struct Chunk {
    std::vector<OpeningWork> work;
    const OpeningWork* device_work = nullptr;
    std::size_t first_value = 0;
  };
  void make_chunks(std::span<const TraceInput> traces, std::span<const TraceColumns> columns,
                   const RowWeights& weights);

  Work& work_;
  std::span<const TraceInput> traces_;
  OpeningPlan plan_;
  DeviceSpan<Total> totals_;
  DeviceSpan<Fp4> values_;
  std::vector<Chunk> chunks_;
  std::size_t begun_ = 0;
  std::deque<Queue::Download<Fp4>> downloads_;  ///< of chunks that were begun and not delivered
};

}  // namespace gyre::cuda
