#include <algorithm>
#include <functional>
#include <map>
#include <tuple>
#include <utility>

#include "checker/block_evaluator.h"
#include "checker/checks.h"

namespace gyre {

namespace {

/// Stands for (bus, message). Traces that collide on purpose are no concern of a debugging aid.
using Fingerprint = std::pair<std::uint64_t, std::uint64_t>;

/// One row's contribution to a bus.
struct Event {
  std::size_t air;  ///< position in the list of traces
  std::size_t interaction;
  std::size_t row;
  std::uint16_t bus;
  std::span<const Fp> message;
  Fp count;
};

std::uint64_t mix(std::uint64_t hash, std::uint64_t word, std::uint64_t multiplier) {
  hash = (hash ^ word) * multiplier;
  return hash ^ (hash >> 31);
}

Fingerprint fingerprint(const Event& event) {
  Fingerprint hash{event.bus, event.message.size()};
  const auto absorb = [&](std::uint64_t word) {
    hash.first = mix(hash.first, word, 0x9e3779b97f4a7c15u);
    hash.second = mix(hash.second, word, 0xd6e8feb86659fd93u);
  };
  absorb(event.message.size());
  absorb(event.bus);
  for (const Fp field : event.message) absorb(field.raw());
  return hash;
}

/// Sums of counts by message, as a list that is sorted and merged whenever it has doubled. Merging
/// forgets balanced messages, so the list stays as long as there are unbalanced ones at a time.
class Ledger {
 public:
  struct Entry {
    Fingerprint message;
    std::uint64_t first;  ///< number of the message's first event
    Fp total;
    std::uint16_t bus;
  };

  void add(const Event& event) {
    entries_.push_back({fingerprint(event), num_events_++, event.count, event.bus});
    if (entries_.size() >= merge_at_) merge();
  }

  /// The unbalanced messages by bus, then by first event.
  std::vector<Entry> take_unbalanced() {
    merge();
    std::sort(entries_.begin(), entries_.end(), [](const Entry& x, const Entry& y) {
      return std::tie(x.bus, x.first) < std::tie(y.bus, y.first);
    });
    return std::move(entries_);
  }

 private:
  static constexpr std::size_t kFirstMerge = std::size_t{1} << 20;

  void merge() {
    std::sort(entries_.begin(), entries_.end(), [](const Entry& x, const Entry& y) {
      return std::tie(x.message, x.first) < std::tie(y.message, y.first);
    });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < entries_.size();) {
      Entry sum = entries_[i];
      for (++i; i < entries_.size() && entries_[i].message == sum.message; ++i) {
        sum.total += entries_[i].total;
      }
      if (!sum.total.is_zero()) entries_[kept++] = sum;
    }
    entries_.resize(kept);
    merge_at_ = std::max(kFirstMerge, 2 * kept);
  }

  std::vector<Entry> entries_;
  std::uint64_t num_events_ = 0;
  std::size_t merge_at_ = kFirstMerge;
};

std::vector<std::uint32_t> interaction_roots(const SymbolicConstraints& symbolic) {
  std::vector<std::uint32_t> roots;
  for (const Interaction& interaction : symbolic.interactions) {
    roots.insert(roots.end(), interaction.message.begin(), interaction.message.end());
    roots.push_back(interaction.count);
  }
  return roots;
}

/// Calls visit(event) for every interaction of every row with a nonzero count: AIRs in order, then
/// rows, then interactions.
template <class Visit>
void for_each_event(const ProvingKey& key, std::span<const AirTraces> traces, Visit&& visit) {
  std::vector<Fp> message;
  for (std::size_t air = 0; air < traces.size(); ++air) {
    const SymbolicConstraints& symbolic = key.vk.per_air[traces[air].air_index].symbolic;
    if (symbolic.interactions.empty()) continue;
    const AirRows rows(key, traces[air]);
    const BlockEvaluator evaluator(symbolic.nodes, interaction_roots(symbolic), rows);
    std::vector<BlockEvaluator::Block> blocks = evaluator.make_blocks();
    for (std::size_t row = 0; row < rows.height(); ++row) {
      const std::size_t r = row % BlockEvaluator::kRows;
      if (r == 0) evaluator.evaluate(row, blocks);
      for (std::size_t i = 0; i < symbolic.interactions.size(); ++i) {
        const Interaction& interaction = symbolic.interactions[i];
        const Fp count = evaluator.block_of(interaction.count, blocks)[r];
        if (count.is_zero()) continue;
        message.clear();
        for (const std::uint32_t field : interaction.message) {
          message.push_back(evaluator.block_of(field, blocks)[r]);
        }
        visit(Event{air, i, row, interaction.bus_index, message, count});
      }
    }
  }
}

}  // namespace

void check_buses(const ProvingKey& key, std::span<const AirTraces> traces,
                 const CheckOptions& options, CheckReport& report) {
  report.buses_checked = true;
  Ledger ledger;
  for_each_event(key, traces, [&](const Event& event) { ledger.add(event); });
  const std::vector<Ledger::Entry> unbalanced = ledger.take_unbalanced();
  const std::size_t listed = std::min(unbalanced.size(), options.max_bus_findings);
  report.more_buses = unbalanced.size() - listed;
  if (listed == 0) return;

  // The ledger keeps no messages: a second pass fetches those that are listed.
  std::map<Fingerprint, std::size_t> findings;
  report.buses.resize(listed);
  for (std::size_t i = 0; i < listed; ++i) {
    findings[unbalanced[i].message] = i;
    report.buses[i].bus_index = unbalanced[i].bus;
    report.buses[i].total = unbalanced[i].total;
  }
  for_each_event(key, traces, [&](const Event& event) {
    const auto found = findings.find(fingerprint(event));
    if (found == findings.end()) return;
    BusImbalance& imbalance = report.buses[found->second];
    imbalance.message.assign(event.message.begin(), event.message.end());
    if (imbalance.contributions.size() >= options.max_contributions) {
      ++imbalance.more_contributions;
      return;
    }
    const std::size_t air_index = traces[event.air].air_index;
    imbalance.contributions.push_back(
        {air_index, key.per_air[air_index].name, event.interaction, event.row, event.count});
  });
}

}  // namespace gyre
