// Plans altered on purpose, with hashes made right again: the engine refuses them or runs them within their memory. The
// kernels here touch every byte that they are given, so that AddressSanitizer sees what a real one could reach.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "../plan/repair.h"
#include "backend/cpu/cpu.h"
#include "cpu_network.h"
#include "documents.h"
#include "fake_device.h"
#include "hostile_run.h"
#include "plan/writer.h"

namespace dvt::runtime {
namespace {

void alter_at_random(const plan::Document& document, const backend::Device& device, int rounds, unsigned seed) {
  if (std::getenv("DOVETAIL_TEST_FULL")) rounds *= 20;
  const std::vector<std::byte> good = plan::write_plan(document);
  std::mt19937 random(seed);
  int ran = 0;
  for (int i = 0; i < rounds; ++i) {
    std::vector<std::byte> bytes = good;
    for (unsigned k = 0; k <= random() % 3; ++k) {
      std::byte& b = bytes[64 + random() % (bytes.size() - 64)];
      // Digits and letters into each other, as often as anything: texts of dims and problems stay readable.
      b = random() % 2 ? static_cast<std::byte>("0123456789,.@[]-+*"[random() % 18]) : static_cast<std::byte>(random());
    }
    plan::repair_hashes(bytes);
    ran += load_and_run_everything(Blob::copy(bytes), device);
  }
  EXPECT_GT(ran, 0);
}

TEST(HostilePlan, TheGoodOnesRun) {
  for (const plan::Document& d : {mlp(), add_two(), fill_shape(), looped()})
    EXPECT_TRUE(load_and_run_everything(plan_of(d), touching_device()));
}

TEST(HostilePlan, Mlp) { alter_at_random(mlp(), touching_device(), 1500, 11); }
TEST(HostilePlan, AddTwo) { alter_at_random(add_two(), touching_device(), 1500, 12); }
TEST(HostilePlan, FillShape) { alter_at_random(fill_shape(), touching_device(), 1500, 13); }

TEST(HostilePlan, Looped) { alter_at_random(looped(), touching_device(), 1500, 16); }

// The same with the real kernels.
TEST(HostilePlanOnCpu, Network) {
  EXPECT_TRUE(load_and_run_everything(plan_of(small_cpu_network()), cpu::device()));
  alter_at_random(small_cpu_network(), cpu::device(), 1000, 14);
}

TEST(HostilePlanOnCpu, LateNetwork) {
  EXPECT_TRUE(load_and_run_everything(plan_of(late_cpu_network()), cpu::device()));
  alter_at_random(late_cpu_network(), cpu::device(), 1000, 15);
}

TEST(HostilePlanOnCpu, TextNetwork) {
  EXPECT_TRUE(load_and_run_everything(plan_of(text_cpu_network()), cpu::device()));
  alter_at_random(text_cpu_network(), cpu::device(), 1500, 17);
}

}  // namespace
}  // namespace dvt::runtime
