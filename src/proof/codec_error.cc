#include "gyre/proof/codec.h"

namespace gyre {

const char* ProofDecodeError::name() const {
  switch (code) {
    case Code::kUnexpectedEof:
      return "UnexpectedEof";
    case Code::kBadVersion:
      return "BadVersion";
    case Code::kBitmapPadding:
      return "BitmapPadding";
    case Code::kNonCanonicalField:
      return "NonCanonicalField";
    case Code::kTrailingBytes:
      return "TrailingBytes";
    case Code::kRoundsNotMultiple:
      return "RoundsNotMultiple";
    case Code::kZeroCommits:
      return "ZeroCommits";
    case Code::kLimitExceeded:
      return "LimitExceeded";
  }
  return "";
}

std::string ProofDecodeError::message() const {
  const std::string number = std::to_string(value);
  const std::string what = [&]() -> std::string {
    switch (code) {
      case Code::kUnexpectedEof:
        return "the input ends before the bytes it announces";
      case Code::kBadVersion:
        return "codec version " + number + ", expected " + std::to_string(kProofCodecVersion);
      case Code::kBitmapPadding:
        return "the presence bitmap has a bit set beyond its last AIR";
      case Code::kNonCanonicalField:
        return "field element " + number +
               ", expected less than p = " + std::to_string(Fp::kModulus);
      case Code::kTrailingBytes:
        return number + " bytes after the end of the proof";
      case Code::kRoundsNotMultiple:
        return number + " WHIR sumcheck rounds are not a multiple of the number of WHIR rounds";
      case Code::kZeroCommits:
        return "no commitment is opened";
      case Code::kLimitExceeded:
        return number + " is out of the range that a proof of this size can use";
    }
    return "";
  }();
  return "proof, byte " + std::to_string(offset) + ", " + field + ": " + what;
}

}  // namespace gyre
