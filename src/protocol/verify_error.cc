#include "gyre/protocol/verify_error.h"

#include <string_view>

#include "protocol/verify_error_table.h"

namespace gyre {
namespace {

using verify_error_table::Entry;
using verify_error_table::kEntries;

const Entry& entry_of(VerifyErrorCode code) {
  return kEntries[static_cast<std::size_t>(code)];
}

/// [c0, c1, c2, c3]
std::string debug_text(const Fp4& x) {
  std::string text = "[";
  for (std::size_t i = 0; i < Fp4::kDegree; ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(x.c[i].canonical());
  }
  return text + "]";
}

/// A polynomial in X without zero terms: "7 + X + 3 X^2".
std::string display_text(const Fp4& x) {
  std::string text;
  for (std::size_t i = 0; i < Fp4::kDegree; ++i) {
    const std::uint32_t coefficient = x.c[i].canonical();
    if (coefficient == 0) continue;
    if (!text.empty()) text += " + ";
    if (i == 0 || coefficient != 1) text += std::to_string(coefficient) + (i == 0 ? "" : " ");
    if (i > 0) text += i == 1 ? "X" : "X^" + std::to_string(i);
  }
  return text.empty() ? "0" : text;
}

void replace(std::string& text, std::string_view name, const std::string& value) {
  std::string placeholder = "{";
  placeholder.append(name).append("}");
  const std::size_t position = text.find(placeholder);
  if (position != std::string::npos) text.replace(position, placeholder.size(), value);
}

}  // namespace

std::string VerifyError::name() const {
  return entry_of(code).name;
}

std::string VerifyError::path() const {
  std::string path;
  for (const char* variant : entry_of(code).group->variants) {
    if (variant != nullptr) path += std::string(variant) + "/";
  }
  return path + name();
}

std::string VerifyError::debug() const {
  const Entry& entry = entry_of(code);
  std::string fields;
  const auto append = [&](const char* field, const std::string& value) {
    fields += (fields.empty() ? " { " : ", ") + std::string(field) + ": " + value;
  };
  for (std::size_t i = 0; i < entry.integers.size(); ++i) {
    if (entry.integers[i] != nullptr) append(entry.integers[i], std::to_string(integers[i]));
  }
  for (std::size_t i = 0; i < entry.elements.size(); ++i) {
    if (entry.elements[i] != nullptr) append(entry.elements[i], debug_text(elements[i]));
  }
  std::string text = entry.name + fields + (fields.empty() ? "" : " }");
  for (auto variant = entry.group->variants.rbegin(); variant != entry.group->variants.rend();
       ++variant) {
    if (*variant != nullptr) text = std::string(*variant) + "(" + text + ")";
  }
  return text;
}

std::string VerifyError::message() const {
  const Entry& entry = entry_of(code);
  std::string text = entry.text;
  for (std::size_t i = 0; i < entry.integers.size(); ++i) {
    if (entry.integers[i] != nullptr) replace(text, entry.integers[i], std::to_string(integers[i]));
  }
  for (std::size_t i = 0; i < entry.elements.size(); ++i) {
    if (entry.elements[i] != nullptr) replace(text, entry.elements[i], display_text(elements[i]));
  }
  return std::string(entry.group->prefixes[0]) + entry.group->prefixes[1] + text;
}

}  // namespace gyre
