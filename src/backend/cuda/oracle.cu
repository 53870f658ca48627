#include "backend/cuda/oracle.h"

namespace gyre::cuda {

DeviceOracle::DeviceOracle(Work& work, const DeviceCodeword& codeword, unsigned k)
    : values_(codeword.values),
      tree_(work, {.log_message = codeword.log_message,
                   .log_blowup = codeword.log_blowup,
                   .width = codeword.width,
                   .k = k}) {
  tree_.hash(values_);
}

void DeviceOracle::collect(LeafCollector collector) const {
  collector.collect(values_, tree_);
}

}  // namespace gyre::cuda
