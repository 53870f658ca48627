#pragma once

#include "gyre/checker/checker.h"
#include "report.h"

namespace gyre::cli {

/// The findings of the debug checker.
Json check_json(const CheckReport& report);

}  // namespace gyre::cli
