#include "backend/cuda/constraint_openings.h"

#include <algorithm>

namespace gyre::cuda {
namespace {

/// Columns of the first chunk; each has four times as many as the one before, until a download is
/// full. The host takes longer to observe a chunk than the device to make the next.
constexpr std::size_t kFirstColumns = 64;
/// Blocks of rows that a block of threads takes of them, few so that there are enough of these.
constexpr std::uint32_t kFirstPieceHigh = 8;

/// Where an opened part of a trace lies.
const DeviceMatrix& matrix_of(const AirVerifyingKey& air, const TraceColumns& columns,
                              std::size_t part) {
  if (part == 0) return columns.main_parts().back();
  if (!air.width.preprocessed) return columns.main_parts()[part - 1];
  return part == 1 ? columns.preprocessed() : columns.main_parts()[part - 2];
}

}  // namespace

void OpeningPlan::add(const OpenedPart& part, std::size_t offsets) {
  const std::size_t most = Queue::kDownloadBytes / (2 * sizeof(Fp4));
  Piece piece{.trace = part.trace, .part = part.part};
  for (; piece.first_column < part.width; piece.first_column += piece.width) {
    if (room_ == 0) {
      room_ = std::min(kFirstColumns << 2 * std::min(chunks.size(), std::size_t{16}), most);
      chunks.emplace_back();
    }
    piece.width = std::min(part.width - piece.first_column, room_);
    room_ -= piece.width;
    chunks.back().pieces.push_back(piece);
    chunks.back().values += piece.width * offsets;
    values += piece.width * offsets;
    descriptors += Descriptors::words_of<OpeningWork>(1);
  }
}

std::size_t OpeningPlan::bytes() const {
  return RowWeights::bytes(most_log_height) + DeviceArena::bytes_of<Total>(values * kTotalWords) +
         DeviceArena::bytes_of<Fp4>(values) + DeviceArena::bytes_of<std::uint64_t>(descriptors);
}

ColumnOpenings::ColumnOpenings(Work& work, std::span<const ConstraintShape> shapes,
                               std::span<const TraceInput> traces,
                               std::span<const TraceColumns> columns, const Fp4& r0,
                               DeviceSpan<const Fp4> row_point)
    : work_(work), traces_(traces), plan_(traces) {
  if (shapes.empty()) return;
  const RowWeights weights(work.queue, work.arena, shapes.front().l_skip, plan_.most_log_height, r0,
                           row_point);
  totals_ = work.arena.take<Total>(plan_.values * kTotalWords);
  values_ = work.arena.take<Fp4>(plan_.values);
  work.queue.fill_zero_beside(totals_.data, totals_.size * sizeof(Total));
  make_chunks(traces, columns, weights);
  work.queue.finish_copies();
}

void ColumnOpenings::make_chunks(std::span<const TraceInput> traces,
                                 std::span<const TraceColumns> columns, const RowWeights& weights) {
  Descriptors descriptors(work_.arena.take<std::uint64_t>(plan_.descriptors));
  std::size_t value = 0;
  for (const OpeningPlan::Chunk& planned : plan_.chunks) {
    Chunk& chunk = chunks_.emplace_back();
    chunk.first_value = value;
    std::uint32_t blocks = 0;
    for (const OpeningPlan::Piece& piece : planned.pieces) {
      const TraceInput& trace = traces[piece.trace];
      const unsigned log_height = trace.log_height;
      OpeningWork& work = chunk.work.emplace_back();
      work.values =
          matrix_of(*trace.air, columns[piece.trace], piece.part).column(piece.first_column);
      work.low = weights.low(log_height);
      if (log_height >= RowWeights::kLogBlockRows) work.high = weights.high(log_height);
      work.totals = totals_.data + value * kTotalWords;
      work.num_columns = static_cast<std::uint32_t>(piece.width);
      work.log_height = log_height;
      work.offsets = static_cast<std::uint32_t>(trace.air->openings_per_column());
      work.first_block = blocks;
      work.piece_high = chunks_.size() == 1 ? kFirstPieceHigh : OpeningWork::kPieceHigh;
      blocks += work.blocks();
      value += piece.width * work.offsets;
    }
    chunk.device_work = descriptors.append(chunk.work);
  }
  descriptors.send_beside(work_.queue);
}

void ColumnOpenings::begin(std::size_t most) {
  while (begun_ < chunks_.size() && downloads_.size() < most) {
    const Chunk& chunk = chunks_[begun_];
    const std::size_t count = plan_.chunks[begun_].values;
    const DeviceSpan<Fp4> values = values_.subspan(chunk.first_value, count);
    add_openings(work_.queue, chunk.work, chunk.device_work);
    reduce_totals(work_.queue,
                  totals_.subspan(chunk.first_value * kTotalWords, count * kTotalWords),
                  values.data);
    downloads_.push_back(work_.queue.begin_download(values));
    ++begun_;
  }
}

void ColumnOpenings::deliver(const OpeningSink& sink) {
  begin(kMostUnderWay);
  while (!downloads_.empty()) {
    const std::size_t c = begun_ - downloads_.size();
    Queue::Download<Fp4> download = std::move(downloads_.front());
    downloads_.pop_front();
    std::span<const Fp4> rest = download.wait();
    for (const OpeningPlan::Piece& piece : plan_.chunks[c].pieces) {
      const std::size_t count = piece.width * traces_[piece.trace].air->openings_per_column();
      sink(piece.trace, piece.part, rest.first(count));
      rest = rest.subspan(count);
    }
    begin(kMostUnderWay);
  }
}

}  // namespace gyre::cuda
