#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "bounds.h"

namespace gyre::bench {
namespace {

constexpr double kLabels = 250, kBars = 430, kFigures = 200, kRow = 20, kTop = 92;
constexpr double kWidth = kLabels + kBars + kFigures;

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '&') {
      result += "&amp;";
    } else {
      result += c;
    }
  }
  return result;
}

std::string text(double x, double y, std::string_view attributes, std::string_view content) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, attributes,
                     escaped(content));
}

/// The ratios from 1 to `last`, from left to right.
struct Axis {
  double last;
  double place(double ratio) const {
    return kLabels + kBars * std::log(std::clamp(ratio, 1.0, last)) / std::log(last);
  }
};

std::string ticks(const Axis& axis, double bottom) {
  std::string svg;
  for (const double tick : {1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0}) {
    if (tick > axis.last) break;
    const double x = axis.place(tick);
    svg += fmt::format("<path d=\"M{0:.1f} {1} V{2}\" stroke=\"#d5d9de\"/>\n", x, kTop - 6, bottom);
    svg += text(x, kTop - 12, "text-anchor=\"middle\" fill=\"#57606a\"", fmt::format("{}x", tick));
  }
  return svg;
}

std::string row(const Comparison& comparison, const Axis& axis, double y) {
  const bool by_memory = comparison.bound.memory > comparison.bound.arithmetic;
  const double begin = axis.place(1), end = std::max(axis.place(comparison.ratio()), begin + 1);
  std::string svg = text(12.0 * (comparison.depth + 1), y + 14, "fill=\"#24292f\"",
                         comparison.name.substr(0, comparison.name.find("/real_time")));
  svg += fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>\n", begin,
      y + 3, end - begin, kRow - 6, by_memory ? "#d9822b" : "#2f6fab");
  svg += text(end + 5, y + 14, "fill=\"#24292f\"", fmt::format("{:.2f}", comparison.ratio()));
  svg += text(kWidth - 12, y + 14, "text-anchor=\"end\" fill=\"#57606a\"",
              fmt::format("{} / {}", readable_seconds(comparison.seconds),
                          readable_seconds(comparison.bound.seconds())));
  return svg;
}

}  // namespace

std::string readable_seconds(double seconds) {
  constexpr std::pair<double, const char*> kUnits[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}};
  for (const auto& [unit, name] : kUnits) {
    const double value = seconds / unit;
    if (value >= 1)
      return fmt::format("{:.{}f} {}", value, value < 10 ? 2 : value < 100 ? 1 : 0, name);
  }
  return fmt::format("{:.0f} ns", 1e9 * seconds);
}

std::string bar_chart(std::span<const Comparison> comparisons, const Caption& caption) {
  double largest = 10;
  for (const Comparison& comparison : comparisons) largest = std::max(largest, comparison.ratio());
  const Axis axis{1.25 * largest};

  std::string rows;
  double y = kTop;
  for (const auto group : {Comparison::Group::kPhase, Comparison::Group::kKernel}) {
    bool first = true;
    for (const Comparison& comparison : comparisons) {
      if (comparison.group != group) continue;
      if (std::exchange(first, false)) {
        rows += text(12, y + 14, "font-weight=\"bold\" fill=\"#24292f\"",
                     group == Comparison::Group::kPhase ? caption.workload : "Kernels");
        y += kRow;
      }
      rows += row(comparison, axis, y);
      y += kRow;
    }
  }
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
      kWidth, y + 12);
  svg += text(12, 24, "font-size=\"16\" font-weight=\"bold\" fill=\"#24292f\"",
              "Time over the lower bound of the machine");
  svg += text(12, 44, "fill=\"#57606a\"", caption.machine);
  svg += text(12, 62, "fill=\"#57606a\"",
              "Right: time / bound. Blue: bound by arithmetic, orange: by memory.");
  return svg + ticks(axis, y) + rows + "</svg>\n";
}

}  // namespace gyre::bench
