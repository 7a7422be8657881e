#pragma once
#include "backend/tactic.h"

namespace dvt::runtime {

/// What the fake device claims to be; tests set it before loading.
struct FakeMachine {
  uint32_t isa = static_cast<uint32_t>(backend::Isa::kAvx2);
  int threads = 2;
};
FakeMachine& fake_machine();

/// A device of kind cpu for tests of what lies above kernels. Its tactics, in order:
///   fake.matmul.packed (version 2)  needs AVX2 and a constant b, which it packs transposed behind a 64-byte head
///   fake.wide                       pointwise, needs AVX-512
///   fake.reference                  any op on f32 (reads every byte of its inputs whatever the op is)
const backend::Device& fake_device();

/// As fake_device, with kernels that only read and write every byte that they may: for plans that are hostile.
const backend::Device& touching_device();

}  // namespace dvt::runtime
