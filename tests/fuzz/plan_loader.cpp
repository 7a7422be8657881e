// Any bytes, made into something with right hashes, loaded and run with kernels that touch all they may.
#include <cstdint>
#include <cstring>
#include <vector>

#include "documents.h"
#include "fake_device.h"
#include "hostile_run.h"
#include "plan/writer.h"
#include "repair.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<std::byte> bytes(size);
  if (size) std::memcpy(bytes.data(), data, size);
  dvt::plan::repair_hashes(bytes);
  dvt::runtime::load_and_run_everything(dvt::Blob::copy(bytes), dvt::runtime::touching_device());
  return 0;
}

// Where the fuzzer has nothing to start from, it starts from a plan of ours.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  if (size < 128) {
    const auto documents = {&dvt::runtime::mlp, &dvt::runtime::add_two, &dvt::runtime::fill_shape};
    const std::vector<std::byte> plan = dvt::plan::write_plan((*(documents.begin() + seed % 3))());
    if (plan.size() > max_size) return size;
    std::memcpy(data, plan.data(), plan.size());
    return plan.size();
  }
  return LLVMFuzzerMutate(data, size, max_size);
}
