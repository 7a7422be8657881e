#include "backend/null/null.h"

#include <gtest/gtest.h>

#include "base/thread_pool.h"

namespace dvt::backend {
namespace {

TEST(NullDevice, TakesAnyProblemAndWritesNothing) {
  const Device& device = null::device();
  const Target target = device.host_target(1);
  const Problem p = parse_problem("softmax (f32[2]) -> f32[2]");
  const Tactic* tactic = device.find("null.any");
  ASSERT_NE(tactic, nullptr);
  EXPECT_TRUE(tactic->supports(p, target));
  float in[2] = {1, 2}, out[2] = {7, 7};
  const int64_t dims[] = {2};
  const TensorRef input{in, dims, 1}, output{out, dims, 1};
  tactic->create(p, target)->run({&input, &output, nullptr, nullptr, shared_pool(1).get()});
  EXPECT_EQ(out[0], 7);
  EXPECT_EQ(device.find("null.other"), nullptr);
}

}  // namespace
}  // namespace dvt::backend
